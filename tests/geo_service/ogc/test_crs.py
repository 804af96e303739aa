"""Part 2, by the ids of the standard's abstract tests: coordinates against pyproj, axes by authority."""

import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer
from shapely.geometry import box, shape

from layers.definitions import LAYERS
from tests.geo_service.ogc.cases import CRS84, EPSG

CODES = [4326, 3857, 32638, 32639]
HOME = "/collections/hazards/items"


def test_fc_md_crs_list_and_crs_uri(reading):
    for layer in LAYERS:
        body = reading.get(f"/collections/{layer}").json()
        assert body["crs"] == [CRS84, *(EPSG.format(code) for code in CODES)]
        assert body["storageCrs"] == CRS84


@pytest.mark.parametrize("layer", list(LAYERS))
@pytest.mark.parametrize("code", CODES)
def test_crs_of_coordinates_within_a_millimetre(reading, layer, code):
    uri = EPSG.format(code)
    answer = reading.get(f"/collections/{layer}/items", params={"crs": uri, "limit": 100})
    assert answer.headers["content-crs"] == f"<{uri}>"
    plain = reading.get(f"/collections/{layer}/items", params={"limit": 100}).json()["features"]
    change = Transformer.from_crs("OGC:CRS84", code)
    tolerance = 0.001 if code != 4326 else 1e-9
    for one, other in zip(answer.json()["features"], plain, strict=True):
        xy = shapely.get_coordinates(shape(other["geometry"]))
        there = np.column_stack(change.transform(xy[:, 0], xy[:, 1]))
        assert np.abs(shapely.get_coordinates(shape(one["geometry"])) - there).max() <= tolerance
        assert one["properties"] == other["properties"]
    own = reading.get(f"/collections/{layer}/items/{plain[0]['id']}", params={"crs": uri})
    assert own.headers["content-crs"] == f"<{uri}>"
    assert own.json()["geometry"] == answer.json()["features"][0]["geometry"]


def test_4326_is_latitude_first(reading):
    geometry = reading.get(HOME, params={"crs": EPSG.format(4326), "limit": 1}).json()["features"][0]["geometry"]
    assert shape(geometry).bounds == pytest.approx((39, 46, 39.005, 46.005))


@pytest.mark.parametrize("uri", ["EPSG:3857", "urn:ogc:def:crs:EPSG::3857", EPSG.format(3857), "[EPSG:3857]"])
def test_a_system_has_several_names(reading, uri):
    assert reading.get(HOME, params={"crs": uri}).headers["content-crs"] == f"<{EPSG.format(3857)}>"


@pytest.mark.parametrize("name", ["crs", "bbox-crs", "filter-crs"])
@pytest.mark.parametrize(
    "uri", ["http://www.opengis.net/def/crs/EPSG/0/2154", "x", "", "http://example.org/def/crs/EPSG/0/4326"]
)
def test_a_system_that_is_not_offered_is_400(reading, name, uri):
    answer = reading.get(HOME, params={name: uri, "bbox": "46,39,47,40"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["place"] == name


@pytest.mark.parametrize("code", CODES)
def test_bbox_crs_selects_the_same_records(reading, code):
    there = Transformer.from_crs("OGC:CRS84", code)
    for around in (box(46.03, 39.01, 46.09, 39.03), box(45.9, 38.9, 46.3, 39.2)):
        bounds = shapely.transform(around, lambda xy: np.column_stack(there.transform(xy[:, 0], xy[:, 1]))).bounds
        text = ",".join(map(repr, bounds))
        found = reading.get(HOME, params={"bbox": text, "bbox-crs": EPSG.format(code), "limit": 100}).json()["features"]
        plain = reading.get(HOME, params={"bbox": ",".join(map(str, around.bounds)), "limit": 100}).json()["features"]
        assert [one["id"] for one in found] == [one["id"] for one in plain]
        assert plain


@pytest.mark.parametrize("code", CODES)
def test_filter_crs(reading, code):
    there = Transformer.from_crs("OGC:CRS84", code)
    around = box(46.03, 39.01, 46.09, 39.03)
    moved = shapely.transform(
        shapely.segmentize(around, 0.01), lambda xy: np.column_stack(there.transform(xy[:, 0], xy[:, 1]))
    )
    text = f"S_INTERSECTS(geometry, {shapely.to_wkt(moved, rounding_precision=-1)})"
    found = reading.get(HOME, params={"filter": text, "filter-crs": EPSG.format(code), "limit": 100}).json()
    plain = reading.get(HOME, params={"bbox": ",".join(map(str, around.bounds)), "limit": 100}).json()
    assert [one["id"] for one in found["features"]] == [one["id"] for one in plain["features"]]


def test_a_store_offers_more_systems_by_a_setting(filled):
    filled.app.state.service.log.set_setting("crs", ["EPSG:32640"])
    uri = EPSG.format(32640)
    assert uri in filled.get("/collections/hazards").json()["crs"]
    assert filled.get(HOME, params={"crs": uri}).status_code == 200
    assert CRS.from_epsg(32640).is_projected


def test_a_box_far_from_where_its_system_holds_is_refused_or_empty(reading):
    answer = reading.get(HOME, params={"bbox": "1e30,1e30,2e30,2e30", "bbox-crs": EPSG.format(32638)})
    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or answer.json()["numberMatched"] == 0
