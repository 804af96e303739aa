"""In which form an answer goes out: the parameter `f`, else the Accept header (RFC 9110, section 12.5.1)."""

from collections.abc import Mapping, Sequence

from geo_service.ogc.errors import Invalid, NotAcceptable

FORMS: Mapping[str, str] = {
    "json": "application/json",
    "geojson": "application/geo+json",
    "html": "text/html",
    "csv": "text/csv",
    "geojsonseq": "application/geo+json-seq",
    "fgb": "application/flatgeobuf",
    "parquet": "application/vnd.apache.parquet",
    "gpkg": "application/geopackage+sqlite3",
    "tilejson": "application/json",
    "mvt": "application/vnd.mapbox-vector-tile",
}
"""The name of each form, and its media type."""

_SAME: Mapping[str, str] = {
    "application/json": "json",
    "application/vnd.flatgeobuf": "fgb",
    "application/x-parquet": "parquet",
    "application/vnd.oai.openapi+json": "json",
    "application/schema+json": "json",
    "application/problem+json": "json",
    "application/x-sqlite3": "gpkg",
    "application/x-protobuf": "mvt",
    "application/octet-stream": "mvt",
}


def form_of(f: str | None, accept: str | None, offered: Sequence[str]) -> str:
    """Return the form of an answer.

    Args:
        f: what the address asks for.
        accept: the header.
        offered: the forms there are; the first one is for clients that take anything.

    Raises:
        Invalid: `f` names none of them.
        NotAcceptable: the header takes none of them.
    """
    if f is not None:
        named = {"geojson": "json", "flatgeobuf": "fgb", "geoparquet": "parquet", "geopackage": "gpkg"}.get(f, f)
        for one in (f, named):
            if one in offered:
                return one
        for one in offered:
            if FORMS[one] == f or _SAME.get(f) == one:
                return one
        raise Invalid(f"f: {f[:50]!r} is no form of this; these are: {', '.join(offered)}", "f")
    if not accept or accept == "*/*":
        return offered[0]
    best, chosen = 0.0, None
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((_number(one[2:]) for one in parameters if one.startswith("q=")), 1.0)
        found = _taking(name, offered)
        if found is not None and quality > best:
            best, chosen = quality, found
    if chosen is None:
        types = ", ".join(FORMS[one] for one in offered)
        raise NotAcceptable(f"none of what the client takes is offered; these are: {types}")
    return chosen


def _taking(name: str, offered: Sequence[str]) -> str | None:
    if name == "*/*":
        return offered[0]
    for one in offered:
        kind = FORMS[one]
        if name in {kind, f"{kind.split('/')[0]}/*"} or _SAME.get(name) == one:
            return one
        if one == "json" and name == "application/geo+json":
            return one
    return None


def _number(text: str) -> float:
    try:
        return max(0.0, min(1.0, float(text)))
    except ValueError:
        return 0.0
