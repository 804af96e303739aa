"""What holds on a date: what remains of each hazard, and which releases and surveys are in effect."""

import numpy as np
import pandas as pd

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.certificate import tolerance
from layers.coverage.partition import open_rows
from layers.coverage.tables import SQUARE_METRE, UNIT


def hazards_on(arrangement: Arranged, as_of: versions.Date) -> pd.DataFrame:
    """Return for each hazard in force on a date its `area_m2`, `open_m2` and `state`, by id.

    `state` is released where less than 1 m2 is left open (half of a smaller hazard), and open where none was released;
    a hazard whose `opened_on` is still to come counts as open.
    """
    day = versions.day(as_of)
    register, opened = arrangement.registers.hazards, arrangement.hazards.opened
    seq = register.versions
    rows, _ = open_rows(arrangement, day, arrangement.boundaries(day))
    left = np.zeros(len(register.ids), dtype=np.int64)
    np.add.at(left, rows["hazard"], rows["amount"])
    now = np.flatnonzero(seq.in_force(day) & (seq.shape >= 0))
    ids = [register.ids[k] for k in seq.record[now].tolist()]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    now = now[order]
    area, rest = register.shapes.areas[seq.shape[now]], left[seq.record[now]] * UNIT
    slack = np.array([tolerance(one) for one in area])
    state = np.where(
        rest < np.minimum(SQUARE_METRE, area / 2), "released", np.where(rest < area - slack, "partly_released", "open")
    )
    state = np.where(opened[now] > day, "open", state)
    return pd.DataFrame(
        {"area_m2": area, "open_m2": rest, "state": state},
        index=pd.Index([ids[k] for k in order], name="id", dtype=object),
    )


def releases_in_effect(arrangement: Arranged, as_of: versions.Date) -> set[str]:
    """Return the ids of the releases in effect on a date: passed by then, or completed where none is required."""
    day, rel = versions.day(as_of), arrangement.releases
    now = rel.versions.in_force(day) & (rel.effective <= day)
    return {arrangement.registers.releases.ids[k] for k in rel.versions.record[now].tolist()}
