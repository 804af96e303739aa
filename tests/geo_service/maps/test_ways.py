"""Roads by evidence in tiles: what is drawn is what is known of every metre, and nobody unassessed is drawn as known."""

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely.geometry import LineString, Point, box

from geo_service.access import tokens
from geo_service.balance import view
from geo_service.clock import utc_now
from geo_service.tiles.build import WHOLE_FROM
from geo_service.tiles.shapes import EXTENT, projected
from geo_service.tiles.ways import FEW, ways_by_evidence
from layers import coverage
from layers.roads.classes import Evidenced, classes
from layers.roads.evidence import find
from layers.roads.rules import Mode
from tests.clients.test_map_browser import feature, load
from tests.geo_service.travel.conftest import served

sys.path[:0] = [str(Path(__file__).parents[1] / "tiles"), str(Path(__file__).parents[2] / "layers")]

from decoder import layers  # noqa: E402
from road_lines import network_of  # noqa: E402

ROAD = [(46.0, 39.005), (46.06, 39.005)]
GOOD = {"eo_status": "verified", "eo_as_of": "2021-03-01", "eo_width_m": 4.0, "expires_on": "2100-12-31"}


@pytest.fixture
def client(log):
    with served(log) as one:
        yield one


def fill(log):
    load(log, "districts", [feature(box(45.9, 38.9, 46.3, 39.3), "D", name="D")])
    hazard = {"classification": "CHA", "opened_on": "2020-01-01", "positional_accuracy_m": 5.0}
    load(log, "hazards", [feature(box(46.01, 39.0, 46.02, 39.01), "H", **hazard)])
    load(log, "surveys", [feature(box(46.04, 39.0, 46.05, 39.01), "S", surveyed_on="2021-01-01")])
    load(log, "roads", [
        feature(LineString(ROAD), "through", **{"class": "primary"}),
        feature(LineString([(46.0, 39.1), (46.06, 39.1)]), "verified", **GOOD),
        feature(LineString([(46.0, 39.2), (46.06, 39.2)]), "narrow", **GOOD | {"eo_width_m": 2.7}),
        feature(LineString([(46.0, 39.25), (46.06, 39.25)]), "closed", eo_status="closed"),
    ])  # fmt: skip


def tile_of(lon, lat, zoom):
    x, y = (projected(np.array([[lon, lat]]))[0] * (1 << zoom)).astype(int).tolist()
    return y, x


def ways(client, lon, lat, zoom=11, **times):
    row, column = tile_of(lon, lat, zoom)
    answer = client.get(f"/maps/ways/{zoom}/{row}/{column}", params=times)
    assert answer.status_code in {200, 204}, answer.text
    return layers(answer.content)["roads"].features if answer.content else []


def metres(features, zoom, column, row):
    """Metres by class, measured on the tile's own coordinates."""
    sums = {}
    for one in features:
        for path, _ in one.paths:
            x, y = (np.array(path, dtype=float) / EXTENT + (column, row)).T / (1 << zoom)
            lon, lat = x * 360 - 180, np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y))))
            name = one.properties["evidence"]
            sums[name] = sums.get(name, 0.0) + Geod(ellps="WGS84").line_length(lon, lat)
    return sums


def test_a_road_is_drawn_by_what_is_known_of_each_metre(log, client):
    fill(log)
    row, column = tile_of(46.03, 39.005, 9)  # the whole road lies in it
    found = [one for one in ways(client, 46.03, 39.005, zoom=9) if one.properties["id"] == "through"]
    service = client.app.state.service
    evidence = service.ways.at(
        view(service.snapshots, service.settings, service.clock), service.settings.routes
    ).evidence
    mine = evidence.network.of_road("id")[evidence.pieces["edge"]] == "through"
    kinds, lengths = classes(evidence, Mode.convoy)[mine], (evidence.pieces["end"] - evidence.pieces["begin"])[mine]
    drawn = metres(found, 9, column, row)
    assert set(drawn) == {"unsurveyed", "inside_buffer", "inside_hazard", "surveyed_no_evidence"}
    for name, length in drawn.items():
        assert length == pytest.approx(lengths[kinds == Evidenced[name]].sum(), abs=40), name  # a unit is 15 m
    # The worst lies on top, and each part says whose road it is.
    order = [Evidenced[one.properties["evidence"]] for one in found]
    assert order == sorted(order, reverse=True)
    assert {one.properties["class"] for one in found} == {"primary"}


