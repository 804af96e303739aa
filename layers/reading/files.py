"""A file's rows, read in the cage, and its coordinate system, asked for where the file does not say."""

import datetime as dt
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from layers import versions
from layers.reading.answers import settled
from layers.reading.assess import Programme, Verdict, assess
from layers.reading.kinds import opened
from layers.reading.questions import Question, Unreadable
from layers.reading.sandbox import read_caged
from layers.reading.table import RawTable


def read(  # noqa: PLR0913
    content: bytes,
    name: str,
    *,
    crs: str | None = None,
    source_layer: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
    answers: Mapping[str, object] | None = None,
) -> RawTable:
    """Return the rows of a file.

    Args:
        content, name: the file; its name is never used as a path.
        crs: the coordinate system, where the file doesn't say.
        source_layer: which layer to read, where it has several.
        encoding: of its text, where it doesn't say.
        mapping: may name columns for `longitude` and `latitude`, `easting`, `northing` and `zone`, or `geometry` (one
            column of text), beside fields.
        answers: question code -> choice (layers.reading.answers), `crs`, `source_layer` and `encoding` among them.

    Raises:
        Unreadable: it can't be read.
        Question: something must be answered first; nothing is guessed.
    """
    replies = dict(settled(answers).choices)
    said = {"crs": crs, "source_layer": source_layer, "encoding": encoding}
    replies |= {code: given for code, given in said.items() if given is not None}
    source = opened(content, name, replies.get("source_layer"))
    if source.layer is None:
        replies.pop("source_layer", None)
    else:
        replies["source_layer"] = source.layer
    asked = replies.get("crs")
    header, table = read_caged(
        source.files, source.main, source.kind, {"answers": replies, "crs": asked, "mapping": dict(mapping or {})}
    )
    if not table.num_rows:
        raise Unreadable("it holds no rows")
    geometry = np.asarray(shapely.from_wkb(np.array(table["wkb"].to_pylist(), dtype=object)), dtype=object)
    settled_ = None if header["settled"] else asked
    return RawTable(
        columns=header["columns"],  # type: ignore[arg-type]
        geometry=geometry,
        crs=_crs(header, settled_, geometry),
        ids=table["id"].to_pylist(),
        defects={int(place): tuple(what) for place, what in header["defects"].items()},  # type: ignore[attr-defined]
        right_handed=source.kind == "geojson",
        notes=[(int(place), code, message) for place, code, message in header["notes"]],  # type: ignore[attr-defined]
        notices=[(code, message) for code, message in header["notices"]],  # type: ignore[attr-defined]
        numbers=table["row"].to_pylist(),
    )


def _crs(header: Mapping[str, object], asked: str | None, geometry: np.ndarray) -> CRS | None:
    """Return the coordinate system: the file's own, else the one that was asked for, else ask."""
    own = _known(str(header["crs"])) if header.get("crs") else None
    given = _known(asked) if asked else None
    if given and (own is None or header.get("assumed") or own.equals(given, ignore_axis_order=True)):
        return given
    if given and own:
        choices = (own.to_string(), "no crs, to take the file's own")
        raise Question("crs", f"the file says it is in {own.name}, and crs says {given.name}", choices)
    if own is None and not shapely.is_missing(geometry).all():
        message = "the file does not say its coordinate system: send it again with crs"
        raise Question("crs", message, ("EPSG:4326", "EPSG:32638", "EPSG:32639"))
    return own


def _known(text: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError:
        raise Question("crs", f"no coordinate system is known as {text[:80]!r}", ("EPSG:4326", "EPSG:32638")) from None


def grown_box(west: float, south: float, east: float, north: float, by: float) -> tuple[float, float, float, float]:
    """Return a box in degrees grown by a distance (m) on every side, on a sphere, outward at its widest latitude."""
    up = by / 110_574.0
    widest = min(max(abs(south), abs(north)) + up, 89.0)
    side = by / (111_320.0 * math.cos(math.radians(widest)))
    return west - side, max(south - up, -90.0), east + side, min(north + up, 90.0)


def load(  # noqa: PLR0913
    path: Path | str,
    layer: str,
    *,
    crs: str | None = None,
    source_layer: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
    set_values: Mapping[str, object] | None = None,
    answers: Mapping[str, object] | None = None,
    today: dt.date | None = None,
    programme: Programme | None = None,
) -> Verdict:
    """Read and assess a file without a store, for notebooks: no record is known before.

    Raises:
        Unreadable, Question: as `read`.
    """
    file = Path(path)
    table = read(
        file.read_bytes(),
        file.name,
        crs=crs,
        source_layer=source_layer,
        encoding=encoding,
        mapping=mapping,
        answers=answers,
    )
    return assess(
        table,
        versions.layer_named(layer),
        known=lambda _: versions.empty(versions.layer_named(layer)),
        today=today or dt.datetime.now(dt.UTC).date(),
        programme=programme or Programme(),
        mapping=mapping,
        set_values=set_values,
        answers=answers,
    )
