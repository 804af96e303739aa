"""The hazards as they were first found: where, how large, when opened, when first known."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.demo.area import Floats, Rng, rng_of
from geo_service.demo.calendar import CEASEFIRE, HAND, SECOND_WAR, Calendar, years
from geo_service.demo.districts import Land
from geo_service.demo.shapes import Bools, Ints, Stars, stars
from geo_service.demo.words import CONFIRMED, DEVICES, SUSPECTED

Texts = NDArray[np.object_]

SHARE = 0.054
"""Share of the area that all hazards would cover side by side, where their largest size allows it."""
SIZES_KM2 = (0.006, 1.85)
_MEAN_KM2 = 0.9
ROOM = 1.6
"""How many times its reach a hazard may grow."""
DUPLICATES = 0.06
"""Share of the hazards that tell of ground which another record tells of already."""
_LATEST = 45
"""Days before the end by which every hazard is known."""


@dataclass
class Hazards:
    """Hazards at one moment of their stories; everything is (n,).

    Attributes:
        ids: their ids.
        shape: their polygons.
        confirmed: CHA.
        devices: number of the set in `words.DEVICES`.
        opened: day.
        known: the day of the last report.
        archive: which of the archives told of them, -1 for a report.
        copies: the row of which each is a duplicate, -1 for none.
        bias: reported area as a share of the computed.
        accuracy: m, NaN where not said.
        estimated: whether the polygon is a guess.
        largest: how far (km) a vertex may lie from the middle.
    """

    ids: Texts
    shape: Stars
    confirmed: Bools
    devices: Ints
    opened: Ints
    known: Ints
    archive: Ints
    copies: Ints
    bias: Floats
    accuracy: Floats
    estimated: Bools
    largest: Floats

    def __len__(self) -> int:
        """Return the number of hazards."""
        return len(self.opened)


def hazards_of(seed: int, count: int, land: Land, calendar: Calendar) -> Hazards:
    """Return `count` hazards along the former front line; the first one lies across the area's border."""
    rng = rng_of(seed, "hazards")
    shape = _placed(rng, count, land)
    confirmed = rng.random(count) < 0.3
    devices = np.where(
        confirmed,
        rng.choice(len(DEVICES), count, p=CONFIRMED),
        rng.choice(len(DEVICES), count, p=SUSPECTED),
    )
    opened, known = _days(rng, count, calendar)
    copies = np.full(count, -1)
    # Row 0 lies across the border and is copied by none.
    if (doubled := int(count * DUPLICATES)) and count > doubled + 1:
        copies[count - doubled :] = rng.integers(1, count - doubled, doubled)
    shape = _as_copies(rng, shape, copies)
    later = copies >= 0
    opened[later] = np.minimum(opened[copies[later]] + rng.integers(0, 700, later.sum()), calendar.last - 2 * _LATEST)
    known[later] = _known(opened[later] + rng.integers(5, 200, later.sum()), calendar)
    old = known <= HAND
    archive = np.where(old, rng.integers(0, 3, count), -1)
    code = land.district_of(shape.x, shape.y)
    bias = np.where(rng.random(count) < 0.6, 1.0, np.clip(rng.normal(1.0, 0.12, count), 0.5, 1.6))
    accuracy = rng.choice([5.0, 50.0, 100.0, np.nan], count, p=[0.45, 0.3, 0.1, 0.15])
    return Hazards(
        ids_of(code, years(opened), ""),
        shape,
        confirmed,
        devices,
        opened,
        known,
        archive,
        copies,
        bias,
        accuracy,
        (rng.random(count) < 0.2) & old,
        shape.reach() * ROOM,
    )


def ids_of(code: Texts, year: Ints, letter: str) -> Texts:
    """Return ids as a GIS office numbers its records: by district and year, in order."""
    stems = [f"SY-{a}-{b}-{letter}" for a, b in zip(code.tolist(), year.tolist(), strict=True)]
    seen: dict[str, int] = {}
    found = []
    for stem in stems:
        seen[stem] = seen.get(stem, 0) + 1
        found.append(f"{stem}{seen[stem]:04d}")
    return np.array(found, dtype=object)


