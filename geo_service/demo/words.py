"""Vocabulary of the invented records: sets of devices, sources, sentences."""

from collections.abc import Sequence

import numpy as np

from geo_service.demo.area import Geometries, Rng
from geo_service.demo.shapes import Ints

DEVICES: tuple[tuple[str, ...], ...] = (
    ("unknown",),
    ("AP_mine",),
    ("AV_mine",),
    ("AP_mine", "AV_mine"),
    ("UXO",),
    ("AP_mine", "UXO"),
    ("cluster_munition_remnant",),
    ("UXO", "cluster_munition_remnant"),
    ("AXO", "UXO"),
    ("UXO", "booby_trap"),
    ("IED", "booby_trap"),
    ("other",),
)
"""The sets of devices of hazards."""

SUSPECTED = np.array([0.42, 0.16, 0.05, 0.10, 0.08, 0.07, 0.05, 0.02, 0.02, 0.01, 0.01, 0.01])
"""How often a suspected area has each set; of unknown devices a confirmed one is made by naming them."""

CONFIRMED = np.array([0.0, 0.30, 0.10, 0.24, 0.09, 0.10, 0.09, 0.03, 0.02, 0.01, 0.01, 0.01])

NAMED = np.array([1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
"""The set that a survey makes of each when it finds what lies there: none stays unknown."""

WORSE = np.array([1, 3, 3, 3, 5, 5, 7, 7, 8, 9, 10, 11])
"""The set that a survey makes of each when it finds one category more; the last ones stay."""

ARCHIVES = ("minefield records, archive A", "minefield records, archive B", "humanitarian survey of the 1990s")
"""Sources of what was recorded before the hand-over; a file of it for each."""

REPORTS = ("survey report", "community report", "technical survey report")
EVIDENCE = (
    "minefield record",
    "statement of a former combatant",
    "accident of livestock",
    "mines seen on the surface",
    "abandoned trench line",
    "strike marks",
    "statement of residents",
)
TEAMS = tuple(f"SYNTHETIC team {number}" for number in range(1, 8))


def words(rng: Rng, among: Sequence[str], n: int, share: Sequence[float] | None = None) -> Geometries:
    """Return n words drawn from some."""
    return np.array(among, dtype=object)[rng.choice(len(among), n, p=share)]


def lists(number: Ints) -> list[list[str]]:
    """Return the sets of devices of these numbers as lists."""
    made = [list(one) for one in DEVICES]
    return [made[one] for one in number.tolist()]
