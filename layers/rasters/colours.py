"""The colours of rasters: none that a state of the ground, a hazard or a count of hazards has.

Red and amber are open ground, green is ground that was cleared and handed over, purple counts hazards: a picture that
lies under them must say none of it.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

TAKEN = ("#FF0000", "#F4A718", "#FF8C00", "#C80000", "#2E7D32", "#5B2A86")
"""The colours of states, outlines and counts on maps."""

SLOPE = ((0, "#f5f6fa"), (5, "#d5daec"), (15, "#9fa9d3"), (30, "#5f6cae"), (45, "#31407f"), (60, "#141d4a"))
"""Degrees and their colours."""
RELIEF = (
    *((-500, "#3d6680"), (0, "#7f9fb0"), (400, "#b9c3c4"), (1000, "#d9d3c6"), (2000, "#c3b3a2"), (3000, "#a39690")),
    *((4000, "#c9c6c6"), (9000, "#ffffff")),
)
"""Heights (m) and their colours: neither green nor red, as atlases else have it."""
VALUES = ((0.0, "#edf3f8"), (0.25, "#b9cfe2"), (0.5, "#7ba6c9"), (0.75, "#3f77a6"), (1.0, "#123f6b"))
"""Shares of the way from low to high and their colours."""
CLASSES = (
    *("#5d8aa8", "#c9b79c", "#8c6d62", "#b3c7d6", "#6e7f80", "#d8a7b1", "#4a6a8a", "#a89f91", "#8fb8c4", "#c48f9f"),
    *("#7a6f9b", "#e0d6c8", "#586b6e", "#b08968", "#9db4ab", "#3f5068"),
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
