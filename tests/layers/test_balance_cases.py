"""Each rule of domain.md sections 4 and 5 by itself: counter and implementation answer as worked out by hand."""

import pytest
from balance_case import LETTERS, M2, STRIP, Case, on
from counter import LINES, STATES, Counter
from ledger_cases import LEDGER_CASES
from scenarios import frames
from state_cases import STATE_CASES

from layers import coverage

CASES = [*STATE_CASES, *LEDGER_CASES]
BEFORE, AFTER = on(-30), on(31)


def written(states: str) -> dict[str, str]:
    return {cell: LETTERS[letter] for cell, letter in zip(STRIP, states, strict=True)}


def wanted_lines(case: Case) -> dict[str, int]:
    lines = dict.fromkeys(LINES, 0) | (case.lines or {})
    return {line: cells * M2 for line, cells in lines.items()} | {"released_without_line_m2": case.unbooked * M2}


def in_m2(figures: dict[str, int]) -> dict[str, int]:
    return {name: count if name == "hazards_open" else count * M2 for name, count in figures.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_the_counter_answers_as_worked_out_by_hand(case):
    counter = Counter(case.scenario, case.known_at)
    for day, states in case.states.items():
        ground = {cell: counter.ground((i, 0), on(day)).state for i, cell in enumerate(STRIP)}
        assert ground == written(states), f"day {day}"
    for day, figures in case.figures.items():
        total = counter.partition(on(day))[None, ""]
        assert {name: total[name] for name in figures} == in_m2(figures), f"day {day}"
    if case.lines is None:
        return
    rows = counter.ledger(BEFORE, AFTER)
    total = rows.get((None, "", "total"), {})
    assert {line: total.get(line, 0) for line in wanted_lines(case)} == wanted_lines(case)
    for (class_, line), cells in case.by_class.items():
        assert rows[None, "", class_][line] == cells * M2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_coverage_answers_as_worked_out_by_hand(case):
    arrangement = coverage.arrange(*frames(case.scenario, origin=(-1000.0, 1500.0)))
    for day, states in case.states.items():
        table = arrangement.partition(on(day), known_at=case.known_at).set_index("district_id")
        ground = {cell: [s for s in STATES if abs(table.loc[cell, s] - M2) < 1e-3] for cell in STRIP}
        assert ground == {cell: [state] for cell, state in written(states).items()}, f"day {day}"
    for day, figures in case.figures.items():
        total = arrangement.partition(on(day), known_at=case.known_at).attrs["total"]
        assert {name: total[name] for name in figures} == pytest.approx(in_m2(figures), abs=1e-3), f"day {day}"
    if case.lines is None:
        return
    ledger = arrangement.ledger(BEFORE, AFTER, known_at=case.known_at)
    whole = ledger[ledger["district_id"].isna()].set_index("class")
    assert {line: whole.loc["total", line] for line in wanted_lines(case)} == pytest.approx(
        wanted_lines(case), abs=1e-3
    )
    for (class_, line), cells in case.by_class.items():
        assert whole.loc[class_, line] == pytest.approx(cells * M2, abs=1e-3)
