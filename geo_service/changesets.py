"""From a file to a changeset: read, assess, look at what it does to the ground, keep, approve."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import orjson

from geo_service import sources
from geo_service.attention import looked_at
from geo_service.clock import Clock
from geo_service.neighbours import in_force_near
from geo_service.settings import Settings, settings_of
from geo_service.store.errors import Stale
from geo_service.store.log import Changeset, Draft, Log, Progress
from geo_service.store.snapshot import Snapshots
from layers import reading
from layers.definitions import LAYERS
from layers.reading.answers import COLUMN, NONE, WORD
from layers.reading.report import Problem

ATTEMPTS = 5
"""How often rows are judged anew because somebody recorded something in between."""


@dataclass(frozen=True)
class Upload:
    """A file and what its sender says of it.

    Attributes:
        layer: whose records it brings.
        content, name: the file.
        crs: its coordinate system, where the file doesn't say.
        mapping: field -> column; set: field -> value for rows without their own.
        message, author: why and who.
        source_layer, encoding, swap_axes: answers to questions that the file raised; answers: the same and all
            others, question code -> choice (layers.reading.answers).
    """

    layer: str
    content: bytes
    name: str
    author: str
    message: str = ""
    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    source_layer: str | None = None
    encoding: str | None = None
    swap_axes: bool = False
    answers: Mapping[str, object] = field(default_factory=dict)


FILE = ("layer", "content", "name", "author", "message")
"""What an upload is; the rest is what was said of it."""


def said(upload: Upload) -> dict[str, Any]:
    """Return what was said of a file, beside what it is: JSON can hold it."""
    given = {one.name: getattr(upload, one.name) for one in fields(upload) if one.name not in FILE}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in given.items() if value}


class Large(Exception):
    """The file has more rows than one waits for."""


@dataclass(frozen=True)
class Received:
    """What became of an upload: the draft with its report, and the changeset unless it was only tried.

    Attributes:
        columns: of the file; mapping: field -> column, and words: field -> text -> word, as they were used.
        remembered: the part of the mapping that was remembered of this source.
    """

    draft: Draft
    changeset: Changeset | None
    columns: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    remembered: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_code(self) -> Counter[tuple[str, str]]:
        """How many lines of the report there are by level and code."""
        return Counter((one.level, one.code) for one in self.draft.problems)


def receive(  # noqa: PLR0913
    log: Log,
    snapshots: Snapshots,
    upload: Upload,
    clock: Clock,
    *,
    dry_run: bool = False,
    approve: bool = False,
    submit: bool = True,
    most_rows: int | None = None,
    job: int | None = None,
    read: Callable[[int], None] = lambda _: None,
    progress: Progress | None = None,
) -> Received:
    """Read a file, judge every row, and keep what is accepted as one changeset.

    It is approved at once unless review is on for the store; `approve` asks for it all the same, and without `submit`
    it stays a draft. The mapping and the words last used for the same source are used again for what the upload
    says nothing of, and the report says so.

    Args:
        log, snapshots, upload, clock: the store, what it holds, what comes, and the time.
        dry_run: keep nothing.
        approve, submit: how far it goes.
        most_rows: refuse a file with as many rows or more.
        job: the number of the upload in the background that this is.
        read: told how many rows were read; progress: told of the writing.

    Raises:
        layers.reading.Unreadable: the file can't be read.
        layers.reading.Question: something must be answered first; nothing is guessed.
        Large: it has `most_rows` rows or more.
        geo_service.store.errors.StoreError: the store could not keep it. Nothing is half-written.
    """
    table = reading.read(
        upload.content,
        upload.name,
        crs=upload.crs,
        source_layer=upload.source_layer,
        encoding=upload.encoding,
        mapping=upload.mapping,
        answers=upload.answers,
    )
    read(len(table))
    if most_rows is not None and len(table) >= most_rows:
        raise Large
    columns = tuple(table.columns)
    source = sources.signature(upload.author, upload.layer, columns)
    upload, known = _with_remembered(upload, sources.remembered(log, source, columns))
    review = settings_of(log.settings()).review
    for attempt in range(ATTEMPTS):
        draft, verdict = judged(log, snapshots, upload, table, clock)
        draft = replace(
            draft,
            problems=[*_remembering(known), *draft.problems],
            signature=source,
            answers=orjson.dumps(said(upload), option=orjson.OPT_SORT_KEYS).decode(),
            job=job,
        )
        kept = None
        try:
            if not dry_run:
                kept = keep(log, draft, approve=approve, review=review, submit=submit, progress=progress)
        except Stale:
            # Somebody recorded something in between: the rows are held against that now.
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return Received(draft, kept, columns, verdict.mapping, verdict.words, known.mapping)
    raise AssertionError


def _with_remembered(upload: Upload, last: sources.Remembered) -> tuple[Upload, sources.Remembered]:
    """Return the upload with what is remembered of its source where it says nothing itself, and that part of it."""
    mapping = {field_: column for field_, column in last.mapping.items() if field_ not in upload.mapping}
    told = {code: word for code, word in last.words.items() if code not in upload.answers}
    nowhere = {f"{COLUMN}{field_}": NONE for field_, column in upload.mapping.items() if not column}
    used = replace(
        upload,
        mapping={**mapping, **{field_: column for field_, column in upload.mapping.items() if column}},
        answers={**told, **nowhere, **upload.answers},
    )
    return used, sources.Remembered(mapping, told)


def _remembering(known: sources.Remembered) -> list[Problem]:
    pairs = [f"{name} <- {column}" for name, column in known.mapping.items()]
    pairs += [f"{code.removeprefix(WORD)} -> {word}" for code, word in known.words.items()]
    if not pairs:
        return []
    message = f"taken as last time for this source: {', '.join(pairs)}; a mapping or answer of your own goes before"
    return [Problem(None, None, "notice", "mapping_remembered", message)]


def judged(
    log: Log, snapshots: Snapshots, upload: Upload, table: reading.RawTable, clock: Clock
) -> tuple[Draft, reading.Verdict]:
    """Return what becomes of a file's rows against all that is recorded now."""
    settings = settings_of(log.settings())
    layer = LAYERS[upload.layer]
    head = log.head()
    # Districts make the area; they are held against it only where it is set.
    area = settings.area_of_operations if layer.name == "districts" else area_of_operations(settings, snapshots)
    verdict = reading.assess(
        table,
        layer,
        known=lambda ids: log.known(layer.name, ids),
        today=settings.today(clock),
        programme=reading.Programme(area, settings.qc_required_from, settings.severity),
        mapping=upload.mapping,
        set_values=upload.set,
        swap_axes=upload.swap_axes,
        answers=upload.answers,
        neighbours=lambda box: in_force_near(snapshots, box, settings.today(clock)),
    )
    draft = Draft(
        layer=layer.name,
        author=upload.author,
        message=upload.message,
        versions=verdict.versions,
        problems=[*verdict.problems, *looked_at(snapshots, layer.name, verdict.versions, settings, clock)],
        source_name=upload.name,
        source_sha256=hashlib.sha256(upload.content).hexdigest(),
        rows_read=verdict.rows_read,
        accepted=verdict.accepted,
        repaired=verdict.repaired,
        unchanged=verdict.unchanged,
        rejected=verdict.rejected,
        warnings=verdict.warnings,
        based_on=head.number if head else 0,
    )
    return draft, verdict


