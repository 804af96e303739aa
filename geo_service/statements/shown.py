"""A statement as it is answered: its record, how it stands, and the digests by which a copy is verified."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from geo_service.statements import standing
from geo_service.statements.issue import Statement
from geo_service.store.log import Filed
from layers import versions

if TYPE_CHECKING:
    from geo_service.api.dependencies import Service


STANDS = MappingProxyType(
    {
        "valid": "The statement holds.",
        "expired": "The statement has expired: ask for a new one.",
        "superseded": "The ground concerned has changed since: the statement no longer holds; ask for a new one.",
    }
)
"""What is said of each status."""


def answered(service: "Service", one: Statement) -> dict[str, Any]:
    """Return a statement with how it stands now; the record's fields are those that were filed."""
    how = standing.standing(service, one)
    return {**one.record, "sha256": one.sha256, "pdf_sha256": one.pdf_sha256, **how.told()}


def listed(service: "Service", filed: Filed) -> dict[str, Any]:
    """Return a line of the list of statements; whether the ground has changed only the statement itself says."""
    today = service.settings.today(service.clock)
    body: Mapping[str, Any] = filed.body
    return {
        **body,
        "expired": today > versions.as_date(body["expires_on"]),
        "sha256": {name: file.sha256 for name, file in filed.files.items()},
    }


def verification(service: "Service", one: Statement, sha256: str, *, in_hand: bool) -> dict[str, Any]:
    """Return what is said of a copy of a statement: whether it is genuine, and then how the statement stands.

    The digest of the record stands on the paper, and whoever changes a paper can leave it there: it says which record
    to compare the paper with, and nothing of the paper. Of a statement whose copy is not genuine nothing is told.

    Args:
        service, one: the service, and the statement that the copy is said to be.
        sha256: the digest of the copy.
        in_hand: the digest was taken here of the file itself.
    """
    is_file = {one.pdf_sha256: "pdf", one.sha256: "record"}.get(sha256)
    genuine = None if is_file == "record" and not in_hand else is_file is not None
    said: dict[str, Any] = {"statement": one.number, "genuine": genuine, "file": is_file, "sha256": sha256}
    if is_file is None:
        detail = (
            "This is not what was issued under this number: it was changed, or it is something else. Do not rely on "
            f"it; ask {service.settings.authority} for the statement."
        )
        return {**said, "detail": detail}
    how = standing.standing(service, one)
    names = ("issued_at", "expires_on", "as_of", "known_at", "revision", "historical", "area_m2", "states")
    subject = {name: value for name, value in one.record["subject"].items() if name != "geometry"}
    first = (
        "A record of this digest was issued under this number. That does not prove a paper that bears the digest: "
        "compare its dates and figures with these, or have the file itself verified."
        if genuine is None
        else "This is, byte for byte, what was issued."
    )
    return {
        **said,
        **{name: one.record[name] for name in names},
        "subject": subject,
        "status": how.status,
        "expired": how.expired,
        "detail": f"{first} {STANDS[how.status]}",
    }
