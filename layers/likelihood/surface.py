"""A likelihood over an area: a value for each cell, where it comes from, and what it does not say."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from layers.likelihood.attention import attention
from layers.likelihood.colours import colours
from layers.likelihood.grid import Floats, Grid

SENTENCES = (
    "Low likelihood is not evidence of absence: ground that nobody looked at stays not assessed, whatever its value.",
    "It is an estimate for planning survey. It is no part of the balance, answers no hazard and lowers no caution.",
)
"""What every copy of a likelihood carries."""


@dataclass(frozen=True, eq=False)
class Surface:
    """The likelihood that survey finds contamination, for c cells.

    Attributes:
        grid: the cells.
        likelihood: (c,) 0 to 1.
        evidence: (c,) what is on record there (`Evidence`).
        method: what told the likelihood.
        better: whether a model did, because it was better than plain distance and plain density.
        date: the day whose knowledge it is.
        soon, first: likelihoods from which a cell is to be looked at soon, and first.
    """

    grid: Grid
    likelihood: Floats
    evidence: NDArray[np.object_]
    method: str
    better: bool
    date: dt.date
    soon: float
    first: float

    @property
    def image(self) -> Floats:
        """The likelihood as an image (rows, columns), north up; NaN outside the area."""
        return self.grid.image(self.likelihood)

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """The cells: `likelihood`, `evidence`, `attention`, `colour`, in the grid's equal-area projection."""
        columns = {
            "likelihood": self.likelihood,
            "evidence": [str(one) for one in self.evidence],
            "attention": attention(self.likelihood, self.evidence, soon=self.soon, first=self.first),
            "colour": colours(self.likelihood),
        }
        found = gpd.GeoDataFrame(columns, geometry=self.grid.polygons, crs=self.grid.crs)
        found.attrs = {
            "method": self.method,
            "better": self.better,
            "date": str(self.date),
            "note": " ".join(SENTENCES),
        }
        return found

    def write_geotiff(self, path: Path | str) -> None:
        """Write the likelihood as a GeoTIFF (float32, NaN outside the area) that carries its sentences.

        Raises:
            rasterio.errors.RasterioError: the file can't be written.
        """
        import rasterio  # noqa: PLC0415 - slow, and needed for this alone
        from rasterio.transform import from_origin  # noqa: PLC0415

        grid = self.grid
        profile = {
            "driver": "GTiff",
            "height": grid.shape[0],
            "width": grid.shape[1],
            "count": 1,
            "dtype": "float32",
            "crs": None if grid.crs is None else grid.crs.to_wkt(),
            "transform": from_origin(grid.west, grid.north, grid.cell_m, grid.cell_m),
            "nodata": np.nan,
            "compress": "deflate",
        }
        with rasterio.open(path, "w", **profile) as raster:
            raster.write(self.image.astype(np.float32), 1)
            raster.set_band_description(1, "likelihood that survey finds contamination, 0 to 1")
            raster.update_tags(
                method=self.method,
                better_than_plain=str(self.better).lower(),
                as_known_on=str(self.date),
                note=" ".join(SENTENCES),
            )
