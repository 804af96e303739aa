"""The class of evidence of each piece of road for a traveller (domain rules, section 6).

A verification is a road record that says verified or cleared, with its date and width, not expired, and at least as
wide as the vehicle. It lifts what was asserted or reported up to its own day, buffers and suspected ground, and nothing
later; confirmed ground it never lifts.
"""

from enum import IntEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import versions
from layers.coverage import state
from layers.roads.evidence import Evidence
from layers.roads.rules import Mode
from layers.vocabulary import EoStatus

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


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

_OF_GROUND = np.array(
    [
        {
            state.NONE: Evidenced.unsurveyed,
            state.SURVEYED: Evidenced.surveyed_no_evidence,
            state.CANCELLED: Evidenced.released_cancelled,
            state.REDUCED: Evidenced.released_reduced,
            state.CLEARED: Evidenced.released_cleared,
        }.get(one, Evidenced.unsurveyed)
        for one in range(len(state.STATES))
    ]
)
"""What ground in each state is evidence of; open ground of nothing."""


def classes(evidence: Evidence, mode: Mode) -> NDArray[np.int8]:
    """Return the class of each piece for a mode, as numbers of `Evidenced`, shape (p,).

    Of several classes the worst block holds, inside a hazard before closed before inside a buffer; where none does, the
    best evidence there is.
    """
    pieces, edge = evidence.pieces, evidence.pieces["edge"]
    ground = pieces["ground"].astype(np.int64)
    valid, of_day = _verification(evidence, mode)
    valid, of_day = valid[edge], of_day[edge]
    lifts_hazards = valid & (of_day >= pieces["asserted"])
    lifts_points = valid & (of_day >= pieces["reported"])
    open_ = ground >= state.SHA
    inside = open_ & ~((ground == state.SHA) & lifts_hazards)
    cleared = ground == state.CLEARED
    in_buffer = (pieces["blocker"] >= 0) & ~lifts_hazards & ~cleared
    in_buffer |= (
        (pieces["point"] >= 0) & ~lifts_points & ~(cleared & (_of_source(evidence, "date") >= pieces["reported"]))
    )
    best = np.maximum(_OF_GROUND[ground], np.where(valid, Evidenced.verified, Evidenced.unsurveyed))
    blocks = [inside, closed(evidence, mode), in_buffer]
    return np.select(blocks, [Evidenced.inside_hazard, Evidenced.closed, Evidenced.inside_buffer], best).astype(np.int8)


def worst(evidence: Evidence) -> NDArray[np.int8]:
    """Return the worst class that each piece has for any mode, as numbers of `Evidenced`, shape (p,).

    What a map shows that does not ask who travels: a carriageway verified for a car alone is no more than the ground
    under it to a convoy.
    """
    return np.asarray(np.min([classes(evidence, mode) for mode in Mode], axis=0), dtype=np.int8)


def lifted(evidence: Evidence, mode: Mode) -> Bools:
    """Say on which pieces (p,) a mode may pass a buffer, or suspected ground, because other evidence lifts it."""
    barred = (evidence.pieces["blocker"] >= 0) | (evidence.pieces["point"] >= 0)
    return np.asarray(barred & (classes(evidence, mode) > HARD))


def allowed(evidence: Evidence, mode: Mode) -> Bools:
    """Say which pieces (p,) a mode may use: none that is blocked.

    On foot only verified carriageways, and cleared ground that was handed over by the date of the evidence.
    """
    found = classes(evidence, mode)
    if mode != Mode.foot:
        return np.asarray(found > HARD)
    cleared = evidence.pieces["ground"] == state.CLEARED
    handed_over = _of_source(evidence, "handed_over_on") <= versions.day(evidence.as_of)
    verified, _ = _verification(evidence, mode)
    return np.asarray((found > HARD) & (verified[evidence.pieces["edge"]] | (cleared & handed_over)))


def closed(evidence: Evidence, mode: Mode) -> Bools:
    """Say which pieces (p,) lie on a road whose record closes it, or restricts it to less width than the mode needs."""
    status, width = _said(evidence, "eo_status"), _numbers(evidence, "eo_width_m")
    narrow = ~(width >= evidence.rules.width_m[mode])
    found = (status == EoStatus.closed) | ((status == EoStatus.restricted) & narrow)
    return np.asarray(found[evidence.network.road][evidence.pieces["edge"]])


def expired(evidence: Evidence) -> Bools:
    """Say which pieces (p,) lie on a road whose verification has expired."""
    late = _days(evidence, "expires_on")
    found = _is_verified(evidence) & (late != versions.NO_DAY) & (late < versions.day(evidence.as_of))
    return np.asarray(found[evidence.network.road][evidence.pieces["edge"]])


def expires(evidence: Evidence) -> Ints:
    """Return the day (since 1970-01-01) on which the verification under each piece expires, NO_DAY where none does."""
    valid = _is_verified(evidence)
    found = np.where(valid, _days(evidence, "expires_on"), versions.NO_DAY)
    return np.asarray(found[evidence.network.road][evidence.pieces["edge"]])


def _verification(evidence: Evidence, mode: Mode) -> tuple[Bools, Ints]:
    """Say on which edges a verification holds for a mode, and of which day each is."""
    today = versions.day(evidence.as_of)
    verified, late = _days(evidence, "eo_as_of"), _days(evidence, "expires_on")
    holds = _is_verified(evidence) & (verified != versions.NO_DAY) & (verified <= today)
    holds &= (late == versions.NO_DAY) | (late >= today)
    holds &= _numbers(evidence, "eo_width_m") >= evidence.rules.width_m[mode]
    return holds[evidence.network.road], verified[evidence.network.road]


def _is_verified(evidence: Evidence) -> Bools:
    return np.asarray(np.isin(_said(evidence, "eo_status"), [EoStatus.verified.value, EoStatus.cleared.value]))


def _said(evidence: Evidence, name: str) -> NDArray[np.object_]:
    roads = evidence.network.roads
    if name not in roads:
        return np.full(len(roads), "", dtype=object)
    return np.array([str(one) if isinstance(one, str) else "" for one in roads[name]], dtype=object)


def _numbers(evidence: Evidence, name: str) -> Floats:
    roads = evidence.network.roads
    if name not in roads:
        return np.full(len(roads), np.nan)
    return pd.to_numeric(roads[name]).to_numpy(np.float64)


def _days(evidence: Evidence, name: str) -> Ints:
    roads = evidence.network.roads
    if name not in roads:
        return np.full(len(roads), versions.NO_DAY)
    return versions.days(roads[name])


def _of_source(evidence: Evidence, name: str) -> Floats:
    """Return a date of the source of each piece as days, NaN where there is none: it compares as false."""
    table = evidence.sources[name].to_numpy("datetime64[D]")
    found = np.where(np.isnat(table), np.nan, table.astype(np.int64).astype(np.float64))
    source = evidence.pieces["source"]
    return np.where(source >= 0, found[source], np.nan) if len(found) else np.full(len(source), np.nan)
