"""What everybody may see: less than is recorded, never less hazard."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geo_service.access.public import FEWEST, FIELDS, HAZARD_CELL, INCIDENT_CELL, MOST_CELLS, counted, outward
from geo_service.app import create_app
from geo_service.store import open_store, restore
from layers.definitions import LAYERS

HIDDEN = "hidden-from-everybody"
CHA = {"classification": "CHA", "opened_on": "2019-03-04", "devices": ["AP_mine"], "evidence": HIDDEN}
SHAPE = shapely.Polygon([(46.0123, 39.0456), (46.0331, 39.0467), (46.0299, 39.0612), (46.0201, 39.0502)])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, features, upload):
    """A store with something of every layer, each carrying something that nobody else may see."""
    folder = tmp_path_factory.mktemp("recorded")
    secret = {"note": HIDDEN, "source": HIDDEN, "colour": HIDDEN}
    given = {
        "districts": (features(box(46, 39, 46.5, 39.5), name="West", **secret), {}),
        "hazards": (features(SHAPE, **secret, **CHA), {}),
        "releases": (features(box(46.02, 39.05, 46.03, 39.06), product="reduced", completed_on="2021-01-01", organisation=HIDDEN, **secret), {}),
        "surveys": (features(box(46.2, 39.2, 46.3, 39.3), surveyed_on="2021-01-01", method=HIDDEN, **secret), {}),
        "spots": (features(Point(46.1, 39.1), kind="item", found_on="2020-01-01", device="UXO", **secret), {}),
        "settlements": (features(Point(46.1, 39.2), name=HIDDEN, population_before=77_123, **secret), {}),
        "roads": (features(shapely.LineString([(46, 39), (46.1, 39.1)]), name=HIDDEN, **secret), {}),
        "incidents": (
            features(*(Point(46.1 + k / 10_000, 39.1) for k in range(6)), Point(46.4, 39.4), kind="accident",
                     occurred_on="2020-05-06", killed=1, activity=HIDDEN, device="UXO", **secret), {},
        ),
    }  # fmt: skip
    assert given.keys() == LAYERS.keys()
    with open_store(folder, create=True) as log:
        alone = TestClient(create_app(log, local=True), base_url="http://127.0.0.1", client=("127.0.0.1", 1))
        for layer, (content, values) in given.items():
            answer = upload(alone, content, layer, values)
            assert answer.status_code == 201, answer.text
            assert answer.json()["accepted"] == answer.json()["rows_read"], answer.text
        log.set_setting("public_access", value=True)
        log.backup(folder / "copy")
    return folder / "copy"


@pytest.fixture
def data(place, recorded):
    """A store that holds the same."""
    restore(recorded, place("data"))
    return place("data")


@pytest.fixture
def register(visit, give):
    """Somebody who may read all of it."""
    return visit(give("viewer", "reader"))


def asked(app):
    """Every address that answers GET, for every layer and form, and for the records in it."""
    for one in iter_route_contexts(app.routes):
        if "GET" not in (one.methods or ()):
            continue
        paths = {one.path.replace("{layer}", layer) for layer in LAYERS}
        for path in paths:
            for number in ("1", "2"):
                filled = path.replace("{changeset_id}", number)
                for query in (
                    "",
                    "?f=csv",
                    "?by=device",
                    "?limit=100&bbox=46,39,47,40",
                    "?from=2018-12-31&to=2021-12-31",
                    "?as_of=2020-06-01",
                ):
                    yield filled + query


def test_nothing_hidden_is_in_any_answer(register, app, visit, log):
    log.set_setting("public_requests_per_minute", 100_000)
    ids = {
        layer: [one["id"] for one in register.get(f"/collections/{layer}/items?limit=100").json()["features"]]
        for layer in LAYERS
    }
    unpublished = [one for layer in LAYERS if layer not in {"hazards", "districts"} for one in ids[layer]]
    public, answered = visit(), 0
    addresses = {
        filled for path in asked(app) for filled in
        ([path.replace("{record_id}", one) for layer in LAYERS for one in ids[layer] if f"/{layer}/" in path] if "{record_id}" in path else [path])
    }  # fmt: skip
    exact = [f"{part}" for xy in shapely.get_coordinates(SHAPE) for part in xy]
    for address in sorted(addresses):
        answer = public.get(address)
        text = answer.text
        assert answer.status_code in {200, 400, 401, 404, 422}, address
        answered += answer.status_code == 200
        if (
            answer.status_code != 200
            or address.partition("?")[0] == "/api"
            or address.partition("?")[0].endswith("/schema")
        ):
            continue
        assert HIDDEN not in text, address
        assert "AP_mine" not in text, address
        assert "77123" not in text, address
        assert not [one for one in unpublished if one in text], address
        assert not [part for part in exact if part in text], address
        assert "2020-05-06" not in text, address
    assert answered > 50


def test_what_is_published_and_what_is_not(register, visit):
    public = visit()
    for layer in LAYERS:
        status = public.get(f"/collections/{layer}/items").status_code
        assert status == (200 if layer in FIELDS else 401)
        assert register.get(f"/collections/{layer}/items").status_code == 200
    for layer in ("hazards", "districts", "incidents"):
        page = public.get(f"/collections/{layer}/items").json()
        assert page["features"]
        for one in page["features"]:
            assert set(one["properties"]) <= set(FIELDS[layer])
            again = public.get(f"/collections/{layer}/items/{one['id']}").json()
            assert (again["properties"], again["geometry"]) == (one["properties"], one["geometry"])


def test_published_hazards_hold_the_recorded(register, visit):
    found = visit().get("/collections/hazards/items").json()["features"][0]
    shape = shapely.geometry.shape(found["geometry"])
    assert shape.covers(SHAPE)
    assert shape.area > SHAPE.area
    assert found["properties"] == {
        "id": found["id"], "valid_from": "2019-03-04", "classification": "CHA", "opened_on": "2019-03-04",
        "status": "open", "state": "partly_released",
    }  # fmt: skip


def test_a_box_finds_by_what_is_published(register, visit):
    """Else somebody could feel along the recorded boundary with ever smaller boxes."""
    published = shapely.geometry.shape(visit().get("/collections/hazards/items").json()["features"][0]["geometry"])
    _, south, east, _ = published.bounds
    corner = f"{east - 1e-4},{south + 1e-4},{east - 5e-5},{south + 2e-4}"
    assert published.intersects(box(*map(float, corner.split(","))))
    assert not SHAPE.intersects(box(*map(float, corner.split(","))))
    assert visit().get("/collections/hazards/items", params={"bbox": corner}).json()["numberMatched"] == 1
    assert register.get("/collections/hazards/items", params={"bbox": corner}).json()["numberMatched"] == 0


def test_a_later_version_is_published_as_it_is(register, visit, give, upload, features):
    public = visit()
    address = "/collections/hazards/items"
    first = public.get(address).json()["features"][0]
    bigger = box(46, 39, 46.2, 39.2)
    content = features(bigger, id0=first["id"])
    values = {**CHA, "valid_from": "2024-01-01", "change": "survey"}
    assert upload(visit(give("editor")), content, given=values).json()["accepted"] == 1
    now, then = public.get(address).json(), public.get(address, params={"as_of": "2023-12-31"}).json()
    assert shapely.geometry.shape(now["features"][0]["geometry"]).covers(bigger)
    assert then["features"][0]["geometry"] == first["geometry"]


def test_few_incidents_are_not_shown_and_no_dates_are_compared(register, visit):
    public = visit()
    page = public.get("/collections/incidents/items").json()
    assert [one["properties"]["count"] for one in page["features"]] == [6]
    assert page["numberMatched"] == 1
    assert public.get("/collections/incidents/items", params={"as_of": "2020-05-05"}).status_code == 401
    known = register.get("/changesets/1").json()["recorded_at"]
    assert public.get("/collections/incidents/items", params={"known_at": known}).status_code == 401
    # Pages go on at the moment that they began at.
    same = {"as_of": page["as_of"], "known_at": page["known_at"]}
    assert public.get("/collections/incidents/items", params=same).status_code == 200
    assert public.get("/collections/hazards/items", params={"as_of": "2020-05-05"}).json()["numberMatched"] == 1


def test_the_public_map_opens_and_a_browser_can_sign_in(register, visit, give):
    page = visit().get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "AP_mine" not in page.text
    assert '"hazards"' in page.text
    for text in (page.text, visit().get("/collections/hazards/items").json()["notice"]):
        assert "No recorded hazard is not absence of hazard" in text
        assert "drawn outward" in text
    assert "drawn outward" not in visit(give("viewer", "other")).get("/", headers={"Accept": "text/html"}).text
    assert visit().get("/login").status_code == 401
    answer = visit(give("viewer")).get("/login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_no_cache_confuses_the_public_with_others(register, visit):
    address = "/collections/hazards/items"
    full, public = register.get(address), visit().get(address)
    assert full.headers["etag"] != public.headers["etag"]
    for answer in (full, public):
        assert "private" in answer.headers["cache-control"]
        assert {"Authorization", "X-API-Key"} <= {one.strip() for one in answer.headers["vary"].split(",")}
    assert visit().get(address, headers={"If-None-Match": full.headers["etag"]}).status_code == 200
    assert visit().get(address, headers={"If-None-Match": public.headers["etag"]}).status_code == 304
    one = f"{address}/{full.json()['features'][0]['id']}"
    assert register.get(one).headers["etag"] != visit().get(one).headers["etag"]


def test_without_the_setting_nobody_sees_anything(register, visit, log):
    log.set_setting("public_access", value=False)
    assert visit().get("/collections/hazards/items").status_code == 401
    assert visit().get("/").status_code == 401


def test_an_empty_register_is_published_as_empty(place, visit):
    with open_store(place("empty"), create=True) as log:
        log.set_setting("public_access", value=True)
        public = visit(on=create_app(log))
        for layer in FIELDS:
            assert public.get(f"/collections/{layer}/items").json()["features"] == []
        assert public.get("/").status_code == 200


def near(places, scale):
    """Numbers about a place, some of them on the grid's very lines."""
    return st.one_of(
        st.floats(-scale, scale).map(lambda d: places + d),
        st.integers(-3, 3).map(lambda k: (round(places * 256) + k) / 256),
    )