def test_what_holds_for_one_vehicle_alone_is_not_shown_as_known(log, client):
    fill(log)
    shown = {one.properties["id"]: one.properties for y in (39.1, 39.2, 39.25) for one in ways(client, 46.03, y)}
    assert shown["verified"]["evidence"] == "verified"
    assert shown["narrow"]["evidence"] == "unsurveyed"  # wide enough for a car, not for a convoy
    assert (shown["closed"]["evidence"], shown["closed"]["closed"]) == ("closed", True)
    # Before it was verified it was not; after it expired it is not any more, and says so.
    load(log, "roads", [feature(LineString([(46.0, 39.1), (46.06, 39.1)]), "verified", valid_from="2021-01-01",
                                **GOOD | {"expires_on": "2021-12-31"})])  # fmt: skip
    (before,) = [
        one.properties for one in ways(client, 46.03, 39.1, as_of="2021-02-01") if one.properties["id"] == "verified"
    ]
    (after,) = [
        one.properties for one in ways(client, 46.03, 39.1, as_of="2022-02-01") if one.properties["id"] == "verified"
    ]
    assert (before["evidence"], before["expired"]) == ("unsurveyed", False)
    assert (after["evidence"], after["expired"]) == ("unsurveyed", True)


def test_tiles_of_roads_follow_records_and_rules_and_are_kept_until_then(log, client):
    fill(log)
    row, column = tile_of(46.03, 39.005, 11)
    place = f"/maps/ways/11/{row}/{column}"
    known = log.head().recorded_at.isoformat()
    pinned = {"as_of": "2022-01-01", "known_at": known, "rev": log.head().number}
    first = client.get(place, params=pinned)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert first.headers["Cache-Control"].endswith("no-cache")  # settings may change what it says
    assert client.get(place, params=pinned, headers=tag).status_code == 304
    log.set_setting("routes", {"buffer_m": 60})
    wider = client.get(place, params=pinned, headers=tag)
    assert wider.status_code == 200
    grown = metres(layers(wider.content)["roads"].features, 11, column, row)["inside_buffer"]
    assert grown > metres(layers(first.content)["roads"].features, 11, column, row)["inside_buffer"] + 60
    load(
        log,
        "incidents",
        [feature(Point(46.055, 39.005), "I", kind="accident", occurred_on="2021-06-01", location_accuracy_m=5.0)],
    )
    assert metres(ways(client, 46.03, 39.005), 11, column, row)["inside_buffer"] > grown
    assert client.get(place, params=pinned).content == wider.content  # what was known then stays so


def test_the_public_sees_no_roads_and_without_roads_the_map_offers_none(log, client):
    html = {"Accept": "text/html"}
    assert client.get("/maps/ways/0/0/0").status_code == 204
    assert '"roads"' not in client.get("/", headers=html).text.split('"evidence"')[0]
    fill(log)
    assert '"roads"' in client.get("/", headers=html).text.split('"evidence"')[0]
    assert ways(client, 46.03, 39.005, zoom=3)
    log.set_setting("public_access", value=True)
    tokens.create(log.tokens, utc_now, "somebody", "viewer")
    row, column = tile_of(46.03, 39.005, 11)
    assert client.get(f"/maps/ways/11/{row}/{column}").status_code == 401
    assert '"roads"' not in client.get("/", headers=html).text.split('"evidence"')[0]


@pytest.mark.parametrize(("place", "status"), [("11/0/9999999", 404), ("x/0/0", 400), ("30/0/0", 404)])
def test_a_place_that_is_none_is_refused(client, place, status):
    answer = client.get(f"/maps/ways/{place}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_of_many_roads_the_main_ones_are_drawn_from_afar_and_all_near_by():
    side, step = 146, 1e-3
    lines = [
        [(46 + x * step, 39 + y * step), (46 + x * step + 4e-4, 39 + y * step)]
        for x in range(side)
        for y in range(side)
    ]
    kinds = np.where(np.arange(len(lines)) % 100 == 0, "primary_link", "track")
    network = network_of(lines, {"class": kinds.tolist()})
    hazard = gpd.GeoDataFrame(
        {"id": ["A"], "classification": ["SHA"], "opened_on": ["2020-01-01"]},
        geometry=[box(45, 45, 45.1, 45.1)],
        crs=4326,
    )
    laid = ways_by_evidence(find(network, coverage.arrange(hazards=hazard), "2021-01-01"))
    assert len(laid.shapes) == len(lines) > FEW
    row, column = tile_of(46.07, 39.07, 9)
    far = layers(laid.tile(9, row, column, WHOLE_FROM))["roads"].features
    near = {one.properties["id"] for y in (0, 1) for x in (0, 1)
            if (body := laid.tile(10, 2 * row + y, 2 * column + x, WHOLE_FROM))
            for one in layers(body)["roads"].features}  # fmt: skip
    margin = 64 / EXTENT
    place = projected(shapely.get_coordinates(shapely.linestrings(lines))) * (1 << 9) - (column, row)
    inside = ((place > -margin) & (place < 1 + margin)).all(axis=1).reshape(-1, 2).any(axis=1)
    ids = np.array([f"R{k:03}" for k in range(len(lines))])
    assert {one.properties["id"] for one in far} == set(ids[inside & (kinds == "primary_link")])
    assert set(ids[((place > 0) & (place < 1)).all(axis=1).reshape(-1, 2).all(axis=1)]) <= near
    assert {one.properties["evidence"] for one in far} == {"unsurveyed"}
