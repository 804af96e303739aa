"""How grave a suspicion is: what the programme sets, else a sane default."""

from collections.abc import Mapping
from types import MappingProxyType

LEVELS = ("error", "warning", "notice", "ignore")
"""error: the row is rejected; warning: look at it; notice: for information; ignore: nothing is said."""

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "overlap_hazard": "warning",
        "overlap_release": "warning",
        "covers_hazard": "notice",
        "duplicate": "warning",
        "reported_area": "warning",
        "long_edge": "warning",
        "sliver": "warning",
        "casualties_sum": "warning",
        "traverse_closure": "warning",
        "low_location_precision": "warning",
        "low_date_precision": "warning",
        "antimeridian": "warning",
        "cut_text": "warning",
        "many_vertices": "notice",
        "holes": "notice",
        "one_part": "notice",
        "feature_id": "notice",
        "no_properties": "notice",
        "bbox": "notice",
    }
)
"""What is possible and still should be looked at, by code. What can't be is always rejected, and not listed here."""


def severities(given: object) -> dict[str, str]:
    """Return severities by code, as a programme sets them.

    Raises:
        ValueError: a code or a level is none.
    """
    if not isinstance(given, Mapping):
        raise ValueError("severity is an object of checks, each with its level")  # noqa: TRY004 - one kind of error for a setting
    for code, level in given.items():
        if code not in DEFAULTS:
            raise ValueError(f"no check is called {code!r}; checks: {', '.join(DEFAULTS)}")
        if level not in LEVELS:
            raise ValueError(f"{code}: {level!r} is no severity; it is one of {', '.join(LEVELS)}")
    return {code: str(level) for code, level in given.items()}
