"""The state of the ground as cells: counted true to area, painted by the worst that is in a cell.

A cell is one whole and the ground is not: a raster of states must choose. Each cell *counts* for a state that lies in
it, chosen so that the cells of each state sum to its exact area; and its code also says the worst other state in
it, whose colour it is *painted* in. So nothing that open ground touches reads as released, nothing that is not assessed
reads as released, and nothing only cancelled as cleared.

Code = 10 x the worst state in the cell, where that is worse than the one it counts for, + the state it counts for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.coverage.arrangement import Progress, quiet
from layers.questions import Unreadable
from layers.rasters.cover import Cells, shares
from layers.rasters.near import equal_area
from layers.rasters.zonal import in_plane
from layers.vocabulary import State

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

CODES: Mapping[State, int] = {state: k for k, state in enumerate(State, start=1)}
"""The codes of states; 0 is ground outside all districts that no record covers."""
CAUTION = (
    *(State.CHA, State.SHA, State.no_recorded_hazard, State.surveyed_no_evidence),
    *(State.cancelled, State.reduced, State.cleared),
)
"""States, the one to be most careful of first: not assessed before surveyed, cancelled before cleared."""
COLOURS: Mapping[State, str] = {
    State.CHA: "#E00000",
    State.SHA: "#F4A718",
    State.cancelled: "#CBD2D9",
    State.reduced: "#A0AEC0",
    State.cleared: "#718096",
    State.surveyed_no_evidence: "#9DB2E0",
    State.no_recorded_hazard: "#FFFFFF",
}
MOST_CELLS = 25_000_000
WITHIN = 0.001
"""How far the area of a state's cells may lie from the exact one, as a share of it."""
_NICE = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000)
_LEAST_M = 0.1
_USUAL_CELLS, _FINE_CELLS = 2_000_000, 12_000_000
_DUST = 1e-5
"""A share of a cell below which a state is not in it, open ground aside: rounding at the seams of polygons."""
_ROUNDS = 200


@dataclass(frozen=True)
class Agreement:
    """The area of a state in cells beside the exact one (m2)."""

    state: State
    exact_m2: float
    cells_m2: float

    @property
    def difference(self) -> float:
        """How far they lie apart, as a share of the exact area."""
        return abs(self.cells_m2 - self.exact_m2) / self.exact_m2 if self.exact_m2 else 0.0

    @property
    def agrees(self) -> bool:
        """Whether that is within what is promised."""
        return self.difference <= WITHIN


@dataclass(frozen=True)
class Painted:
    """The ground as cells.

    Attributes:
        codes: (rows, columns); cells: where they lie; crs: in which equal-area plane (m).
        agreements: a row per state that occurs.
    """

    codes: Bytes
    cells: Cells
    crs: CRS
    agreements: tuple[Agreement, ...]

    @property
    def advised_m(self) -> float | None:
        """The side of cells at which every state would agree; None where all do."""
        off = [one.exact_m2 for one in self.agreements if not one.agrees]
        return min(float(np.sqrt(2 * WITHIN * min(off))), self.cells.dx / 2) if off else None


@dataclass
class _Mixed:
    """Cells in which several states meet: their number in the grid, and the share (n, states + 1) of each state."""

    number: list[Ints] = field(default_factory=list)
    share: list[NDArray[np.float32]] = field(default_factory=list)


