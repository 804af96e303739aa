"""A route told from its beginning to its end: a run is as long as the evidence stays the same."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers import versions
from layers.roads.classes import Evidenced
from layers.routing.judged import Judged
from layers.routing.route import Route
from layers.vocabulary import EoStatus

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Neighbour:
    """Open ground or a report that a run passes within its buffer.

    Attributes:
        layer, id: its record.
        distance_m: how near the run comes, None where only another is known to be nearer.
    """

    layer: str
    id: str
    distance_m: float | None


@dataclass(frozen=True)
class Run:
    """A stretch of a route with one kind of evidence.

    Attributes:
        from_m, to_m: metres from the route's beginning.
        kind: the class of evidence.
        lifted: whether cleared ground or a verification lifts a buffer there.
        expired: whether the road's verification has expired.
        source, date: the record that the class stands on, and its date; None where there is none.
        nearest, distance_m: the nearest open hazard and how near the run comes to it (m); None where none is listed.
        neighbours: what it passes within its buffer.
        road, name: the id and the name of the road record; None on the connector from a place to the road.
        width_m: how wide the verified carriageway is, else the road; None where it is not recorded.
        verified_m: how wide the verified carriageway is, where the class or the lifted buffer stands on it.
        expires_on: when that verification expires.
    """

    from_m: float
    to_m: float
    kind: Evidenced
    lifted: bool
    expired: bool
    source: str | None
    date: dt.date | None
    nearest: str | None
    distance_m: float | None
    neighbours: tuple[Neighbour, ...]
    road: str | None
    name: str | None
    width_m: float | None
    verified_m: float | None
    expires_on: dt.date | None

    @property
    def length_m(self) -> float:
        """Metres."""
        return self.to_m - self.from_m


def runs(route: Route) -> list[Run]:
    """Return the runs of a route, in order; they fill it."""
    stop = route.sections["stop"]
    marks = np.flatnonzero(np.r_[True, stop[1:] != stop[:-1]]) if len(stop) else np.empty(0, dtype=np.int64)
    blocks = np.split(route.sections, marks[1:]) if len(stop) else []
    return [run for block in blocks for run in _merged(route.judged(int(block["stop"][0])), block)]


def _merged(judged: Judged, block: NDArray[np.void]) -> list[Run]:
    """Return the runs of sections that lie on pieces of the same evidence."""
    evidence, piece = judged.evidence, block["piece"]
    facts = evidence.pieces[piece]
    road = evidence.network.road[facts["edge"]]
    same = np.column_stack(
        [
            road,
            judged.classes[piece],
            judged.lifted[piece],
            judged.expired[piece],
            *(facts[name] for name in ("source", "blocker", "point", "nearest")),
        ]
    )
    begins = np.flatnonzero(np.r_[True, (same[1:] != same[:-1]).any(axis=1)])
    ends = np.r_[begins[1:], len(block)]
    records = Records(judged)
    return [records.run(block[low:high], int(road[low])) for low, high in zip(begins, ends, strict=True)]


class Records:
    """Looks up what a run says of the records that its pieces name."""

    def __init__(self, judged: Judged) -> None:
        """Take the columns once: a cell of a frame is slow to reach."""
        self.judged = judged
        roads = judged.evidence.network.roads
        wanted = ("id", "name", "width_m", "eo_status", "eo_width_m", "eo_as_of", "expires_on")
        self.roads = {name: roads[name].to_numpy() for name in wanted if name in roads}

    def of_road(self, name: str, road: int) -> object:
        """Return a field of a road record, None where it holds nothing."""
        value = self.roads[name][road] if name in self.roads else None
        return None if versions.is_missing(value) else value

    def number(self, name: str, road: int) -> float | None:
        """Return a number of a road record."""
        value = self.of_road(name, road)
        return None if value is None else float(str(value))

    def date(self, name: str, road: int) -> dt.date | None:
        """Return a date of a road record."""
        return _date(self.of_road(name, road))

    def run(self, sections: NDArray[np.void], road: int) -> Run:
        """Return the run of some sections with the same evidence."""
        judged, evidence = self.judged, self.judged.evidence
        piece = int(sections["piece"][0])
        facts = evidence.pieces[piece]
        kind, lifted, near = Evidenced(int(judged.classes[piece])), bool(judged.lifted[piece]), int(facts["nearest"])
        said = self.of_road("eo_status", road) in {EoStatus.verified.value, EoStatus.cleared.value}
        verified = kind == Evidenced.verified or (lifted and said)
        verified_m = self.number("eo_width_m", road) if verified else None
        source, date = self._stands_on(kind, facts, road)
        connector = int(sections["stop"][0]) >= 0
        name = self.of_road("name", road)
        pieces = sections["piece"]
        return Run(
            from_m=float(sections["from_m"][0]),
            to_m=float(sections["to_m"][-1]),
            kind=kind,
            lifted=lifted,
            expired=bool(judged.expired[piece]),
            source=source,
            date=date,
            nearest=str(evidence.hazards.ids[near]) if near >= 0 else None,
            distance_m=float(evidence.pieces["distance"][pieces].min()) if near >= 0 else None,
            neighbours=self._neighbours(pieces),
            road=None if connector else str(self.of_road("id", road)),
            name=None if connector or name is None else str(name),
            width_m=self.number("width_m", road) if verified_m is None else verified_m,
            verified_m=verified_m,
            expires_on=self.date("expires_on", road) if verified else None,
        )

    def _stands_on(self, kind: Evidenced, facts: np.void, road: int) -> tuple[str | None, dt.date | None]:
        """Return the record that a class stands on and its date."""
        evidence = self.judged.evidence
        blocker, point, source = int(facts["blocker"]), int(facts["point"]), int(facts["source"])
        if kind in (Evidenced.verified, Evidenced.closed):
            return str(self.of_road("id", road)), self.date("eo_as_of", road)
        if kind in (Evidenced.inside_hazard, Evidenced.inside_buffer):
            if blocker >= 0:
                return str(evidence.hazards.ids[blocker]), versions.date_of(int(evidence.hazards.asserted[blocker]))
            if point >= 0:
                return str(evidence.points["id"].iloc[point]), _date(evidence.points["date"].iloc[point])
        if kind == Evidenced.unsurveyed or source < 0:
            return None, None
        return str(evidence.sources["id"].iloc[source]), _date(evidence.sources["date"].iloc[source])

    def _neighbours(self, pieces: Ints) -> tuple[Neighbour, ...]:
        """Return the hazards, then the reports, in whose buffer some pieces lie, in order of row."""
        evidence = self.judged.evidence
        facts = evidence.pieces[pieces]
        held = [evidence.barred_by[evidence.barring[p] : evidence.barring[p + 1]] for p in pieces]
        hazards = np.unique(np.concatenate([*held, facts["blocker"][facts["blocker"] >= 0]]).astype(np.int64))
        found = []
        for hazard in hazards:
            near = facts["distance"][facts["nearest"] == hazard]
            found.append(
                Neighbour("hazards", str(evidence.hazards.ids[hazard]), float(near.min()) if len(near) else None)
            )
        for point in np.unique(facts["point"][facts["point"] >= 0]):
            row = evidence.points.iloc[point]
            found.append(Neighbour(str(row["layer"]), str(row["id"]), None))
        return tuple(found)


def _date(value: object) -> dt.date | None:
    return None if versions.is_missing(value) else versions.as_date(value)
