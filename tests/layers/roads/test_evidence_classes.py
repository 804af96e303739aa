"""What the facts of a piece mean to a traveller, and the laws: clearing never worsens, adding never improves."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from road_lines import network_of

from layers import coverage
from layers.roads.classes import HARD, Evidenced, allowed, classes, closed, expired, expires, lifted
from layers.roads.evidence import find
from layers.roads.rules import Mode, Rules

DAY = "2021-06-01"
AREA = shapely.box(46.01, 39.0, 46.02, 39.01)
ROAD = [(46.0, 39.005), (46.03, 39.005)]
BESIDE = [(46.0, 39.0102), (46.03, 39.0102)]  # some 22 m north of the area
FAR = [(46.0, 39.1), (46.03, 39.1)]
GOOD = {"eo_status": "verified", "eo_as_of": "2021-03-01", "eo_width_m": 4.0, "expires_on": "2021-12-31"}


def hazard(classification="SHA", opened_on="2020-01-01", ground=AREA, accuracy=5.0, **said):
    columns = {"id": ["A"], "classification": classification, "opened_on": opened_on, "positional_accuracy_m": accuracy}
    return gpd.GeoDataFrame({**columns, **said}, geometry=[ground], crs=4326)


def release(product="cleared", completed_on="2020-06-01", ground=AREA, **said):
    columns = {"id": ["C"], "product": product, "completed_on": completed_on}
    if product == "cleared":
        columns |= {"qc_status": "passed", "qc_on": completed_on}
    return gpd.GeoDataFrame({**columns, **said}, geometry=[ground], crs=4326)


def survey(ground=AREA, surveyed_on="2020-06-01"):
    return gpd.GeoDataFrame({"id": ["S"], "surveyed_on": [surveyed_on]}, geometry=[ground], crs=4326)


def accident(lon, lat, occurred_on="2020-08-01", accuracy=1.0):
    columns = {"id": ["I"], "kind": "accident", "occurred_on": occurred_on, "location_accuracy_m": accuracy}
    return gpd.GeoDataFrame(columns, geometry=[shapely.Point(lon, lat)], crs=4326)


def spot(lon, lat, **said):
    columns = {"id": ["P"], "found_on": "2020-08-01"}
    return gpd.GeoDataFrame({**columns, **said}, geometry=[shapely.Point(lon, lat)], crs=4326)


def found(road=ROAD, said=None, rules=None, day=DAY, **records):
    network = network_of([road], {name: [value] for name, value in (said or {}).items()})
    return find(network, coverage.arrange(**records), day, rules)


def names(evidence, mode=Mode.car):
    """The classes along the road, one after another."""
    kinds = classes(evidence, mode)
    return [Evidenced(k).name for place, k in enumerate(kinds.tolist()) if not place or kinds[place - 1] != k]


def test_nothing_recorded_is_unsurveyed():
    evidence = found(hazards=hazard(ground=shapely.box(47, 39, 47.01, 39.01)))
    assert names(evidence) == ["unsurveyed"]
    assert len(evidence.pieces) == 1
    assert not expired(evidence).any()


def test_a_road_through_a_hazard():
    evidence = found(hazards=hazard())
    assert names(evidence) == ["unsurveyed", "inside_buffer", "inside_hazard", "inside_buffer", "unsurveyed"]
    assert not allowed(evidence, Mode.car)[classes(evidence, Mode.car) <= HARD].any()


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        ({"surveys": survey()}, "surveyed_no_evidence"),
        ({"releases": release("cancelled")}, "released_cancelled"),
        ({"releases": release("reduced")}, "released_reduced"),
        ({"releases": release("cleared")}, "released_cleared"),
        ({"releases": release("cleared"), "hazards": hazard()}, "released_cleared"),
        ({"releases": release("reduced"), "hazards": hazard("CHA")}, "released_reduced"),
        ({"surveys": survey(), "releases": release("cancelled")}, "released_cancelled"),
    ],
)
def test_ground_gives_its_class(records, kind):
    assert names(found(**records)) == ["unsurveyed", kind, "unsurveyed"]


@pytest.mark.parametrize(
    ("change", "mode", "lifts"),
    [
        ({}, Mode.car, True),
        ({}, Mode.convoy, True),
        ({"eo_width_m": 3.0}, Mode.convoy, False),
        ({"eo_width_m": 3.0}, Mode.bus, True),
        ({"eo_width_m": None}, Mode.car, False),
        ({"eo_as_of": None}, Mode.car, False),
        ({"eo_as_of": "2019-12-31"}, Mode.car, False),  # older than the hazard
        ({"eo_as_of": "2020-01-01"}, Mode.car, True),  # of the day it was opened
        ({"expires_on": "2021-05-31"}, Mode.car, False),
        ({"expires_on": DAY}, Mode.car, True),
        ({"expires_on": None}, Mode.car, True),
        ({"eo_status": "cleared"}, Mode.car, True),
        ({"eo_status": "not_assessed"}, Mode.car, False),
        ({"eo_status": "restricted"}, Mode.car, False),
    ],
)
def test_a_verification_lifts_suspected_ground_and_its_buffer(change, mode, lifts):
    said = GOOD | change
    evidence = found(said=said, hazards=hazard())
    kinds = names(evidence, mode)
    if lifts:
        assert kinds == ["verified"]
        barred = np.diff(evidence.barring) > 0
        assert (lifted(evidence, mode) == barred).all()
        assert barred.any()
    else:
        assert "inside_hazard" in kinds
        assert not lifted(evidence, mode).any()


def test_a_verification_lifts_the_buffer_of_confirmed_ground_but_never_the_ground():
    assert names(found(said=GOOD, hazards=hazard("CHA"))) == ["verified", "inside_hazard", "verified"]
    assert names(found(BESIDE, GOOD, hazards=hazard("CHA"))) == ["verified"]
    assert "inside_buffer" in names(found(BESIDE, hazards=hazard("CHA")))


def test_a_later_survey_of_the_hazard_asks_for_a_new_verification():
    rows = hazard(valid_from="2020-01-01", change="survey")
    later = hazard(valid_from="2021-04-01", change="survey", note="seen again")
    correction = hazard(valid_from="2021-04-01", change="correction", note="a typing error")
    for second, kinds in ((later, "inside_hazard"), (correction, "verified")):
        both = gpd.GeoDataFrame(gpd.pd.concat([rows, second], ignore_index=True), crs=4326)
        assert kinds in names(found(said=GOOD, hazards=both))
        assert ("verified" in names(found(said=GOOD, hazards=both, day="2021-03-31"))) is True


def test_an_expired_verification_says_so_and_leaves_what_the_ground_says():
    said = GOOD | {"expires_on": "2021-05-31"}
    evidence = found(said=said, surveys=survey())
    assert names(evidence) == ["unsurveyed", "surveyed_no_evidence", "unsurveyed"]
    assert expired(evidence).all()
    assert not expired(found(said=said, surveys=survey(), day="2021-05-31")).any()
    held = found(said=GOOD, surveys=survey())
    assert not expired(held).any()
    assert (expires(held).astype("datetime64[D]") == np.datetime64("2021-12-31")).all()


@pytest.mark.parametrize(
    ("said", "mode", "shut"),
    [
        ({"eo_status": "closed"}, Mode.car, True),
        ({"eo_status": "closed", "eo_width_m": 9.0}, Mode.foot, True),
        ({"eo_status": "restricted"}, Mode.foot, True),
        ({"eo_status": "restricted", "eo_width_m": 2.0}, Mode.car, True),
        ({"eo_status": "restricted", "eo_width_m": 2.5}, Mode.car, False),
        ({"eo_status": "restricted", "eo_width_m": 2.5}, Mode.bus, True),
        ({"eo_status": "not_assessed"}, Mode.car, False),
    ],
)
def test_closed_and_restricted_roads(said, mode, shut):
    evidence = found(FAR, said, hazards=hazard())
    assert names(evidence, mode) == (["closed"] if shut else ["unsurveyed"])
    assert closed(evidence, mode).all() == shut
    # Open ground is worse than a closed road, and a closed road than a buffer.
    through = names(found(ROAD, said, hazards=hazard()), mode)
    assert "inside_hazard" in through
    assert ("inside_buffer" in through) != shut


def test_cleared_ground_lifts_the_buffer_of_its_neighbour():
    neighbour = hazard(ground=shapely.box(46.02, 39.0, 46.025, 39.01))
    for product, kind in (("cleared", "released_cleared"), ("reduced", "released_reduced")):
        evidence = found(hazards=neighbour, releases=release(product))
        kinds = names(evidence)
        assert kind in kinds
        assert ("inside_buffer" in kinds[: kinds.index("inside_hazard")]) == (product == "reduced")
        assert lifted(evidence, Mode.car).any() == (product == "cleared")


@pytest.mark.parametrize(
    ("completed_on", "ground", "bars"),
    [
        ("2020-06-01", AREA, True),  # cleared before the accident
        ("2020-08-01", AREA, False),
        ("2020-09-01", AREA, False),
        ("2020-09-01", shapely.box(46.01, 39.0, 46.014, 39.01), True),  # elsewhere
    ],
)
def test_an_accident_bars_until_its_place_is_cleared(completed_on, ground, bars):
    evidence = found(releases=release("cleared", completed_on, ground), incidents=accident(46.015, 39.005))
    assert ("inside_buffer" in names(evidence)) == bars
    assert len(evidence.points) == bars


def test_other_products_lift_no_accident():
    evidence = found(releases=release("reduced", "2020-09-01"), incidents=accident(46.015, 39.005))
    assert "inside_buffer" in names(evidence)


def test_cleared_ground_beside_an_accident_lifts_its_buffer_only_if_it_is_not_older():
    """The accident lies outside what was cleared, the road inside."""
    beside = accident(46.015, 39.0051)
    for completed_on, bars in (("2020-06-01", True), ("2020-09-01", False)):
        strip = shapely.box(46.0, 39.0045, 46.03, 39.00505)
        evidence = found(releases=release("cleared", completed_on, strip), incidents=beside)
        assert ("inside_buffer" in names(evidence)) == bars
        assert lifted(evidence, Mode.car).any() == (not bars)


@pytest.mark.parametrize(
    ("disposition", "bars"), [("in_place", True), (None, True), ("removed", False), ("destroyed", False)]
)
def test_spots_bar_while_they_are_in_place(disposition, bars):
    evidence = found(
        hazards=hazard(ground=shapely.box(47, 39, 47.01, 39.01)), spots=spot(46.015, 39.005, disposition=disposition)
    )
    assert ("inside_buffer" in names(evidence)) == bars


def test_a_later_accident_asks_for_a_new_verification():
    for occurred_on, bars in (("2021-03-01", False), ("2021-03-02", True)):
        evidence = found(said=GOOD, hazards=hazard(), incidents=accident(46.025, 39.005, occurred_on))
        assert ("inside_buffer" in names(evidence)) == bars


def test_accuracy_that_is_not_stated_is_the_worst():
    """10 + 2 * sqrt(100^2 + 10^2) + 3 m."""
    evidence = found(
        hazards=hazard(ground=shapely.box(47, 39, 47.01, 39.01)), incidents=accident(46.015, 39.005, accuracy=None)
    )
    piece = evidence.pieces[evidence.pieces["point"] == 0][0]
    assert piece["end"] - piece["begin"] == pytest.approx(2 * (13 + 2 * np.hypot(100, 10)), abs=0.1)


def test_on_foot_only_verified_roads_and_cleared_ground_that_was_handed_over():
    assert not allowed(found(surveys=survey()), Mode.foot).any()
    assert allowed(found(said=GOOD, surveys=survey()), Mode.foot).all()
    for handed_over_on, walks in (("2021-06-01", True), ("2021-06-02", False), (None, False)):
        evidence = found(releases=release(handed_over_on=handed_over_on))
        cleared = classes(evidence, Mode.foot) == Evidenced.released_cleared
        assert cleared.any()
        assert (allowed(evidence, Mode.foot) == (cleared & walks)).all()
        assert allowed(evidence, Mode.car).all()


# Laws


def star(draw, reach=0.003):
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    turn = np.sort(rng.uniform(0, 2 * np.pi, 7))
    out = reach * rng.uniform(0.2, 1, 7)
    x, y = 46 + rng.uniform(0, 0.012), 39 + rng.uniform(0, 0.012)
    polygon = shapely.Polygon(np.column_stack([x + out * np.cos(turn), y + out * np.sin(turn)]))
    return shapely.make_valid(polygon, method="structure", keep_collapsed=False)


@st.composite
def grounds(draw):
    """A few records of every kind, all in force."""
    some = draw(st.integers(1, 3))
    hazards = gpd.GeoDataFrame(
        {
            "id": [f"A{k}" for k in range(some)],
            "classification": [draw(st.sampled_from(["SHA", "CHA"])) for _ in range(some)],
            "opened_on": "2020-03-01",
            "positional_accuracy_m": [draw(st.sampled_from([5.0, 30.0])) for _ in range(some)],
        },
        geometry=[star(draw) for _ in range(some)],
        crs=4326,
    )
    many = draw(st.integers(1, 3))
    products = [draw(st.sampled_from(["cancelled", "reduced", "cleared"])) for _ in range(many)]
    releases = gpd.GeoDataFrame(
        {
            "id": [f"C{k}" for k in range(many)],
            "product": products,
            "completed_on": [draw(st.sampled_from(["2020-02-01", "2020-05-01", "2020-12-01"])) for _ in range(many)],
            "qc_status": "passed",
            "qc_on": "2020-12-02",
        },
        geometry=[star(draw, 0.005) for _ in range(many)],
        crs=4326,
    )
    point = star(draw).centroid
    incidents = accident(point.x, point.y, draw(st.sampled_from(["2020-01-15", "2020-08-01"])))
    surveys = survey(star(draw, 0.006))
    return {"hazards": hazards, "releases": releases, "surveys": surveys, "incidents": incidents}


def more(frame, row):
    return gpd.GeoDataFrame(gpd.pd.concat([frame, row], ignore_index=True), crs=4326)


LINES = [[(45.998, 39.001), (46.006, 39.009), (46.014, 39.004)], [(46.001, 39.013), (46.004, 39.006), (46.013, 38.999)]]
SAID = {"eo_status": ["verified", "not_assessed"], "eo_as_of": ["2020-10-01", None], "eo_width_m": [4.0, None]}


def by_metre(records):
    """Classes at every metre of two roads, one of them verified, and whether the place is by a turn of a class."""
    evidence = find(network_of(LINES, SAID), coverage.arrange(**records), DAY, Rules())
    kinds, rows, edges = classes(evidence, Mode.car), [], []
    for edge in range(len(LINES)):
        mine = np.flatnonzero(evidence.pieces["edge"] == edge)
        begin = evidence.pieces["begin"][mine]
        at = np.arange(0.5, evidence.network.length[edge], 1.0)
        rows.append(kinds[mine[np.searchsorted(begin, at, side="right") - 1]])
        edges.append(np.abs(at[:, None] - begin[None, :]).min(axis=1) < 0.01)
    return np.concatenate(rows), np.concatenate(edges)


@settings(max_examples=13)
@given(grounds(), st.data())
def test_clearing_never_worsens_and_adding_never_improves(records, data):
    before, edge = by_metre(records)
    ground = star(data.draw, 0.006)
    after, other = by_metre(records | {"releases": more(records["releases"], release("cleared", "2021-01-01", ground))})
    assert (after >= before)[~(edge | other)].all()
    opened_on = data.draw(st.sampled_from(["2020-03-01", "2021-05-01"]))
    after, other = by_metre(records | {"hazards": more(records["hazards"], hazard("SHA", opened_on, ground))})
    assert (after <= before)[~(edge | other)].all()
    point = ground.centroid
    found_ = accident(point.x, point.y)
    found_["id"] = "J"
    after, other = by_metre(records | {"incidents": more(records["incidents"], found_)})
    assert (after <= before)[~(edge | other)].all()


@settings(max_examples=13)
@given(grounds())
def test_what_no_record_covers_is_never_reported_as_surveyed(records):
    """Better than unsurveyed is only what lies in a survey or release polygon, or on the verified road."""
    evidence = find(network_of(LINES, SAID), coverage.arrange(**records), DAY)
    covered = shapely.union_all([*records["releases"].geometry, *records["surveys"].geometry])
    kinds = classes(evidence, Mode.car)
    for piece, kind in zip(evidence.pieces, kinds, strict=True):
        low, high = evidence.network.first[piece["edge"] : piece["edge"] + 2]
        at = np.linspace(piece["begin"], piece["end"], 7)[1:-1]
        xy = [np.interp(at, evidence.network.along[low:high], evidence.network.lonlat[low:high, k]) for k in (0, 1)]
        if kind > Evidenced.unsurveyed and piece["edge"] == 1:
            assert shapely.covers(covered.buffer(1e-9), shapely.points(*xy)).all()
        assert (kind == Evidenced.verified) <= (piece["edge"] == 0)


@settings(max_examples=13)
@given(grounds())
def test_lengths_of_the_classes_sum_to_the_road(records):
    evidence = find(network_of(LINES, SAID), coverage.arrange(**records), DAY)
    for mode in Mode:
        metres = np.bincount(
            classes(evidence, mode), weights=evidence.pieces["end"] - evidence.pieces["begin"], minlength=9
        )
        assert metres.sum() == pytest.approx(evidence.network.length.sum(), rel=1e-12)
