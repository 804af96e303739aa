"""Colours of a likelihood: a ramp of its own, none of which stands for a state of the ground, a record or a road."""

import numpy as np
from numpy.typing import NDArray

from layers.likelihood.grid import Floats

RAMP = ("#F4E9F7", "#DDB9E4", "#C084CC", "#A14FB0", "#7E1F8E", "#4E0A5E")
"""From low to high, in even steps of likelihood. Low is pale and never clear: it is no absence."""
NONE = "#FFFFFF00"
"""Where there is no likelihood: nothing is painted."""


def colours(likelihood: Floats, highest: float = 1.0) -> NDArray[np.object_]:
    """Return a colour (n,) of `RAMP` for each likelihood, `NONE` where it is NaN.

    Args:
        likelihood: (n,) 0 to 1.
        highest: the likelihood of the last colour's upper end.
    """
    told = np.asarray(likelihood, dtype=np.float64)
    step = np.clip(np.nan_to_num(told / highest, nan=0.0) * len(RAMP), 0, len(RAMP) - 1).astype(np.int64)
    return np.where(np.isnan(told), NONE, np.array(RAMP, dtype=object)[step])
