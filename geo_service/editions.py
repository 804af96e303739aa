"""Editions: figures that were published, numbered, signed and kept with the files that were handed out.

An edition holds the report of its period as JSON and the files made of it. Its figures can be worked out again from its
`as_of` and `known_at` at any time, to the bit; `verify` does so. What is known since changes them by a restatement that
names each changeset, and never by a change of what was published.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from geo_service.balance import Answer, Refused, View, view
from geo_service.clock import Clock
from geo_service.reports.making import ENDINGS, FORMS, Report, Shape, report_of
from geo_service.reports.period import days_of, period_of
from geo_service.restatement import restatement
from geo_service.settings import Settings
from geo_service.store.errors import NotFound, WrongState
from geo_service.store.log import Filed, Log, Progress
from geo_service.store.moments import text_of
from geo_service.store.snapshot import Snapshots
from layers.coverage.arrangement import quiet

KIND = "edition"
HANDED_OUT = ("json", "xlsx", "pdf")
"""The forms that are kept of an edition."""

_ATTEMPTS = 5


@dataclass(frozen=True)
class Office:
    """What publishing works with."""

    log: Log
    snapshots: Snapshots
    settings: Settings
    clock: Clock
    progress: Progress = quiet


def publish(  # noqa: PLR0913 - what an edition says
    office: Office,
    start: str,
    end: str,
    *,
    known_at: str | None = None,
    shape: Shape = Shape.article7,
    signer: str,
    title: str = "",
) -> Filed:
    """Publish the figures of a period as the next edition.

    Args:
        office: the store, and who answers for it.
        start, end: the period, from the end of one day to the end of the other.
        known_at: the knowledge time; default: the last revision's.
        shape: what is published.
        signer: who publishes, as the register knows them; title: their office, as they write it.

    Raises:
        Refused: the period or the time is none, nobody signs, or the certificate fails.
        WrongState: others published at the same moment, again and again.
    """
    if not signer.strip():
        raise Refused("An edition is signed: say who publishes it.")
    for _ in range(_ATTEMPTS):
        number = len(office.log.filing.all(KIND)) + 1
        report = _report(office, start, end, known_at, shape, number)
        if not report.period.passed:
            raise Refused(
                "The certificate of this period fails, so its figures are not published. See `clearway check`."
            )
        files = {f"edition-{number}.{ENDINGS[form]}": FORMS[form][0](report) for form in HANDED_OUT}
        body = {
            "number": number,
            "shape": shape.value,
            "from": start,
            "to": end,
            **{key: report.about[key] for key in ("as_of", "known_at", "revision", "hash", "notice", "authority")},
            "synthetic": office.settings.synthetic,
            "figures_sha256": hashlib.sha256(files[f"edition-{number}.json"]).hexdigest(),
            "signer": signer.strip(),
            "title": title.strip(),
            "published_at": text_of(office.clock()),
        }
        try:
            return office.log.filing.add(KIND, str(number), body, files, author=signer.strip(), once=True)
        except WrongState:
            continue
    raise WrongState("Others publish at this moment. Look at the list of editions, and try again.")


def report_with_history(office: Office, start: str, end: str, known_at: str | None, shape: Shape) -> Report:
    """Return the report of a period, with what changed since the last edition known before it.

    Raises:
        Refused: the period or the time is none.
    """
    return _report(office, start, end, known_at, shape, None)


def _report(  # noqa: PLR0913, PLR0917
    office: Office,
    start: str,
    end: str,
    known_at: str | None,
    shape: Shape,
    number: int | None,
) -> Report:
    first, last = days_of(start, end, office.settings.today(office.clock))
    seen = view(office.snapshots, office.settings, office.clock, last.isoformat(), known_at)
    before = _before(office, seen, number)
    period = period_of(
        office.log, seen, first, office.settings, published=_view_of(office, before) if before else None,
        progress=office.progress,
    )  # fmt: skip
    return report_of(period, shape, f"edition {number}" if number else "not an edition")


def _before(office: Office, seen: View, number: int | None) -> Filed | None:
    """Return the last edition before a number whose knowledge is not later than a view's."""
    found = [
        one
        for one in office.log.filing.all(KIND)
        if (number is None or int(one.subject) < number) and one.body["revision"] <= seen.snapshot.number
    ]
    return found[-1] if found else None


