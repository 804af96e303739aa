"""A route told from its beginning to its end: a run is as long as the evidence stays the same."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import versions
from layers.roads.classes import Evidenced
from layers.roads.evidence import Evidence
from layers.routing.judged import Judged
from layers.routing.route import Route

Ints = NDArray[np.int64]

_SAME = ("stop", "road", "kind", "lifted", "expired", "source", "blocker", "point", "nearest")


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
    sections = pd.DataFrame(route.sections)
    found: list[Run] = []
    for stop, block in sections.groupby((sections["stop"] != sections["stop"].shift()).cumsum()):
        del stop
        judged = route.judged(int(block["stop"].iloc[0]))
        found += _merged(judged, block.reset_index(drop=True))
    return found


def _merged(judged: Judged, block: pd.DataFrame) -> list[Run]:
    """Return the runs of sections that lie on pieces of the same evidence."""
    piece = block["piece"].to_numpy()
    facts = judged.evidence.pieces[piece]
    block["road"] = judged.evidence.network.road[facts["edge"]]
    block["kind"], block["lifted"] = judged.classes[piece], judged.lifted[piece]
    block["expired"], block["distance"] = judged.expired[piece], facts["distance"]
    for name in ("source", "blocker", "point", "nearest"):
        block[name] = facts[name]
    same = block[list(_SAME)]
    number = (same != same.shift()).any(axis=1).cumsum()
    return [_run(judged, rows) for _, rows in block.groupby(number)]


def _run(judged: Judged, rows: pd.DataFrame) -> Run:
    """Return the run of some sections with the same evidence."""
    first, evidence = rows.iloc[0], judged.evidence
    kind, road = Evidenced(int(first["kind"])), int(first["road"])
    near = int(first["nearest"])
    record = evidence.network.roads.iloc[road]
    verified = kind == Evidenced.verified or (bool(first["lifted"]) and _says_verified(record))
    verified_m = _number(record, "eo_width_m") if verified else None
    source, date = _stands_on(evidence, kind, first, record)
    connector = int(first["stop"]) >= 0
    return Run(
        from_m=float(rows["from_m"].iloc[0]),
        to_m=float(rows["to_m"].iloc[-1]),
        kind=kind,
        lifted=bool(first["lifted"]),
        expired=bool(first["expired"]),
        source=source,
        date=date,
        nearest=str(evidence.hazards.ids[near]) if near >= 0 else None,
        distance_m=float(rows["distance"].min()) if near >= 0 else None,
        neighbours=_neighbours(evidence, rows["piece"].to_numpy(), rows),
        road=None if connector else str(record["id"]),
        name=None if connector else _text(record, "name"),
        width_m=_number(record, "width_m") if verified_m is None else verified_m,
        verified_m=verified_m,
        expires_on=_date(record, "expires_on") if verified else None,
    )


def _stands_on(evidence: Evidence, kind: Evidenced, first: Any, record: Any) -> tuple[str | None, dt.date | None]:
    """Return the record that a class stands on and its date."""
    if kind in (Evidenced.verified, Evidenced.closed):
        return str(record["id"]), _date(record, "eo_as_of")
    if kind in (Evidenced.inside_hazard, Evidenced.inside_buffer):
        row = int(first["blocker"])
        if row >= 0:
            return str(evidence.hazards.ids[row]), versions.date_of(int(evidence.hazards.asserted[row]))
        row = int(first["point"])
        if row >= 0:
            return str(evidence.points["id"].iloc[row]), _date(evidence.points.iloc[row], "date")
    row = int(first["source"])
    if kind == Evidenced.unsurveyed or row < 0:
        return None, None
    return str(evidence.sources["id"].iloc[row]), _date(evidence.sources.iloc[row], "date")


def _neighbours(evidence: Evidence, pieces: Ints, rows: pd.DataFrame) -> tuple[Neighbour, ...]:
    """Return the hazards, then the reports, in whose buffer some pieces lie, in order of row."""
    held = [evidence.barred_by[evidence.barring[p] : evidence.barring[p + 1]] for p in pieces]
    blockers = rows["blocker"][rows["blocker"] >= 0].to_numpy()
    nearest = {int(n): float(d) for n, d in zip(rows["nearest"], rows["distance"], strict=True)}
    if len(rows):
        nearest = {n: float(rows["distance"][rows["nearest"] == n].min()) for n in nearest}
    hazards = [
        Neighbour("hazards", str(evidence.hazards.ids[h]), nearest.get(int(h)))
        for h in np.unique(np.concatenate([*held, blockers]).astype(np.int64))
    ]
    points = evidence.points.iloc[np.unique(rows["point"][rows["point"] >= 0].to_numpy())]
    layers = zip(points["layer"], points["id"], strict=True)
    return (*hazards, *(Neighbour(str(layer), str(name), None) for layer, name in layers))


def _says_verified(record: Any) -> bool:
    return _text(record, "eo_status") in {"verified", "cleared"}


def _text(record: Any, name: str) -> str | None:
    value = record.get(name)
    return None if versions.is_missing(value) else str(value)


def _number(record: Any, name: str) -> float | None:
    value = record.get(name)
    return None if versions.is_missing(value) else float(value)


def _date(record: Any, name: str) -> dt.date | None:
    value = record.get(name)
    return None if versions.is_missing(value) else versions.as_date(value)
