"""The state of the ground as a GeoTIFF of categories, that says of itself what it shows and how well it agrees."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import rasterio
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from geo_service import balance
from geo_service.balance import View
from geo_service.settings import Settings
from geo_service.store.log import Progress
from layers.coverage.arrangement import quiet
from layers.rasters.states import WITHIN, Painted, colour_table, labels, paint
from layers.vocabulary import State

MEDIA_TYPE = "image/tiff; application=geotiff"

HOW = (
    "Each cell counts for a state that lies in it, so that the cells of each state sum to its exact area. A code of "
    "two digits says first the worst other state in the cell (1 CHA, 2 SHA, 7 not assessed, ...), then the one that it "
    "counts for, and has the colour of the worst. To measure, sum cells by the last digit; to be careful, go by the "
    "first. Lower resolutions are not in the file: of several cells the worst must be shown, not the middle one."
)


@dataclass(frozen=True)
class Made:
    """A GeoTIFF: its bytes, the side of a cell (m), the areas in cells beside the exact ones, and what to look at."""

    content: bytes
    cell_m: float
    rows: list[Mapping[str, object]]
    advice: str


def geotiff(seen: View, settings: Settings, cell_m: float | None = None, progress: Progress = quiet) -> Made:
    """Return the state of the ground at a view as a GeoTIFF.

    Raises:
        Unreadable: there is no ground, or there would be too many cells.
    """
    frame = balance.zones(seen, ())
    total = balance.coverage(seen, ("district",))["total"]
    shapes = {State(state): shape for state, shape in zip(frame["state"], frame.geometry, strict=True)}
    painted = paint(shapes, {one: float(total[one.value]) for one in shapes}, cell_m, progress)  # type: ignore[index]
    rows: list[Mapping[str, object]] = [
        {
            "state": one.state.value,
            "exact_m2": one.exact_m2,
            "cells_m2": one.cells_m2,
            "difference": f"{one.difference:.4%}",
            "agrees": "yes" if one.agrees else "NO",
        }
        for one in painted.agreements
    ]
    advice = _advice(painted)
    return Made(_written(painted, _tags(seen, settings, painted, advice)), painted.cells.dx, rows, advice)


def _advice(painted: Painted) -> str:
    off = [one.state.value for one in painted.agreements if not one.agrees]
    if painted.advised_m is None:
        return ""
    return (
        f"the cells of {', '.join(off)} differ by more than {WITHIN:.1%} from the exact area, since it is small beside "
        f"them; with cells of {painted.advised_m:.2g} m every state would agree"
    )


def _tags(seen: View, settings: Settings, painted: Painted, advice: str) -> dict[str, str]:
    areas = {
        one.state.value: {
            "exact_m2": one.exact_m2,
            "cells_m2": one.cells_m2,
            "difference": one.difference,
            "within_0.1_percent": one.agrees,
        }
        for one in painted.agreements
    }
    found = {
        "TITLE": "State of the ground",
        "AS_OF": seen.as_of.isoformat(),
        "KNOWN_AT": seen.known_at,
        "REVISION": str(seen.snapshot.number),
        "NOTICE": settings.sentences(seen.as_of.isoformat(), seen.known_at),
        "CELL_M": f"{painted.cells.dx:g}",
        "CATEGORIES": orjson.dumps({str(code): text for code, text in labels().items()}).decode(),
        "AREAS": orjson.dumps(areas).decode(),
        "HOW": HOW,
    }
    if advice:
        found["LOOK"] = advice
    if settings.synthetic:
        found["SYNTHETIC"] = "invented records: no real place"
    return found


def _written(painted: Painted, tags: Mapping[str, str]) -> bytes:
    cells = painted.cells
    profile = {
        "driver": "GTiff", "height": cells.rows, "width": cells.columns, "count": 1, "dtype": "uint8", "nodata": 0,
        "crs": painted.crs.to_wkt(), "transform": from_origin(cells.west, cells.north, cells.dx, cells.dy),
        "compress": "deflate", "tiled": True, "blockxsize": 256, "blockysize": 256, "photometric": "palette",
    }  # fmt: skip
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        with memory.open(**profile) as out:
            out.write(painted.codes, 1)
            out.write_colormap(1, colour_table())
            out.update_tags(**tags)
            out.update_tags(1, **{f"VALUE_{code:02}": text for code, text in labels().items()})
            out.set_band_description(1, "state of the ground")
        return bytes(memory.getbuffer())
