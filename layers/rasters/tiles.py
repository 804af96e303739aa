"""Pictures of rasters in the tiles of web maps (WebMercatorQuad), read by rio-tiler; transparent where none is known.

Whoever calls answers for the file: it is one that was made ready here (`layers.rasters.intake`).
"""

import io
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader

from layers.rasters import colours, shading
from layers.rasters.kinds import Facts, Kind
from layers.terrain.files import opened

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SIDE = 256
HIGHEST = 24
_WORLD = 2 * np.pi * 6_378_137.0
_SHADE = 0.45
"""How much of a relief's light goes with the hillshade."""


class Style(StrEnum):
    """How a raster is drawn."""

    hillshade = "hillshade"
    slope = "slope"
    relief = "relief"
    values = "values"


def styles_of(kind: Kind) -> tuple[Style, ...]:
    """Return the styles that a kind of raster is drawn in."""
    return tuple(Style) if kind is Kind.terrain else (Style.values,)


def tile(path: Path, kind: Kind, facts: Facts, style: Style, place: tuple[int, int, int]) -> bytes:
    """Return the picture (PNG) of a tile; `nothing()` where the raster has nothing there.

    Args:
        path: the raster.
        kind, facts: what is known of it.
        style: one of `styles_of`.
        place: zoom, column and row.
    """
    zoom, column, row = place
    method = "nearest" if kind is Kind.land_cover else "bilinear"
    margin = 1 if style in {Style.hillshade, Style.slope, Style.relief} else 0
    # Whole numbers would come out of the interpolation as steps.
    options = {"dtype": "float64" if facts.dtype == "float64" else "float32"}
    with opened(path) as dataset, Reader("", dataset=dataset) as reader:
        try:
            found = reader.tile(
                column, row, zoom, tilesize=SIDE, buffer=margin or None, resampling_method=method,
                reproject_method=method, indexes=1, vrt_options=options,
            )  # fmt: skip
        except TileOutsideBounds:
            return nothing()
    values = found.array[0].astype(np.float64).filled(np.nan)
    if np.isnan(values).all():
        return nothing()
    cell = _WORLD / 2**zoom / SIDE
    grid = shading.Grid(_WORLD / 2 - row * SIDE * cell + margin * cell, values.shape[0], cell)
    return _png(*_drawn(values, kind, facts, style, grid))


def _drawn(
    values: Floats, kind: Kind, facts: Facts, style: Style, grid: shading.Grid
) -> tuple[NDArray[np.uint8], Bools]:
    """Return the colours (3, 256, 256) and where there is something."""
    if style is Style.values:
        known = ~np.isnan(values)
        if kind is Kind.land_cover:
            return colours.of_classes(values, facts.classes), known
        span = facts.high - facts.low
        share = (values - facts.low) / span if span > 0 else np.where(known, 0.5, np.nan)
        return colours.ramp(share, colours.VALUES), known
    if style is Style.slope:
        steep = shading.slope(values, grid)
        return colours.ramp(steep, colours.SLOPE), ~np.isnan(steep)
    light = shading.hillshade(values, grid)
    known = ~np.isnan(light)
    if style is Style.hillshade:
        grey = np.rint(np.nan_to_num(light) * 255).astype(np.uint8)
        return np.stack([grey] * 3), known
    shade = 1 - _SHADE + _SHADE * np.nan_to_num(light) / np.sin(np.radians(shading.ALTITUDE))
    tinted = colours.ramp(values[1:-1, 1:-1], colours.RELIEF) * shade
    return tinted.clip(0, 255).round().astype(np.uint8), known


def _png(rgb: NDArray[np.uint8], known: Bools) -> bytes:
    alpha = np.where(known, 255, 0).astype(np.uint8)
    cells = np.concatenate([np.where(known, rgb, 0), alpha[None]]).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(np.moveaxis(cells, 0, -1)), "RGBA").save(out, "PNG", compress_level=6)
    return out.getvalue()


@lru_cache(maxsize=1)
def nothing() -> bytes:
    """Return the picture of nothing."""
    return _png(np.zeros((3, SIDE, SIDE), dtype=np.uint8), np.zeros((SIDE, SIDE), dtype=bool))
