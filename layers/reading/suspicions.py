"""What is possible but should be looked at: slivers, copies, long edges, sizes and sums that do not agree."""

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.reading.questions import Question
from layers.reading.rows import Rows
from layers.reading.synonyms import is_total

SLIVER_M2 = 1.0
FAR_M = 5_000.0
SHARE = 0.05
"""How far a reported area may be from the computed one."""
SQUARE_METRES = {"m2": 1.0, "ha": 10_000.0, "km2": 1_000_000.0}


def suspect(rows: Rows, *, unit: str | None, answered: str | None) -> None:
    """Name what should be looked at in the rows that stand.

    Args:
        rows: the rows, their geometry looked at.
        unit: in which the reported areas are, as their column says; None where it doesn't.
        answered: the unit that was answered.

    Raises:
        Question: nothing says in which unit the reported areas are.
    """
    _reported_areas(rows, unit, answered)
    _shapes(rows)
    _copies(rows)
    if rows.layer.name == "incidents":
        _sums(rows)


def _shapes(rows: Rows) -> None:
    """Suspect polygons that are next to nothing, and edges that jump."""
    k = np.flatnonzero(~rows.rejected & ~np.isnan(rows.areas))
    if not len(k):
        return
    for place in k[rows.areas[k] < SLIVER_M2].tolist():
        rows.suspect(place, "sliver", f"it covers {rows.areas[place]:.3g} m2 only")
    long = _long_edges(rows.geometry[k])
    for place, length in zip(k[long > FAR_M].tolist(), long[long > FAR_M].tolist(), strict=True):
        rows.suspect(place, "long_edge", f"two neighbouring vertices lie {length / 1000:.1f} km apart")


def _copies(rows: Rows) -> None:
    """Suspect polygons that another record has too, and points all of whose attributes another row has too."""
    first: dict[object, int] = {}
    ids = rows.values["id"]
    k = np.flatnonzero(~rows.rejected)
    for place, wkb in zip(k.tolist(), shapely.to_wkb(rows.geometry[k]).tolist(), strict=True):
        bare = bool(np.isnan(rows.areas[place]))
        twin = first.setdefault((wkb, rows.own(place)) if bare else wkb, place)
        if twin == place or (ids[place] is not None and ids[place] == ids[twin]):
            continue
        what = "it and its attributes are those" if bare else "its polygon is that"
        rows.suspect(place, "duplicate", f"{what} of row {rows.numbers[twin]}")


def _reported_areas(rows: Rows, unit: str | None, answered: str | None) -> None:
    """Bring reported areas to m2, and suspect those that are not the computed ones.

    Raises:
        Question: the column names no unit, or one that its values contradict.
    """
    if "reported_area_m2" not in rows.values:
        return
    column = rows.values["reported_area_m2"]
    k = np.array([p for p, said in enumerate(column) if said is not None and not rows.rejected[p]], dtype=np.int64)
    if not len(k):
        return
    said = np.array([column[p] for p in k], dtype=np.float64)
    taken = answered or _unit(said, rows.areas[k], unit)
    if taken != "m2":
        said *= SQUARE_METRES[taken]
        for place, size in zip(k.tolist(), said.tolist(), strict=True):
            column[place] = size
        rows.say(None, "notice", "area_unit", f"reported areas were read in {taken} and are kept in m2")
    computed = rows.areas[k]
    for place in k[np.abs(said - computed) > SHARE * computed].tolist():
        message = f"reported {column[place]:,.0f} m2, computed {rows.areas[place]:,.0f} m2; computed is used"
        rows.suspect(place, "reported_area", message)


def _unit(said: NDArray[np.float64], computed: NDArray[np.float64], named: str | None) -> str:
    """Return the unit that the column names, or that makes the areas the computed ones.

    Raises:
        Question: it names none that fits.
    """
    real = (said > 0) & (computed > 0)
    with np.errstate(over="ignore"):  # an area of almost nothing: no unit fits, and the question says so
        ratio = float(np.median(computed[real] / said[real])) if real.any() else 1.0
    fits = [unit for unit, size in SQUARE_METRES.items() if abs(ratio / size - 1) < 4 * SHARE]
    if named and (not fits or named in fits):
        return named
    if not named and fits and fits == ["m2"]:
        return "m2"
    claim = f"the column says {named}, but " if named else "the column does not say its unit; "
    message = (
        f"{claim}the reported areas are {ratio:,.4g} times smaller than the computed ones in m2: send it again with "
        "area_unit"
    )
    raise Question("area_unit", message, tuple(SQUARE_METRES))


def _sums(rows: Rows) -> None:
    """Suspect incidents whose total is not the killed and the injured together."""
    name = next((one for row in rows.extra for one in row if is_total(one)), None)
    if name is None:
        return
    for place in rows.standing():
        killed, injured, total = (
            rows.values["killed"][place],
            rows.values["injured"][place],
            rows.extra[place].get(name),
        )
        try:
            number = float(str(total))
        except ValueError:
            continue
        if isinstance(killed, int) and isinstance(injured, int) and killed + injured != number:
            message = f"killed {killed} + injured {injured} is not {name} {total}"
            rows.suspect(place, "casualties_sum", message)


def _long_edges(polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the length (m, on a sphere) of the longest edge of each polygon."""
    parts, part_of = shapely.get_parts(polygons, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, of = shapely.get_coordinates(rings, return_index=True)
    longest = np.zeros(len(polygons))
    if len(xy) < 2:
        return longest
    same = of[1:] == of[:-1]
    middle = np.radians((xy[1:, 1] + xy[:-1, 1]) / 2)
    step = np.hypot((xy[1:, 0] - xy[:-1, 0]) * np.cos(middle), xy[1:, 1] - xy[:-1, 1]) * 111_195.0
    far = same & (step > FAR_M)
    np.maximum.at(longest, part_of[ring_of[of[1:][far]]], step[far])
    return longest