def _placed(rng: Rng, count: int, land: Land) -> Stars:
    """Return polygons spread along the front line, the first one on the border of the area."""
    area = land.area
    size = _sizes(rng, count, area.side**2)
    # Evenly over the belt (Roberts' sequence): real records overlap, but not as much as dice let them.
    place = (np.arange(count)[:, None] * (0.7548776662466927, 0.5698402909980532) + rng.random(2)) % 1
    across = place[:, 1] * 2 - 1
    offset = np.sign(across) * np.abs(across) ** 1.4 * 0.065 * area.side
    stray = rng.random(count) < 0.06
    offset[stray] += rng.normal(0, 0.12 * area.side, stray.sum())
    x, y, direction = area.beside_front(0.03 + 0.94 * place[:, 0], offset)
    if count > 1:
        corner = shapely.get_coordinates(shapely.get_exterior_ring(land.outline))
        west = area.local(corner)
        first = int(np.argmin(np.hypot(west[0] - area.front(np.zeros(1))[0], west[1] - area.front(np.zeros(1))[1])))
        x[0], y[0] = west[0][first], west[1][first]
    shape = stars(rng, x, y, size, direction + rng.normal(0, 0.4, count))
    _pull_inside(shape, land, first=1 if count > 1 else 0)
    return shape


def _pull_inside(shape: Stars, land: Land, first: int) -> None:
    """Move what could grow over the area's border towards its middle."""
    inside = land.shrunk(0.005 * land.area.side)
    rows = np.arange(first, len(shape))
    while len(rows := rows[~shapely.covers(inside, shape.draw(land.area, rows, ROOM * 1.1))]):
        shape.x[rows] *= 0.93
        shape.y[rows] *= 0.93
        shape.scale(rows, np.full(len(rows), 0.99))


def _sizes(rng: Rng, count: int, area_km2: float) -> Floats:
    mean = min(_MEAN_KM2, SHARE * area_km2 / count)
    low, high = min(SIZES_KM2[0], mean / 10), SIZES_KM2[1]
    raw = np.exp(rng.normal(0, 0.85, count))
    factor = mean
    for _ in range(30):
        factor *= mean / float(np.clip(factor * raw, low, high).mean())
    return np.clip(factor * raw, low, high)


def _days(rng: Rng, count: int, calendar: Calendar) -> tuple[Ints, Ints]:
    """Return when each was opened and first reported: after the ceasefire, in the quiet years, after the second war."""
    era = rng.choice(3, count, p=[0.62, 0.13, 0.25])
    soon = CEASEFIRE + np.minimum(rng.exponential(500, count), 2300).astype(np.int64)
    quiet = rng.integers(CEASEFIRE + 2400, SECOND_WAR, count)
    after = SECOND_WAR + (rng.beta(1.1, 2.2, count) * (calendar.last - 2 * _LATEST - SECOND_WAR)).astype(np.int64)
    opened = np.choose(era, (soon, quiet, after))
    # Some old records turned up years after the hand-over: they change the past as known from then on.
    lag = rng.integers(3, 40, count)
    found_late = (era < 2) & (rng.random(count) < 0.09)
    report = np.where(found_late, rng.integers(HAND + 120, calendar.last - _LATEST, count), opened + lag)
    return opened, _known(report, calendar)


def _known(report: Ints, calendar: Calendar) -> Ints:
    """Return the day of the report, of old ones that of the hand-over, the last ones a little before the end."""
    return np.clip(report, HAND, calendar.last - _LATEST)


def _as_copies(rng: Rng, shape: Stars, copies: Ints) -> Stars:
    rows = np.flatnonzero(copies >= 0)
    n = len(rows)
    found = shape.take(np.where(copies >= 0, copies, np.arange(len(shape))))
    reach = found.reach()[rows]
    found.x[rows] += rng.normal(0, 0.08, n) * reach
    found.y[rows] += rng.normal(0, 0.08, n) * reach
    found.scale(rows, rng.uniform(0.85, 1.0, n))
    return found
