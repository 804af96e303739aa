"""Places as they are given for a way, and the parts of a way as rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import shapely

from geo_service.client.reading import DEGREES
from geo_service.client.records import Date, Layer, Moment

Place = Sequence[float] | shapely.Geometry | str
"""(longitude, latitude) in degrees, a geometry in degrees, or the id or name of a settlement."""


@dataclass(frozen=True)
class Named:
    """Places by the settlements of a date.

    Attributes:
        settlements, as_of, known_at: the layer, and when it is read.
    """

    settlements: Layer
    as_of: Date | None
    known_at: Moment | None

    def place(self, given: Place, name: str) -> list[float]:
        """Return a place as longitude and latitude.

        Raises:
            ValueError: it is no place, no settlement is called so, or several are.
        """
        if isinstance(given, shapely.Geometry):
            point = shapely.point_on_surface(given)
            return [float(point.x), float(point.y)]
        if not isinstance(given, str):
            found = [float(one) for one in given]
            if len(found) != 2:
                raise ValueError(f"{name}: a place is (longitude, latitude) in degrees, not {given!r}")
            return found
        return self.place(self._settlement(given, name), name)

    def _settlement(self, text: str, name: str) -> shapely.Geometry:
        frame = self.settlements(as_of=self.as_of, known_at=self.known_at)
        asked = " ".join(text.split()).casefold()
        rows = zip(frame["id"], frame["name"], frame["aliases"], frame.geometry, strict=True)
        found = [
            (id_, shape)
            for id_, called, aliases, shape in rows
            if asked in {str(one).casefold() for one in (id_, called, *aliases)}
        ]
        if len(found) > 1:
            raise ValueError(
                f"{name}: several settlements are called {text!r}; give the id: {', '.join(f[0] for f in found)}"
            )
        if not found:
            raise ValueError(f"{name}: no settlement in force is called {text!r}; give (longitude, latitude)")
        return found[0][1]


def segments(routes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the segments of ways as rows: what each metre stands on.

    Args:
        routes: what `Clearway.routes` answered.

    Returns:
        A row per segment: `route` (the row of `routes`), `from_m`, `to_m`, `class`, source, date and nearest hazard as
        the service gives them; EPSG:4326.

    Example:
        >>> from geo_service.client import segments
        >>> segments(cw.routes((46.1, 39.2), (46.3, 39.3))).plot("class")  # doctest: +SKIP
    """
    rows = [
        {"route": number, **{name: value for name, value in one.items() if name != "coordinates"}}
        | {"geometry": shapely.LineString(one["coordinates"])}
        for number, parts in routes["segments"].items()
        for one in parts
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=DEGREES) if rows else gpd.GeoDataFrame(
        {"route": [], "from_m": [], "to_m": [], "class": []}, geometry=[], crs=DEGREES
    )  # fmt: skip