@st.composite
def polygons(draw):
    x, y = draw(st.floats(-179, 179)), draw(st.floats(-85, 85))
    scale = draw(st.sampled_from([1e-6, 1e-3, 0.02, 0.4]))
    count = draw(st.integers(3, 12))
    ring = [(draw(near(x, scale)), draw(near(y, scale))) for _ in range(count)]
    shape = shapely.make_valid(shapely.Polygon(ring))
    parts = [one for one in shapely.get_parts(shape) if one.geom_type == "Polygon" and one.area > 0]
    return shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0] if parts else box(x, y, x + 1e-5, y + 1e-5)


@given(polygons())
def test_generalised_ground_holds_the_recorded_and_lies_on_the_grid(shape):
    (made,) = outward([shape])
    assert made.covers(shape)
    assert made.is_valid
    corners = shapely.get_coordinates(made) / HAZARD_CELL
    assert np.array_equal(corners, np.round(corners))
    west, south, east, north = made.bounds
    assert west <= shape.bounds[0] <= west + 1
    assert (east - west) * (north - south) / HAZARD_CELL**2 <= 4 * MOST_CELLS or shape.area > 0.01


@given(polygons())
def test_it_tells_no_more_than_the_cells(shape):
    """A hazard elsewhere in the same cells is published as the very same ground."""
    (made,) = outward([shape])
    (again,) = outward([made.buffer(-1e-9)])
    assert again.equals(made)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60))
def test_counts_are_right_or_not_there(places):
    points = [Point((c + 0.5) * INCIDENT_CELL, (r + 0.3) * INCIDENT_CELL) for c, r in places]
    frame = gpd.GeoDataFrame({"id": [str(k) for k in range(len(points))]}, geometry=points, crs="EPSG:4326")
    found = counted(frame)
    expected = {(c, r): places.count((c, r)) for c, r in places}
    assert sorted(found["count"]) == sorted(n for n in expected.values() if n >= FEWEST)
    for cell, count in zip(found.geometry, found["count"], strict=True):
        assert sum(cell.covers(one) for one in points) == count
    assert json.loads(found.to_json())["features"] is not None
