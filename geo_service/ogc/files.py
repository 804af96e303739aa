"""Items as files that other programs take: CSV, FlatGeobuf, GeoParquet, GeoPackage."""

import csv as comma
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

import orjson
import pyogrio
import shapely
from fastapi.responses import Response, StreamingResponse

from geo_service import features
from geo_service.api.dependencies import matches
from geo_service.exports import TYPES, about, flat
from geo_service.ogc import crs
from geo_service.ogc.pages import TOGETHER, Page
from geo_service.ogc.reads import Read
from layers.definitions import LAYERS, Geometry
from layers.reading.report import harmless

_DRIVERS = {"fgb": ("FlatGeobuf", ".fgb"), "gpkg": ("GPKG", ".gpkg"), "parquet": ("", ".parquet")}
_BLOCK = 1 << 18


def _unchanged(read: Read, tag: str) -> Response | None:
    if not matches(read.request, tag):
        return None
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag, "Cache-Control": read.caching})


def streamed(
    read: Read, make: Callable[[], Iterator[bytes]], tag: str, kind: str, headers: Mapping[str, str]
) -> Response:
    """Return an answer that goes out while it is written."""
    sent = {**headers, "ETag": tag, "Cache-Control": read.caching, "Vary": "Accept"}
    return _unchanged(read, tag) or StreamingResponse(make(), media_type=kind, headers=sent)


def csv(page: Page) -> Iterator[bytes]:
    """Yield a page as CSV: a column per property, the geometry as WKT in the last one."""
    names: list[str] | None = None
    for start in range(0, max(len(page.places), 1), TOGETHER):
        frame = page.held.frame.iloc[page.places[start : start + TOGETHER]]
        out = io.StringIO()
        writer = comma.writer(out, lineterminator="\n")
        columns = [*LAYERS[page.held.layer].names, *features.DERIVED.get(page.held.layer, ()), "extra"]
        if names is None:
            wanted = page.asked.properties
            names = [name for name in columns if name in frame and (wanted is None or name in wanted)]
            writer.writerow([*names, *([] if page.asked.skip_geometry else ["geometry"])])
        rows = features.properties(frame, page.held.layer)
        shapes: list[list[str]] = [[]] * len(frame)
        if not page.asked.skip_geometry:
            drawn = crs.outward(frame.geometry.to_numpy(), page.asked.crs)
            shapes = [[text] for text in shapely.to_wkt(drawn, rounding_precision=-1).tolist()]
        for row, shape in zip(rows, shapes, strict=True):
            writer.writerow([*(_cell(row.get(name)) for name in names), *shape])
        yield out.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = ";".join(map(str, value))
    if isinstance(value, dict):
        value = orjson.dumps(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else harmless(value)


def written(read: Read, page: Page, tag: str, kind: str, headers: Mapping[str, str]) -> Response:
    """Return a page as a file that is written first, since its form begins with what is known only at its end."""
    unchanged = _unchanged(read, tag)
    if unchanged:
        return unchanged
    name = f"{page.held.layer}{_DRIVERS[read.form][1]}"
    folder = tempfile.mkdtemp(prefix="clearway-items-")
    try:
        path = Path(folder) / name
        _write(page, path)
        size = path.stat().st_size
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sent = {**headers, "ETag": tag, "Cache-Control": read.caching, "Vary": "Accept", "Content-Length": str(size)}
    sent["Content-Disposition"] = f'attachment; filename="{name}"'
    return StreamingResponse(_blocks(path), media_type=kind, headers=sent)


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    finally:
        shutil.rmtree(path.parent, ignore_errors=True)


def _write(page: Page, path: Path) -> None:
    layer, form = LAYERS[page.held.layer], page.read.form
    frame = flat(page.frame, layer.name, lists=form == "parquet")
    wanted = page.asked.properties
    frame = frame[[name for name in frame if name == "geometry" or wanted is None or name in wanted]]
    if page.asked.crs != crs.CRS84:
        # Files say which axis comes first by their system; programs expect x first.
        moved = crs.outward(frame.geometry.to_numpy(), page.asked.crs)
        if crs.swapped(page.asked.crs):
            moved = shapely.transform(moved, lambda xy: xy[:, ::-1])
        frame = frame.set_geometry(moved, crs=crs.known(page.asked.crs))
    if form == "parquet":
        # Geopandas reads them back, so that the records say of themselves what they describe.
        said = ("as_of", "known_at", "revision", "notice", "synthetic")
        frame.attrs = {name: value for name, value in page.about().items() if name in said}
        frame.to_parquet(path, index=False)
        return
    # What is published of a layer may be drawn otherwise than its records are: counts by cell, and not points.
    plain = page.read.records.form == "full"
    options: dict[str, object] = {"geometry_type": TYPES[layer.geometry] if plain else "Unknown"}
    if form == "fgb":
        options["SPATIAL_INDEX"] = "NO" if frame.empty or page.asked.sortby else "YES"
    pyogrio.write_dataframe(
        frame,
        path,
        layer=layer.name,
        driver=_DRIVERS[form][0],
        promote_to_multi=plain and layer.geometry in {Geometry.polygon, Geometry.line},
        **({"dataset_metadata": dict(about(page.read.seen, page.read.settings))} if form == "gpkg" else {}),
        **options,
    )
