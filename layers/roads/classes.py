"""The class of evidence of each piece of road for a traveller (domain rules, section 6)."""

from enum import IntEnum


class Evidenced(IntEnum):
    """Classes of evidence, the worst first; the first three are hard blocks."""

    inside_hazard = 0
    closed = 1
    inside_buffer = 2
    unsurveyed = 3
    surveyed_no_evidence = 4
    released_cancelled = 5
    released_reduced = 6
    verified = 7
    released_cleared = 8


HARD = Evidenced.inside_buffer
"""The least bad class that is a hard block."""
