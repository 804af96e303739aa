"""Records as columns that a GIS file can hold, and what every product says of itself."""

from collections.abc import Iterator

import geopandas as gpd
import orjson
import pandas as pd
import shapely

from geo_service import features
from geo_service.balance import View
from geo_service.settings import Settings
from layers.definitions import LAYERS, Geometry, Kind

TYPES = {
    Geometry.polygon: "MultiPolygon",
    Geometry.point: "Point",
    Geometry.line: "MultiLineString",
    Geometry.point_or_polygon: "Unknown",
}


def flat(frame: gpd.GeoDataFrame, layer: str, *, lists: bool = False) -> gpd.GeoDataFrame:
    """Return the fields of a layer as columns that a GIS file can hold.

    Lists are joined by `;`, or with `lists` stay what they are, for files that can hold them.
    """
    columns: dict[str, object] = {}
    for field in (one for one in LAYERS[layer].fields if one.name in frame):
        column = frame[field.name]
        joined = field.kind in {Kind.word_list, Kind.text_list} and not lists
        columns[field.name] = [";".join(one) for one in column] if joined else column.to_numpy()
        if field.kind is Kind.date:
            columns[field.name] = pd.Series(column.dt.date.to_numpy(), dtype=object).where(
                column.notna().to_numpy(), None
            )
        if field.kind in {Kind.text, Kind.word}:
            columns[field.name] = pd.Series(column.to_numpy(), dtype="str")
    columns |= {name: frame[name].to_numpy() for name in features.DERIVED.get(layer, ()) if name in frame}
    if "extra" in frame:
        texts = [orjson.dumps(v).decode() if isinstance(v, dict) else v for v in frame["extra"].tolist()]
        columns["extra"] = pd.Series(texts, dtype="str")
    shapes = frame.geometry.to_numpy()
    return gpd.GeoDataFrame(columns, geometry=shapely.force_2d(shapes), crs="EPSG:4326")


def about(seen: View, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what a product must say of itself."""
    yield "as_of", seen.as_of.isoformat()
    yield "known_at", seen.known_at
    yield "revision", str(seen.snapshot.number)
    if seen.snapshot.revision:
        yield "hash", seen.snapshot.revision.hash
    yield "notice", settings.sentences(seen.as_of.isoformat(), seen.known_at)
    if settings.synthetic:
        yield "synthetic", "SYNTHETIC: invented data, no real place or hazard"
