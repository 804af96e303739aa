"""The law: the balance is what an independent count of cells says it is.

For any history of hazards, releases, surveys and districts, on any date, as known at any moment, in every district,
class and device profile: the states, the overlap, what waits for QC, what was released without a record and every line
of the ledger equal those of `counter.Counter`, which reads domain.md on its own. Opening and lines make the closing;
the closing is the partition; the certificate says so. And the record's form does not matter: polygons split, doubled,
densified, turned or in another order are the same ground.

Examples are the same on every run. `CLEARWAY_EXAMPLES=20` looks at twenty times as many (then raise --timeout too).
"""

import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from counter import LEDGER_COLUMNS, LINES, MEASURES, OPEN, STATES, Counter, Scenario
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from scenarios import (
    CELL_M,
    DAY_BEFORE_EVERYTHING,
    LAST_DAY,
    Frames,
    cut_in_two,
    dates,
    densified,
    frames,
    in_other_order,
    in_parts,
    knowledge,
    one_in,
    periods,
    scenarios,
    with_doubles,
)

from layers import coverage

# A counterexample is made small for up to five minutes before it is shown; that is worth waiting for.
pytestmark = pytest.mark.timeout(900)

M2 = pytest.approx  # figures of the implementation are sums of floats
CLASSES = (*OPEN, "total")
ORIGINS = ((0.0, 0.0), (-3111.0, -2048.0), (412_345.5, 4_406_777.25))
TOLERANCE_M2 = 1e-3  # a cell is 490,000 m²; a face wrongly booked is never smaller


