"""What holds on a date: what remains of each hazard, and which releases and surveys are in effect."""

import numpy as np
import pandas as pd

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.certificate import tolerance
from layers.coverage.partition import SQUARE_METRE, ground_on, open_hazards


def hazards_on(arrangement: Arranged, as_of: versions.Date) -> pd.DataFrame:
    """Return for each hazard in force on a date its `area_m2`, `open_m2` and `state`, by id.

    `state` is released where less than 1 m2 is left open (half of a smaller hazard), and open where none was released;
    a hazard whose `opened_on` is still to come counts as open.
    """
    day = versions.day(as_of)
    seq, opened = arrangement.hazards.versions, arrangement.hazards.opened
    shape = arrangement.shapes.of_version[0]
    atom, hazard = open_hazards(arrangement, ground_on(arrangement, day))
    left = np.bincount(hazard, weights=arrangement.atoms.areas[atom], minlength=len(seq.ids))
    now = np.flatnonzero((seq.begins <= day) & (day < seq.ends) & ~seq.withdrawn & (shape >= 0))
    area, rest = arrangement.shapes.areas[shape[now]], left[seq.record[now]]
    slack = np.array([tolerance(one) for one in area])
    state = np.where(
        rest < np.minimum(SQUARE_METRE, area / 2), "released", np.where(rest < area - slack, "partly_released", "open")
    )
    state = np.where(opened[now] > day, "open", state)
    ids = [seq.ids[k] for k in seq.record[now]]
    return pd.DataFrame(
        {"area_m2": area, "open_m2": rest, "state": state}, index=pd.Index(ids, name="id", dtype=object)
    )


def releases_in_effect(arrangement: Arranged, as_of: versions.Date) -> set[str]:
    """Return the ids of the releases in effect on a date: passed by then, or completed where none is required."""
    day, rel = versions.day(as_of), arrangement.releases
    seq = rel.versions
    now = (seq.begins <= day) & (day < seq.ends) & ~seq.withdrawn & (rel.effective <= day)
    return {seq.ids[k] for k in seq.record[now]}
