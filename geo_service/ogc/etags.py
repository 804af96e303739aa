"""Tags of records, and the conditions that a client puts on an edit (RFC 9110, section 13)."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from geo_service.ogc.errors import Invalid, PreconditionFailed, PreconditionRequired


def tag_of_record(feature: bytes, representation: str = "") -> str:
    """Return the strong tag of a record: of its version and what remains of it, and of the form it goes out in."""
    mark = hashlib.sha256(feature).hexdigest()[:32]
    form = hashlib.sha256(representation.encode()).hexdigest()[:8] if representation else ""
    return f'"{mark}.{form}"' if form else f'"{mark}"'


def check(headers: Mapping[str, str], feature: bytes | None, recorded_at: dt.datetime | None, *, needed: bool) -> None:
    """Let an edit through that knows the record as it is.

    Args:
        headers: of the request.
        feature: the record as GeoJSON, None where there is none.
        recorded_at: when its version was recorded.
        needed: whether an edit must say which version it changes.

    Raises:
        PreconditionFailed: the record has changed since, or there is none.
        PreconditionRequired: the edit does not say.
        Invalid: it says so in a form that can't be read.
    """
    wanted, since = headers.get("if-match"), headers.get("if-unmodified-since")
    if wanted is None and headers.get("if-none-match") == "*" and feature is not None:
        raise PreconditionFailed("there is a record of this id already")
    if wanted is not None:
        if feature is None or (wanted.strip() != "*" and not _among(wanted, tag_of_record(feature))):
            raise PreconditionFailed(
                "the record has changed since it was read: read it again, look at what changed, and send the edit anew"
            )
    elif since is not None:
        _unmodified(since, recorded_at)
    elif needed:
        raise PreconditionRequired(
            "edits of this collection say which version they change: send If-Match with the ETag of the record"
        )


def _among(wanted: str, tag: str) -> bool:
    """Say whether the tag of any form of a record is among those of a header; weak ones match nothing."""
    mark = tag.strip('"')
    given = (one.strip() for one in wanted.split(","))
    return any(one.startswith('"') and one.strip('"').split(".")[0] == mark for one in given)


def _unmodified(since: str, recorded_at: dt.datetime | None) -> None:
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        raise Invalid(f"If-Unmodified-Since is no date of HTTP: {since[:40]!r}", "If-Unmodified-Since") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    if recorded_at is None or recorded_at.replace(microsecond=0) > moment:
        raise PreconditionFailed("the record has changed since then: read it again, and send the edit anew")
