"""The tile matrix set WebMercatorQuad (OGC 17-083r4, annex D.1), and where a tile lies in it."""

import math

import numpy as np

from geo_service.ogc.errors import Invalid
from geo_service.store.errors import NotFound
from geo_service.tiles.shapes import HIGHEST, projected

NAME = "WebMercatorQuad"
URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
SCALES = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"

HALF = math.pi * 6_378_137.0
"""Half of the world's side, metres of the projection."""

PIXELS = 256
PIXEL_M = 0.00028
"""Side of the standardised pixel, metres."""

MOST_DIGITS = 10


def definition() -> dict[str, object]:
    """Return the set as the standard writes it."""
    return {
        "id": NAME,
        "title": "Google Maps compatible for the world",
        "uri": URI,
        "crs": CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": SCALES,
        "tileMatrices": [_matrix(zoom) for zoom in range(HIGHEST + 1)],
    }


def _matrix(zoom: int) -> dict[str, object]:
    cell = 2 * HALF / (PIXELS << zoom)
    return {
        "id": str(zoom),
        "scaleDenominator": cell / PIXEL_M,
        "cellSize": cell,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-HALF, HALF],
        "tileWidth": PIXELS,
        "tileHeight": PIXELS,
        "matrixWidth": 1 << zoom,
        "matrixHeight": 1 << zoom,
    }


def check_name(text: str) -> None:
    """Let the name of the set through.

    Raises:
        NotFound: it is another.
    """
    if text != NAME:
        raise NotFound(f"no tile matrix set {text[:50]!r}; there is {NAME}")


def place(zoom: str, row: str, column: str) -> tuple[int, int, int]:
    """Return zoom, row and column of a tile from an address.

    Raises:
        Invalid: one is no whole number.
        NotFound: there is no such tile.
    """
    for name, text in (("tileMatrix", zoom), ("tileRow", row), ("tileCol", column)):
        if not (text.isascii() and text.isdecimal()) or len(text) > MOST_DIGITS:
            raise Invalid(f"{name} is a whole number from 0, not {text[:30]!r}", name)
    z, y, x = int(zoom), int(row), int(column)
    if z > HIGHEST:
        raise NotFound(f"there is no tile matrix {z}: they go from 0 to {HIGHEST}")
    most = (1 << z) - 1
    if y > most or x > most:
        raise NotFound(f"there is no tile in row {y} and column {x}: of tile matrix {z} both go from 0 to {most}")
    return z, y, x


def limits(extent: list[float] | None) -> list[dict[str, object]]:
    """Return which rows and columns of each matrix hold what lies in an extent (degrees); none where there is none."""
    if extent is None:
        return []
    west, south, east, north = extent
    low, high = _share(west, north), _share(east, south)
    found = []
    for zoom in range(HIGHEST + 1):
        last = (1 << zoom) - 1
        first_column, first_row = (min(int(one * (1 << zoom)), last) for one in low)
        last_column, last_row = (min(int(one * (1 << zoom)), last) for one in high)
        found.append(
            {
                "tileMatrix": str(zoom),
                "minTileRow": first_row,
                "maxTileRow": last_row,
                "minTileCol": first_column,
                "maxTileCol": last_column,
            }
        )
    return found


def _share(longitude: float, latitude: float) -> tuple[float, float]:
    x, y = projected(np.array([[longitude, latitude]]))[0].tolist()
    return x, y