def _view_of(office: Office, edition: Filed) -> View:
    return view(office.snapshots, office.settings, office.clock, edition.body["as_of"], edition.body["known_at"])


def listed(log: Log) -> list[dict[str, object]]:
    """Return the editions, the newest first."""
    return [described(one) for one in reversed(log.filing.all(KIND))]


def described(edition: Filed) -> dict[str, object]:
    """Return what is said of an edition; `entry` and `entry_hash` are its place on the hash chain."""
    files = {name: {"sha256": one.sha256, "size": one.size} for name, one in edition.files.items()}
    return {**edition.body, "files": files, "entry": edition.number, "entry_hash": edition.hash}


def edition_of(log: Log, number: int) -> Filed:
    """Return an edition.

    Raises:
        NotFound: there is none of that number.
    """
    found = log.filing.last(KIND, str(number))
    if found is None:
        raise NotFound(f"There is no edition {number}. `clearway edition list` shows them.")
    return found


def file_of(log: Log, edition: Filed, form: str) -> bytes:
    """Return the bytes of a file as they were handed out.

    Raises:
        NotFound: the edition was not handed out in that form.
    """
    name = f"edition-{edition.subject}.{ENDINGS.get(form, '')}"
    if name not in edition.files:
        raise NotFound(f"Edition {edition.subject} has no file of the form {form}: {', '.join(HANDED_OUT)}.")
    return log.filing.read(edition.files[name].sha256)


def compare(office: Office, number: int, other: int | None = None) -> Answer:
    """Return how the figures of an edition's date changed, changeset by changeset.

    Args:
        office: the store.
        number: the edition.
        other: what was known when this later edition was published; None: what is known now.

    Raises:
        NotFound: there is no such edition.
        Refused: the other edition knew less.
    """
    then = _view_of(office, edition_of(office.log, number))
    known = None if other is None else edition_of(office.log, other).body["known_at"]
    now = view(office.snapshots, office.settings, office.clock, then.as_of.isoformat(), known)
    found = restatement(office.log, then, now, office.progress)
    return {"edition": number, "with": other if other is not None else "now", **found}


def verify(office: Office, number: int) -> dict[str, object]:
    """Work the figures of an edition out again from the register, and compare them with what was published.

    Returns:
        `verified`, and `reasons` where it is not.

    Raises:
        NotFound: there is no such edition.
    """
    edition = edition_of(office.log, number)
    body = edition.body
    reasons = []
    published = file_of(office.log, edition, "json")
    if hashlib.sha256(published).hexdigest() != body["figures_sha256"]:
        reasons.append("The file of figures is not the one that was signed.")
    kept = orjson.loads(published)
    made = _report(office, body["from"], body["to"], body["known_at"], Shape(body["shape"]), number)
    again = orjson.loads(FORMS["json"][0](made))
    if _figures(again) != _figures(kept):
        reasons.append("The figures, worked out again from the register, are not those that were published.")
    revisions = {one.number: one.hash for one in office.log.revisions()}
    if revisions.get(body["revision"]) != body["hash"]:
        reasons.append("The hash of the revision is not that of the register.")
    return {"edition": number, "verified": not reasons, "reasons": reasons, "figures_sha256": body["figures_sha256"]}


def _figures(told: Mapping[str, object]) -> dict[str, object]:
    """Return what of a report comes from the records: who answers for them may have changed since."""
    return {key: told[key] for key in ("from", "to", "as_of", "known_at", "revision", "hash", "tables")}


def name_of(log: Log, view: View) -> int | None:
    """Return the number of the last edition published of exactly this view, None where there is none."""
    for one in reversed(log.filing.all(KIND)):
        if (one.body["as_of"], one.body["known_at"]) == (view.as_of.isoformat(), view.known_at):
            return int(one.subject)
    return None