def keep(  # noqa: PLR0913
    log: Log, draft: Draft, *, approve: bool, review: bool, submit: bool, progress: Progress | None
) -> Changeset:
    """Keep a draft: rejected where no row was accepted, and left a draft where it changes nothing.

    Only new versions make a revision, so that loading a file again leaves every published answer as it is.

    Raises:
        geo_service.store.errors.StoreError: the store could not keep it; `Stale`: the layer has changed since.
    """
    if not draft.accepted:
        return log.reject(log.append(draft, progress=progress).id, draft.author)
    if not len(draft.versions) or not submit:
        return log.append(draft, submit=False, progress=progress)
    if approve or not review:
        return log.append_approved(draft, reviewer=draft.author if approve else None, progress=progress)
    return log.append(draft, progress=progress)


def area_of_operations(settings: Settings, snapshots: Snapshots) -> tuple[float, float, float, float] | None:
    """Return the box (west, south, east, north) outside which nothing is accepted.

    It is a setting; where it is not set, the box of all districts grown by 50 km; without districts there is none.
    """
    if settings.area_of_operations:
        return settings.area_of_operations
    districts = snapshots.newest().frames["districts"]
    if not len(districts):
        return None
    west, south, east, north = districts.total_bounds.tolist()
    return reading.grown_box(west, south, east, north, 50_000.0)
