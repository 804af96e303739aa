"""The colours of rasters: none that a state of the ground, a hazard or a count of hazards has.

Red and amber are open ground, green is ground that was cleared and handed over, purple counts hazards, blue greys are
released or surveyed ground: a picture that lies under them must say none of it. Hillshade alone is grey: it is light.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

TAKEN = (
    *("#FF0000", "#E00000", "#C80000", "#F4A718", "#FF8C00", "#2E7D32", "#5B2A86"),
    *("#CBD2D9", "#A0AEC0", "#718096", "#9DB2E0"),
    *("#FF8080", "#F9D38B", "#ABCBAD"),
)
"""The colours of states, outlines and counts on maps, also half transparent on white; white itself aside."""

SLOPE = ((0, "#eaf7f6"), (5, "#b0e6e4"), (15, "#74c9cb"), (30, "#359aa3"), (45, "#116876"), (60, "#053945"))
"""Degrees and their colours."""
RELIEF = (
    *((-500, "#fbf6f1"), (0, "#f6ece4"), (500, "#e8d2c2"), (1000, "#d9bba8"), (2000, "#b8937f"), (3000, "#8f6a59")),
    *((4000, "#6a4a3e"), (9000, "#e2c4b4")),
)
"""Heights (m) and their colours: neither green nor red, as atlases else have it."""
VALUES = ((0.0, "#fdeef7"), (0.25, "#f2b4db"), (0.5, "#da6db6"), (0.75, "#a63486"), (1.0, "#5c104e"))
"""Shares of the way from low to high and their colours."""
CLASSES = (
    *("#8ed1c6", "#d9c27e", "#c77fb0", "#3f9fb5", "#8f6b4e", "#e7b7d3", "#1f6f78", "#b39a6b"),
    *("#6fb7d6", "#5d4037", "#f2e3b3", "#8a4f7d", "#b5e2ea", "#3b4a4f", "#cfa58a", "#0d4f63"),
)
"""Of classes, in order of their numbers."""


def ramp(values: Floats, stops: tuple[tuple[float, str], ...]) -> Bytes:
    """Return colours (3, rows, columns) of values between stops; beyond the ends those of the ends."""
    at = [place for place, _ in stops]
    colours = np.array([_rgb(text) for _, text in stops], dtype=np.float64)
    filled = np.nan_to_num(values, nan=at[0])
    return np.stack([np.interp(filled, at, colours[:, k]) for k in range(3)]).round().astype(np.uint8)


def of_classes(values: Floats, classes: tuple[int, ...]) -> Bytes:
    """Return colours (3, rows, columns) of the classes of a land cover."""
    table = np.array([_rgb(CLASSES[k % len(CLASSES)]) for k in range(max(len(classes), 1))], dtype=np.uint8)
    place = np.searchsorted(classes, np.nan_to_num(values)).clip(0, max(len(classes) - 1, 0))
    return np.moveaxis(table[place], -1, 0)


def all_colours() -> tuple[str, ...]:
    """Return every colour that a picture of a raster may have."""
    return (*(text for stops in (SLOPE, RELIEF, VALUES) for _, text in stops), *CLASSES)


def _rgb(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
