"""A situation turned to the grid of a map, with the hazards as they are stored beside those that are shown."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.balance import Refused
from geo_service.maps.situation import Situation
from geo_service.printing.counting import same_records
from geo_service.printing.frames import Box, Geometries
from geo_service.printing.grid import Grid, bounds_of


@dataclass(frozen=True, eq=False)
class Ground:
    """What maps are drawn of.

    Attributes:
        situation: the records, in longitude and latitude.
        grid: the grid of all its sheets.
        shapes: by layer, the records' geometries in m of the grid, in the order of their frames.
        ids: (n,) of the hazards in force; stored: their ground as it is recorded, in the order of the shown ones.
    """

    situation: Situation
    grid: Grid
    shapes: dict[str, Geometries]
    ids: NDArray[np.object_]
    stored: Geometries

    @property
    def bounds(self) -> Box:
        """The box (m of the grid) of the districts and all ground that was worked on."""
        box = bounds_of(*(self.shapes[name] for name in ("districts", "hazards", "releases", "surveys")))
        box = box or bounds_of(*self.shapes.values())
        if box is None:
            raise Refused(
                "there is nothing to print: no record describes the ground at this date. Choose another as_of"
            )
        return box

    def extent(self, district: str | None) -> Geometries:
        """Return the shape of a district, or those of all."""
        ids = self.situation.frames["districts"]["id"].to_numpy(dtype=object)
        shapes = self.shapes["districts"]
        return shapes if district is None else shapes[ids == district]


def turned(situation: Situation, stored: gpd.GeoDataFrame, grid: Grid | None = None) -> Ground:
    """Return a situation turned to a grid, that of the zone that holds its middle where none is given.

    Args:
        situation: what is to be shown.
        stored: the hazards in force as the store has them (`id`, geometry in EPSG:4326).
        grid: the grid.

    Raises:
        geo_service.printing.counting.Miscounted: the situation does not hold these very hazards.
        Refused: it holds nothing.
    """
    frames = situation.frames
    shown = frames["hazards"]["id"].astype(str).to_numpy(dtype=object)
    same_records(stored["id"].astype(str).tolist(), shown.tolist())
    box = bounds_of(*(frame.geometry.to_numpy() for frame in frames.values()))
    if box is None:
        raise Refused("there is nothing to print: no record describes the ground at this date. Choose another as_of")
    around = bounds_of(*(frames[name].geometry.to_numpy() for name in ("districts", "hazards", "releases"))) or box
    grid = grid or Grid.around((around[0] + around[2]) / 2, (around[1] + around[3]) / 2)
    shapes = {name: grid.turned(frame.geometry.to_numpy()) for name, frame in frames.items()}
    by_id = dict(zip(stored["id"].astype(str), range(len(stored)), strict=True))
    recorded = stored.geometry.to_numpy()[[by_id[one] for one in shown]]
    same = len(shown) == 0 or bool(shapely.equals_identical(recorded, frames["hazards"].geometry.to_numpy()).all())
    return Ground(situation, grid, shapes, shown, shapes["hazards"] if same else grid.turned(recorded))