def examples(number: int) -> settings:
    """Deterministic, and as many as asked for."""
    return settings(
        max_examples=max(1, int(number * float(os.environ.get("CLEARWAY_EXAMPLES", "1")))),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


# What the implementation says, in the counter's shape


def text(value: Any) -> str | None:
    """The district id or profile of a row; none is the whole."""
    return None if value is None or pd.isna(value) else str(value)


def same(said: Mapping[str, Any], counted: Mapping[str, int], names: Iterable[str], where: str) -> None:
    """Every figure equals the counter's."""
    for name in names:
        assert said[name] == M2(counted[name], abs=TOLERANCE_M2, rel=0), f"{where}: {name}"


def check_partition(
    arrangement: coverage.Arrangement,
    counter: Counter,
    as_of: date,
    known_at: datetime | None,
    *,
    by_device: bool,
    hazards_open: bool = True,
) -> None:
    """The implementation's partition is the counter's, row by row, and in total."""
    counted = counter.partition(as_of, by_device=by_device)
    by = ("district", "device") if by_device else ("district",)
    table = arrangement.partition(as_of, known_at=known_at, by=by)
    names = ["area_m2", *STATES, *MEASURES, *(["hazards_open"] if hazards_open else [])]
    nothing = dict.fromkeys([*names, "hazards_open"], 0)
    said = {(str(row["district_id"]), str(row["device"]) if by_device else ""): row for row in table.to_dict("records")}
    assert len(said) == len(table), "a row per district (and profile)"
    where = f"as of {as_of}, known at {known_at}, by {by}"
    for key in {*said, *(key for key in counted if key[0] is not None)}:
        same(said.get(key, nothing), counted.get(key, nothing), names, f"{where}, {key}")
    same(
        table.attrs["total"],
        counter.partition(as_of)[None, ""],
        names,
        f"{where}, in total",
    )
    # Every district in force is a row, named as its version in force; without districts the outside is the only one.
    boundaries = counter.boundaries(as_of)
    assert {id_ for id_, _ in said} - {""} == set(boundaries), where
    for (id_, _), row in said.items():
        if id_:
            assert row["district"] == boundaries[id_]["name"], where
    if not counter.districts:
        assert {id_ for id_, _ in said} == {""}, where
    certificate = table.attrs["certificate"]
    failed = [check for check in certificate["checks"] if not check["passed"]]
    if counter.ground_in_two_districts(as_of):
        assert failed, where
        assert not certificate["passed"], where
    else:
        assert failed == [], where
        assert certificate["passed"], where


def check_ledger(
    arrangement: coverage.Arrangement,
    counter: Counter,
    period: tuple[date, date],
    known_at: datetime | None,
    *,
    by_device: bool,
) -> None:
    """The implementation's ledger is the counter's, line by line, and balances."""
    # The rows of the whole are three, whatever the districts' are divided by.
    counted = {key: row for key, row in counter.ledger(*period).items() if key[0] is None}
    counted |= {key: row for key, row in counter.ledger(*period, by_device=by_device).items() if key[0] is not None}
    by = ("district", "device") if by_device else ("district",)
    table = arrangement.ledger(*period, known_at=known_at, by=by)
    said = {}
    for row in table.to_dict("records"):
        id_ = text(row["district_id"])
        profile = text(row["device"]) if by_device else None
        assert by_device is False or (profile is None) == (id_ is None)
        said[id_, profile or "", row["class"]] = row
    assert len(said) == len(table), "a row per district (and profile) and class"
    where = f"{period[0]} to {period[1]}, known at {known_at}, by {by}"
    nothing = dict.fromkeys(LEDGER_COLUMNS, 0)
    for key in {*said, *counted}:
        same(said.get(key, nothing), counted.get(key, nothing), LEDGER_COLUMNS, f"{where}, {key}")
    for key, row in said.items():
        assert row["closing"] == M2(row["opening"] + sum(row[line] for line in LINES), abs=TOLERANCE_M2, rel=0), (
            f"{where}, {key}: opening and lines make the closing"
        )
    for district_id in (None,) if by_device else (None, *counter.boundaries(period[1])):
        for class_ in CLASSES:
            assert (district_id, "", class_) in said, f"{where}: a row per district and class"
    assert table.attrs["certificate"]["passed"], where


def check_closing(arrangement: coverage.Arrangement, period: tuple[date, date], known_at: datetime | None) -> None:
    """The ledger's closing is the partition at its end, in every district and class."""
    ledger = arrangement.ledger(*period, known_at=known_at)
    partition = arrangement.partition(period[1], known_at=known_at)
    rows = {str(row["district_id"]): row for row in partition.to_dict("records")}
    rows |= {None: partition.attrs["total"]}
    for row in ledger.to_dict("records"):
        states = OPEN if row["class"] == "total" else (row["class"],)
        there = rows.get(text(row["district_id"]), dict.fromkeys(OPEN, 0))
        assert row["closing"] == M2(sum(there[state] for state in states), abs=TOLERANCE_M2, rel=0)


def arranged(data: st.DataObject, scenario: Scenario, **form: Any) -> coverage.Arrangement:
    """The scenario through the implementation, somewhere on the plane."""
    origin = data.draw(st.sampled_from(ORIGINS), label="origin")
    layers: Frames = frames(scenario, origin=origin, none_for_empty=data.draw(st.booleans()), **form)
    return coverage.arrange(*layers)


# The law


@examples(63)
@given(st.data())
def test_every_partition_is_the_counted_one(data):
    scenario = data.draw(scenarios())
    arrangement = arranged(data, scenario)
    for known_at in (None, data.draw(knowledge(scenario), label="known_at")):
        counter = Counter(scenario, known_at)
        check_partition(
            arrangement, counter, data.draw(dates, label="as_of"), known_at, by_device=data.draw(st.booleans())
        )
        check_partition(arrangement, counter, LAST_DAY, known_at, by_device=False)
    check_partition(arrangement, counter, DAY_BEFORE_EVERYTHING, known_at, by_device=False)


@examples(63)
@given(st.data())
def test_every_line_of_every_ledger_is_the_counted_one(data):
    scenario = data.draw(scenarios())
    arrangement = arranged(data, scenario)
    period = data.draw(periods, label="period")
    for known_at in (None, data.draw(knowledge(scenario), label="known_at")):
        counter = Counter(scenario, known_at)
        for by_device in (False, True):
            check_ledger(arrangement, counter, period, known_at, by_device=by_device)
        check_ledger(
            arrangement,
            counter,
            (DAY_BEFORE_EVERYTHING, LAST_DAY),
            known_at,
            by_device=data.draw(st.booleans()),
        )
        check_closing(arrangement, period, known_at)


@examples(30)
@given(st.data())
def test_without_districts_the_ground_is_one_row(data):
    scenario = data.draw(scenarios(with_districts=False))
    arrangement = arranged(data, scenario)
    counter = Counter(scenario)
    as_of = data.draw(dates, label="as_of")
    check_partition(arrangement, counter, as_of, None, by_device=False)
    check_ledger(arrangement, counter, (DAY_BEFORE_EVERYTHING, as_of), None, by_device=False)


@examples(20)
@given(st.data())
def test_a_period_is_the_sum_of_its_parts(data):
    scenario = data.draw(scenarios(with_districts=False))  # boundaries of one day for both parts
    arrangement = arranged(data, scenario)
    (start, middle), end = data.draw(periods, label="period"), LAST_DAY + timedelta(days=10)

    def lines(t0: date, t1: date) -> pd.DataFrame:
        ledger = arrangement.ledger(t0, t1)
        whole = ledger[ledger["district_id"].isna()].set_index("class")
        return whole.loc[list(CLASSES), [*LINES, "released_without_line_m2"]]

    difference = lines(start, middle) + lines(middle, end) - lines(start, end)
    assert difference.abs().to_numpy().max() < TOLERANCE_M2


# The record's form does not matter


def check_same(
    arrangement: coverage.Arrangement, counter: Counter, as_of: date, known_at: datetime | None = None, **but: Any
) -> None:
    """The partition and the whole ledger are those that the counter found for another form of the record."""
    check_partition(arrangement, counter, as_of, known_at, by_device=False, **but)
    check_ledger(arrangement, counter, (DAY_BEFORE_EVERYTHING, as_of), known_at, by_device=True)


@examples(20)
@given(st.data())
def test_rows_in_another_order(data):
    scenario = data.draw(scenarios())
    arrangement = arranged(data, in_other_order(data.draw, scenario))
    known_at = data.draw(knowledge(scenario), label="known_at")
    check_same(arrangement, Counter(scenario, known_at), data.draw(dates, label="as_of"), known_at)


@pytest.mark.parametrize("reshape", [in_parts, densified])
@examples(13)
@given(data=st.data())
def test_polygons_in_parts_or_with_more_vertices(reshape, data):
    scenario = data.draw(scenarios())
    arrangement = arranged(data, scenario, reshape=reshape)
    check_same(arrangement, Counter(scenario), data.draw(dates, label="as_of"))


@examples(20)
@given(st.data())
def test_records_doubled_change_the_overlap_alone(data):
    scenario = data.draw(scenarios())
    ids = sorted({v["id"] for v in (*scenario.hazards, *scenario.releases, *scenario.surveys)})
    doubled = with_doubles(scenario, data.draw(st.sets(st.sampled_from(ids), min_size=1), label="doubled"))
    once, twice = Counter(scenario), Counter(doubled)
    as_of = data.draw(dates, label="as_of")
    # The law itself, by the counter: states and lines as before, whatever overlap and number of hazards became.
    for key, row in once.partition(as_of).items():
        same(twice.partition(as_of)[key], row, ["area_m2", *STATES, "pending_qc_m2"], "doubled")
    assert twice.ledger(DAY_BEFORE_EVERYTHING, as_of) == once.ledger(DAY_BEFORE_EVERYTHING, as_of)
    check_same(arranged(data, doubled), twice, as_of)


@examples(20)
@given(st.data())
def test_records_cut_in_two(data):
    scenario = data.draw(scenarios())
    ids = sorted({v["id"] for v in (*scenario.hazards, *scenario.releases)})
    width = max(i for i, _ in scenario.areas)
    cut = cut_in_two(scenario, data.draw(st.sampled_from(ids)), data.draw(st.integers(1, width)))
    if cut is None:
        note("a version lies on one side only")
        return
    once, in_two = Counter(scenario), Counter(cut)
    as_of = data.draw(dates, label="as_of")
    for key, row in once.partition(as_of).items():
        same(in_two.partition(as_of)[key], row, ["area_m2", *STATES, *MEASURES], "cut in two")
    check_same(arranged(data, cut), in_two, as_of)


@examples(20)
@given(st.data())
def test_ground_turned_by_any_angle(data):
    """Edges off the axes: rounding leaves slivers, which may count a hazard as open but never a square metre."""
    scenario = data.draw(scenarios())
    turned = data.draw(st.sampled_from((30.0, 45.0, 61.8, 147.3)), label="degrees")
    arrangement = arranged(data, scenario, turned=turned)
    check_same(arrangement, Counter(scenario), data.draw(dates, label="as_of"), hazards_open=False)


# The counter itself


@examples(30)
@given(st.data())
def test_the_counter_balances_and_looks_at_every_day(data):
    scenario = data.draw(scenarios())
    counter = Counter(scenario, data.draw(knowledge(scenario)))
    t0, t1 = data.draw(periods)
    ledger = counter.ledger(t0, t1, by_device=data.draw(st.booleans()))
    for row in ledger.values():
        assert row["closing"] == row["opening"] + sum(row[line] for line in LINES)
    if data.draw(one_in(3)):
        assert counter.ledger(t0, t1) == counter.ledger(t0, t1, every_day=True)
    closing = counter.partition(t1)
    lines = counter.ledger(t0, t1)
    for key, row in closing.items():
        for class_ in OPEN:
            assert lines.get((*key, class_), dict.fromkeys(LEDGER_COLUMNS, 0))["closing"] == row[class_]
        assert sum(row[state] for state in STATES) == row["area_m2"]
    profiles = counter.partition(t1, by_device=True)
    for name in ("area_m2", *STATES, *MEASURES):
        parts = sum(row[name] for (id_, _), row in profiles.items() if id_ is None)
        assert parts == closing[None, ""][name]


def test_the_scenarios_reach_every_state_and_line():
    """A strategy that never releases anything would prove nothing: each figure must come up now and then."""
    seen: dict[tuple[str, str], int] = {
        **{("state", name): 0 for name in (*STATES, *MEASURES)},
        **{("line", name): 0 for name in (*LINES, "released_without_line_m2")},
        ("ground in", "two districts"): 0,
    }

    @examples(150)
    @given(scenarios())
    def look(scenario):
        counter = Counter(scenario)
        partition = counter.partition(LAST_DAY)[None, ""]
        ledger = counter.ledger(DAY_BEFORE_EVERYTHING, LAST_DAY)
        for name in (*STATES, *MEASURES):
            seen["state", name] += partition[name] != 0
        for name in (*LINES, "released_without_line_m2"):
            seen["line", name] += any(row[name] for row in ledger.values())
        seen["ground in", "two districts"] += counter.ground_in_two_districts(LAST_DAY) != 0

    look()
    assert min(seen.values()) >= 3, seen


def test_a_cell_is_as_large_as_it_says():
    scenario = Scenario({(0, 0): CELL_M**2})
    assert Counter(scenario).partition(LAST_DAY)[None, ""]["area_m2"] == 0  # nothing recorded, no district: no ground
