"""Shapefiles, for programs that take nothing else: short names with a table of them, UTF-8, and long texts beside.

The format holds names of 10 characters, texts of 254 bytes, and one kind of geometry in a file. So `fields.csv` says
which name is which, a text that does not fit is cut in the shapefile and stands whole in `long_texts.csv`, and a layer
of several kinds becomes a file of each.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo_service.exports.content import STATES, Content
from geo_service.features import DERIVED
from geo_service.store.log import Progress
from layers.definitions import LAYERS
from layers.reading.exported import CUT, MOST_BYTES, MOST_NAME, columns_of, shortened

FIELDS, LONG_TEXTS = "fields.csv", "long_texts.csv"

KINDS = {0: ("points", "Point"), 1: ("lines", "MultiLineString"), 2: ("polygons", "MultiPolygon")}
"""By dimension: what a file of one kind is called after, and its type; the format knows one kind of polygons."""

REMARKS = (
    f"Names of fields are cut to {MOST_NAME} characters; {FIELDS} has the whole ones.",
    f"Texts of more than {MOST_BYTES} bytes end with {CUT} and stand whole in {LONG_TEXTS}, by layer, id and field.",
    "Text is UTF-8 (see the .cpg files).",
)
"""What must be known of these files."""


def write(folder: Path, content: Content, progress: Progress) -> dict[str, int]:
    """Write shapefiles into a folder, with the tables beside them; return how many records of each layer they have."""
    counts = {}
    with _table(folder / FIELDS) as fields, _table(folder / LONG_TEXTS) as long_texts:
        fields.row("layer", "field", "name", "label")
        long_texts.row("layer", "id", "field", "text")
        for done, name in enumerate(content.layers, start=1):
            frame = content.flat(name)
            columns = columns_of(LAYERS[name]) if name in LAYERS else [str(one) for one in frame if one != "geometry"]
            short = {whole: cut for whole, cut in shortened(columns).items() if whole in frame}
            for whole, cut in short.items():
                fields.row(name, whole, cut, _label(name, whole))
            _cut_texts(frame, name, long_texts)
            counts[name] = sum(_written(folder, content, name, frame.rename(columns=short)))
            progress(done, len(content.layers))
    return counts


def _label(layer: str, field: str) -> str:
    if layer == STATES or field in DERIVED.get(layer, ()):
        return "worked out of the ground"
    names = {one.name: one.label.en for one in LAYERS[layer].fields}
    return names.get(field, "what no field takes, as JSON")


class _table:  # noqa: N801
    """A CSV file that is written row by row."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file = self._path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        return self

    def row(self, *cells: object) -> None:
        """Write a row."""
        self._writer.writerow(cells)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _cut_texts(frame: gpd.GeoDataFrame, layer: str, long_texts: _table) -> None:
    """Cut the texts that do not fit, each after it was written whole to the table of long texts."""
    for name in frame:
        if not isinstance(frame[name].dtype, pd.StringDtype) and frame[name].dtype != object:
            continue
        cells = frame[name].tolist()
        long = [k for k, one in enumerate(cells) if isinstance(one, str) and len(one.encode()) > MOST_BYTES]
        for k in long:
            key = frame["id"].iloc[k] if "id" in frame else k + 1
            long_texts.row(layer, key, name, cells[k])
            cells[k] = cells[k].encode()[: MOST_BYTES - len(CUT.encode())].decode(errors="ignore") + CUT
        if long:
            frame[name] = pd.Series(cells, dtype="str", index=frame.index)


def _written(folder: Path, content: Content, layer: str, frame: gpd.GeoDataFrame) -> Iterator[int]:
    """Write a file of each kind of geometry, one where there is nothing; yield how many records each has."""
    kinds = shapely.get_dimensions(frame.geometry.to_numpy())
    found = np.unique(kinds).tolist()
    for kind in found or [{"Point": 0, "MultiLineString": 1}.get(content.drawn_as(layer), 2)]:
        part = frame.iloc[np.flatnonzero(kinds == kind)]
        words, of_type = KINDS[kind]
        several = shapely.get_type_id(part.geometry.to_numpy()) == shapely.GeometryType.MULTIPOINT
        path = folder / (f"{layer}_{words}.shp" if len(found) > 1 else f"{layer}.shp")
        pyogrio.write_dataframe(
            part,
            path,
            driver="ESRI Shapefile",
            encoding="UTF-8",
            geometry_type="MultiPoint" if several.any() else of_type,
            promote_to_multi=kind > 0 or bool(several.any()),
            layer_options={"DBF_DATE_LAST_UPDATE": content.seen.as_of.isoformat()},
        )
        yield int(pyogrio.read_info(path)["features"])
