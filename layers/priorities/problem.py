"""The question: settlements, the hazards on them and on their way, the ground each takes, and who clears it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.routing.opening import Chain, chain
from layers.routing.passages import Passages
from layers.routing.rows import Rows
from layers.routing.shared import SharedGround

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Pace:
    """How fast ground is cleared. All teams work on the same hazard, one hazard after the other.

    Attributes:
        teams: how many teams.
        rate_m2: how much a team clears in a period (m2).
        period_days: how long a period is (days).
        horizon_days: how far ahead is looked: a settlement that opens later counts as displaced until then; None:
            without end.
    """

    teams: float
    rate_m2: float
    period_days: float = 1.0
    horizon_days: float | None = None

    def __post_init__(self) -> None:
        """Refuse a pace at which nothing moves."""
        for name in ("teams", "rate_m2", "period_days", "horizon_days"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a number above zero, not {value}")

    @property
    def m2_per_day(self) -> float:
        """What all teams clear in a day (m2)."""
        return self.teams * self.rate_m2 / self.period_days

    @property
    def horizon_m2(self) -> float:
        """What is cleared up to the horizon (m2)."""
        return np.inf if self.horizon_days is None else self.horizon_days * self.m2_per_day


@dataclass(frozen=True, eq=False)
class Problem:
    """What to clear first: h hazards, n settlements.

    A settlement opens when every hazard on it is cleared and it is reached from a displacement site over roads whose
    hazards are all cleared. A hazard is cleared when all its open ground is.

    Attributes:
        hazards: (h,) ids.
        ground: their ground, shared pieces once.
        settlements: (n,) ids.
        people: (n,) people still to return to each.
        weight: (n,) what a day of displacement of each counts: its people, or what the user sets.
        needed: for each settlement, the hazards on it.
        passages: the contracted roads; its hazards are rows of `hazards`.
        sites: components that people come from.
        place: (n,) the component of each settlement, -1 where no road is near.
        way: (n,) how far each is from the sites if nothing barred the way (s or m), inf where no road leads there.
    """

    hazards: NDArray[np.object_]
    ground: SharedGround
    settlements: NDArray[np.object_]
    people: Floats
    weight: Floats
    needed: Rows
    passages: Passages
    sites: Ints
    place: Ints
    way: Floats

    def __len__(self) -> int:
        """Return the number of settlements."""
        return len(self.settlements)

    def row(self, settlement: str) -> int:
        """Return the row of a settlement.

        Raises:
            ValueError: it is not one of them.
        """
        found = np.flatnonzero(self.settlements == settlement)
        if not len(found):
            raise ValueError(f"settlement {settlement!r} is not among the {len(self)} settlements of this plan")
        return int(found[0])


def problem(  # noqa: PLR0913
    *,
    hazards: Sequence[str] | NDArray[np.object_],
    ground: SharedGround,
    settlements: Sequence[str] | NDArray[np.object_],
    people: Sequence[float] | Floats,
    needed: Sequence[Sequence[int]],
    passages: Passages | None = None,
    sites: Sequence[int] | Ints = (0,),
    place: Sequence[int] | Ints | None = None,
    way: Sequence[float] | Floats | None = None,
    weight: Sequence[float] | Floats | None = None,
) -> Problem:
    """Return the problem of what to clear first, checked. Fields are those of `Problem`; weight defaults to people.

    Without `passages` only the hazards on the settlements count, and no way to them.

    Raises:
        ValueError: names the field that is wrong, and what is wrong with it.
    """
    names = np.array(list(settlements), object)
    count = len(names)
    if not count:
        raise ValueError("settlements: there is none to open")
    if len(set(names)) < count:
        raise ValueError("settlements: an id stands twice")
    if len(hazards) != len(ground.of):
        raise ValueError(f"hazards: {len(hazards)} ids, but ground of {len(ground.of)}")
    _positive("ground", ground.share, None, [str(k) for k in range(len(ground.share))])
    persons = _positive("people", people, count, names)
    if not persons.any():
        raise ValueError("people: nobody is to return to any of the settlements")
    if passages is None:
        none = np.zeros(0, np.int64)
        passages = Passages(np.zeros(1, np.int64), none, none, Rows.of_lists([[]]))
    places = np.zeros(count, np.int64) if place is None else np.asarray(place, np.int64)
    origins = np.unique(np.asarray(sites, np.int64))
    if not len(origins):
        raise ValueError("sites: name at least one displacement site")
    _among("sites", origins, 0, len(passages))
    _among("place", places, -1, len(passages))
    if len(places) != count or len(needed) != count:
        raise ValueError(f"needed and place must have one row for each of the {count} settlements")
    for name, rows in zip(names, needed, strict=True):
        _among(f"needed (settlement {name})", np.asarray(rows, np.int64), 0, len(hazards))
    _among("passages", passages.hazards.items, 0, len(hazards))
    return Problem(
        hazards=np.array(list(hazards), object),
        ground=ground,
        settlements=names,
        people=persons,
        weight=persons if weight is None else _positive("weight", weight, count, names),
        needed=Rows.of_lists(needed),
        passages=passages,
        sites=origins,
        place=places,
        way=np.zeros(count) if way is None else np.asarray(way, np.float64),
    )


def _positive(field: str, values: Sequence[float] | Floats, count: int | None, names: Iterable[str]) -> Floats:
    """Return numbers that are finite and not negative, or say which is not."""
    numbers = np.asarray(values, np.float64)
    if count is not None and len(numbers) != count:
        raise ValueError(f"{field}: {len(numbers)} values for {count} settlements")
    bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
    if len(bad):
        raise ValueError(f"{field}: {numbers[bad[0]]} (of {list(names)[bad[0]]}) is not a number of zero or more")
    return numbers


def _among(field: str, rows: Ints, low: int, high: int) -> None:
    """Refuse rows that do not exist."""
    bad = np.flatnonzero((rows < low) | (rows >= high))
    if len(bad):
        raise ValueError(f"{field}: {rows[bad[0]]} does not exist; there are {high}")


def least_area(of: Problem, settlement: str, *, time_limit_s: float = 10.0) -> Chain | None:
    """Return the least ground (m2) that opens one settlement, hazards shared counted once; None where no road leads.

    Raises:
        ValueError: the settlement is unknown.
    """
    row = of.row(settlement)
    if of.place[row] < 0:
        return None
    return chain(
        of.passages, of.ground, of.sites, of.place[row : row + 1], needed=of.needed[row], time_limit_s=time_limit_s
    )