def paint(
    states: Mapping[State, shapely.Geometry],
    exact_m2: Mapping[State, float],
    cell_m: float | None = None,
    progress: Progress = quiet,
) -> Painted:
    """Return the ground as cells.

    Args:
        states: the ground of each state, edges straight in longitude and latitude (degrees); they do not overlap.
        exact_m2: the area of each, measured exactly.
        cell_m: the side of a cell (m); None: one of the usual sizes, finer where a state is small.
        progress: told how many of how many blocks are done.

    Raises:
        Unreadable: there is no ground, or there would be more cells than `MOST_CELLS`; the message says what fits.
    """
    ground = {one: shape for one, shape in states.items() if not shapely.is_empty(shape)}
    if not ground:
        raise Unreadable("there is no ground to paint: no district, no hazard, no release and no survey holds then")
    west, south, east, north = shapely.total_bounds(list(ground.values())).tolist()
    # On whole degrees, so that a district more or less seldom moves the plane.
    plane = equal_area(float(round((west + east) / 2)), float(round((south + north) / 2)))
    flat = {one: in_plane(shape, plane) for one, shape in ground.items()}
    cells = _grid(shapely.total_bounds(list(flat.values())), cell_m, min(exact_m2[one] for one in flat))
    parts = {one: shapely.get_parts(shape) for one, shape in flat.items()}
    order = [one for one in State if one in flat]
    codes, worst = (np.zeros((cells.rows, cells.columns), dtype=np.uint8) for _ in range(2))
    mixed = _Mixed()
    blocks = list(cells.blocks(cells.bounds))
    for done, block in enumerate(blocks, start=1):
        found = _block(block, cells, parts, order, mixed)
        place = (slice(block.top, block.top + block.rows), slice(block.left, block.left + block.columns))
        codes[place], worst[place] = found
        progress(done, len(blocks))
    _settle(codes, mixed, order, {one: exact_m2[one] / (cells.dx * cells.dy) for one in order})
    counted = np.bincount(codes.ravel(), minlength=len(State) + 1) * cells.dx * cells.dy
    agreements = tuple(Agreement(one, exact_m2[one], float(counted[CODES[one]])) for one in order)
    return Painted(_with_worst(codes, worst), cells, plane, agreements)


def colour_table() -> dict[int, tuple[int, int, int, int]]:
    """Return the colour of every code: that of the worst state in the cell."""
    found = {0: (0, 0, 0, 0)}
    for code in labels():
        state = _STATES[code // 10 or code]
        text = COLOURS[state]
        found[code] = (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16), 255)
    return found


def labels() -> dict[int, str]:
    """Return what every code means."""
    words = {one: one.value.replace("_", " ") for one in State} | {
        State.no_recorded_hazard: "no recorded hazard (not assessed)",
        State.surveyed_no_evidence: "surveyed, no evidence found",
    }
    found = {CODES[one]: words[one] for one in State}
    for place, bad in enumerate(CAUTION):
        for better in CAUTION[place + 1 :]:
            found[10 * CODES[bad] + CODES[better]] = f"{words[better]}, with {words[bad]} in the cell"
    for bad in (State.CHA, State.SHA):
        found[10 * CODES[bad]] = f"outside, with {words[bad]} in the cell"
    return dict(sorted(found.items()))


_STATES: Mapping[int, State] = {code: state for state, code in CODES.items()}
_RANK = np.array([CAUTION.index(State.no_recorded_hazard), *(CAUTION.index(one) for one in State)], dtype=np.uint8)
"""How careful to be of each code, 0 the most; ground outside is not assessed either."""


def _grid(bounds: Floats, cell_m: float | None, smallest_m2: float) -> Cells:
    west, south, east, north = map(float, bounds)
    area = (east - west) * (north - south)
    if cell_m is None:
        usual = next((one for one in _NICE if area / one**2 <= _USUAL_CELLS), _NICE[-1])
        # Finer where the smallest state asks for it, as far as that goes.
        fine = [one for one in _NICE if one**2 <= 2 * WITHIN * smallest_m2 and area / one**2 <= _FINE_CELLS]
        cell_m = float(min(usual, max(fine, default=usual)))
    if not (np.isfinite(cell_m) and cell_m >= _LEAST_M):
        raise Unreadable(f"the side of a cell is a number of metres from {_LEAST_M}")
    left, top = np.floor(west / cell_m), np.ceil(north / cell_m)
    columns, rows = np.ceil(east / cell_m) - left, top - np.floor(south / cell_m)
    if columns * rows > MOST_CELLS:
        fits = next((one for one in _NICE if area / one**2 <= MOST_CELLS * 0.9), None)
        advice = f"{fits} m fit" if fits else "ask for a smaller area"
        count = f"{columns * rows:,.0f}"
        raise Unreadable(
            f"cells of {cell_m:g} m would be {count}, more than {MOST_CELLS:,}: take larger ones, {advice}"
        )
    return Cells(float(left * cell_m), float(top * cell_m), cell_m, cell_m, int(rows), int(columns))


