"""The law of the printed map: as many hazards are drawn as are stored, each of them by name, or nothing is printed."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from geo_service.balance import Refused
from geo_service.printing.frames import Box, Geometries, meets

NAMED = 20
"""Ids that an error names; it says how many more there are."""


class Miscounted(Refused):
    """A sheet would show more or fewer hazards than are recorded; it is not printed."""


def same_records(stored: Sequence[str], shown: Sequence[str]) -> None:
    """Let through a view that holds each stored hazard once.

    Raises:
        Miscounted: it lacks some, or has others; the ids are named.
    """
    _compare(stored, shown, "the view that was to be printed")
    if len(stored) != len(shown):
        raise Miscounted(
            f"{len(stored)} hazards are in force and the view that was to be printed holds {len(shown)}: one is in "
            "it twice. Nothing was printed. Report this."
        )


def on_sheet(  # noqa: PLR0913, PLR0917
    name: str, ground: Box, drawn: Iterable[str], ids: NDArray[np.object_], stored: Geometries, shown: Geometries
) -> None:
    """Let through a sheet that shows each hazard of its ground.

    Args:
        name: of the sheet; ground: its box in m of the grid.
        drawn: the ids of the hazards that are on it.
        ids: of all hazards in force; stored, shown: their ground as recorded, and as it is shown.

    Raises:
        Miscounted: one that lies there is not drawn, or one is that does not; the ids are named.
    """
    there = meets(stored, ground)
    as_shown = there if shown is stored else meets(shown, ground)
    _compare(ids[there | as_shown], list(drawn), f"sheet {name!r}")


def on_atlas(stored: Sequence[str], sheets: Iterable[Iterable[str]]) -> None:
    """Let through an atlas in which each hazard is on some sheet.

    Raises:
        Miscounted: one is on none; the ids are named.
    """
    _compare(stored, [one for sheet in sheets for one in sheet], "the atlas")


def _compare(expected: Sequence[str] | NDArray[np.object_], found: Iterable[str], where: str) -> None:
    wanted, there = set(map(str, expected)), set(map(str, found))
    for ids, what in (
        (wanted - there, "lacks hazards that are in force there"),
        (there - wanted, "shows hazards that are not"),
    ):
        if ids:
            named = ", ".join(sorted(ids)[:NAMED])
            more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
            raise Miscounted(
                f"{where} {what}: {named}{more}. {len(wanted)} are recorded, {len(there)} drawn. Nothing was printed. "
                "Report this; until it is mended, use the map on the screen."
            )
