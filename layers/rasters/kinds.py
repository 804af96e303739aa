"""What a raster is of, what is wished of one that comes, and what is known of one that is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ALLOWED = ("GTiff", "COG", "MEM", "SRTMHGT")
"""The GDAL drivers that a stranger's raster may meet: they read one local file, and write ours."""

MOST_CLASSES = 256
"""Classes that a land cover may have."""


class Kind(StrEnum):
    """What the numbers of a raster are."""

    terrain = "terrain"
    population = "population"
    land_cover = "land_cover"
    other = "other"


PEOPLE, DENSITY = "people", "people/km2"
UNITS: Mapping[Kind, tuple[str, ...]] = {Kind.terrain: ("m",), Kind.population: (PEOPLE, DENSITY)}
"""The units of the kinds that are reckoned with; of the others any word will do."""


@dataclass(frozen=True)
class Limits:
    """How large a raster may be, before anything of it is read: its cells, and the bytes that they take unpacked."""

    cells: int = 400_000_000
    bytes: int = 2_000_000_000


@dataclass(frozen=True)
class Wish:
    """What is wished of a raster that comes.

    Attributes:
        kind, unit: what its numbers are.
        crs: its coordinate system, where the file does not say it.
        nodata: a value that means that there is none, beside the one that the file names.
        limits: how large it may be.
        tags: what the file that is kept says of itself.
    """

    kind: Kind
    unit: str = ""
    crs: str | None = None
    nodata: float | None = None
    limits: Limits = Limits()
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of a raster that was made ready.

    Attributes:
        width, height: its cells; dtype: their type; nodata: what means none there, "nan" or None (all have values).
        crs: its coordinate system (a code or WKT); transform: six numbers (a, b, c, d, e, f) of cells to coordinates.
        bounds: west, south, east, north (degrees).
        cell_m: the side of a cell in its middle (m).
        valid: how many cells have a value; lowest, highest: of these; low, high: their 2nd and 98th percentile.
        classes: the values that occur, of a land cover.
        notices: what was done to it, or is to be known of it.
        synthetic: whether it says that it is invented.
    """

    width: int
    height: int
    dtype: str
    nodata: float | str | None
    crs: str
    transform: tuple[float, ...]
    bounds: tuple[float, float, float, float]
    cell_m: float
    valid: int
    lowest: float
    highest: float
    low: float
    high: float
    classes: tuple[int, ...]
    notices: tuple[str, ...]
    synthetic: bool

    @property
    def voids(self) -> float:
        """The share of cells without a value."""
        return 1 - self.valid / (self.width * self.height)


def facts_of(told: Mapping[str, Any]) -> Facts:
    """Return the facts that JSON holds."""
    tuples = ("transform", "bounds", "classes", "notices")
    held: dict[str, Any] = {name: tuple(value) if name in tuples else value for name, value in told.items()}
    return Facts(**held)