def _block(
    block: Cells, cells: Cells, parts: Mapping[State, NDArray[np.object_]], order: list[State], mixed: _Mixed
) -> tuple[Bytes, Bytes]:
    """Return the state with the largest share of each cell of a block, and the worst state in it, as codes."""
    count = block.rows * block.columns
    share = np.zeros((len(order) + 1, count), dtype=np.float32)
    box = shapely.box(*block.bounds)
    for k, one in enumerate(order, start=1):
        near = parts[one][shapely.intersects(box, parts[one])]
        if len(near):
            number, part = shares(shapely.MultiPolygon(list(near)), block)
            share[k, number] = part
    outside = 1 - share.sum(axis=0)
    share[0] = np.where(outside > _DUST, outside, 0)
    code_of = np.array([0, *(CODES[one] for one in order)], dtype=np.uint8)
    # Of equal shares the worse one counts.
    rank = _RANK[code_of]
    sorted_ = np.argsort(rank, kind="stable")
    largest = code_of[sorted_[share[sorted_].argmax(axis=0)]]
    worst, least = np.zeros(count, dtype=np.uint8), np.full(count, 255, dtype=np.uint8)
    for k, code in enumerate(code_of):
        in_it = share[k] > (0 if code in {1, 2} else _DUST)
        better = in_it & (rank[k] < least)
        worst[better], least[better] = code or CODES[State.no_recorded_hazard], rank[k]
    several = np.flatnonzero((share > _DUST).sum(axis=0) > 1)
    row, column = np.divmod(several, block.columns)
    mixed.number.append((block.top + row) * cells.columns + block.left + column)
    mixed.share.append(share[:, several].T.copy())
    return largest.reshape(block.rows, -1), worst.reshape(block.rows, -1)


def _settle(codes: Bytes, mixed: _Mixed, order: list[State], wanted: Mapping[State, float]) -> None:
    """Let mixed cells count for another state in them until the cells of each state are as many as its area asks for.

    Those go first that lose the least: in which the two states have most nearly the same share.
    """
    number, share = np.concatenate(mixed.number), np.concatenate(mixed.share)
    if not len(number):
        return
    flat = codes.reshape(-1)
    code_of = [0, *(CODES[one] for one in order)]
    places = {code: k for k, code in enumerate(code_of)}
    now = np.array([places[one] for one in flat[number].tolist()], dtype=np.int64)
    total = np.bincount(flat, minlength=len(State) + 1)[code_of]
    aim = np.array([0.0, *(wanted[one] for one in order)])
    aim[0] = flat.size - aim[1:].sum()
    for _ in range(_ROUNDS):
        chain = _chain(now, share, total - aim)
        if not chain:
            break
        path, much = chain
        # From its end, so that no cell goes two steps.
        for give, take in reversed(list(pairwise(path))):
            can = np.flatnonzero((now == give) & (share[:, take] > _DUST))
            now[can[np.argsort(share[can, give] - share[can, take], kind="stable")[:much]]] = take
        total[path[0]] -= much
        total[path[-1]] += much
    flat[number] = np.array(code_of, dtype=np.uint8)[now]


def _chain(now: Ints, share: NDArray[np.float32], over: Floats) -> tuple[list[int], int] | None:
    """Return states that can hand cells on, from one that has too many to one that has too few, and how many.

    Args:
        now: (n,) which state each mixed cell counts for; share: (n, states) of each.
        over: (states,) how many cells each has too many.
    """
    count = len(over)
    can = np.array([(share[now == give] > _DUST).sum(axis=0) for give in range(count)])
    for first in np.argsort(-over).tolist():
        if over[first] < 0.5:
            return None
        came, queue = {first: first}, [first]
        for give in queue:
            for take in np.argsort(over).tolist():
                if can[give, take] and take not in came:
                    came[take] = give
                    queue.append(take)
        for last in np.argsort(over).tolist():
            if last in came and over[last] <= -0.5:
                path = [last]
                while path[-1] != first:
                    path.append(came[path[-1]])
                path.reverse()
                much = min(round(over[first]), round(-over[last]), *(int(can[pair]) for pair in pairwise(path)))
                if much > 0:
                    return path, much
    return None


def _with_worst(codes: Bytes, worst: Bytes) -> Bytes:
    """Return the codes with the worst state in each cell before them, where it is worse than the one counted."""
    worse = (worst != codes) & (_RANK[worst] < _RANK[codes]) & (worst > 0)
    # Outside all districts, ground that is not assessed is nothing to say.
    worse &= (codes > 0) | (worst == CODES[State.CHA]) | (worst == CODES[State.SHA])
    return np.where(worse, 10 * worst + codes, codes).astype(np.uint8)
