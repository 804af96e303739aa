"""One class, one store: over a network and without a server it answers the same."""

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from geo_service.client import MapPage, State, segments
from layers.definitions import LAYERS

DAY, KNOWN = "2024-12-31", "2025-02-01T00:00:00Z"


def first(frame, name="id"):
    return frame[name].iloc[0]


def between(cw):
    """A site where people wait and a settlement that they come from."""
    frame = cw.settlements()
    site = frame[frame.kind == "displacement_site"]
    return first(site if len(site) else frame), frame["id"].iloc[-1]


READS = {
    **{layer: lambda cw, layer=layer: getattr(cw, layer)() for layer in LAYERS},
    "a layer by name, of a date": lambda cw: cw.items("hazards", as_of=DAY, known_at=KNOWN),
    "a box": lambda cw: cw.hazards(bbox=cw.districts().iloc[[0]]),
    "a filter": lambda cw: cw.hazards(
        filter="classification = 'CHA'", sortby="-opened_on", properties=["id", "devices"]
    ),
    "a value": lambda cw: cw.hazards(classification="SHA", as_of=DAY),
    "another system": lambda cw: cw.districts(crs=3857),
    "versions": lambda cw: cw.versions("hazards", first(cw.hazards())),
    "coverage": lambda cw: cw.coverage(as_of=DAY),
    "coverage by device": lambda cw: cw.coverage(by=["district", "device"]),
    "ground": lambda cw: cw.ground(as_of=DAY),
    "ledger": lambda cw: cw.ledger("2022-12-31", DAY, known_at=KNOWN),
    "timeline": lambda cw: cw.timeline("2022-12-31", DAY, step="quarter"),
    "restatement": lambda cw: cw.restatement(as_of="2022-12-31", known_at="2023-02-01T00:00:00Z"),
    "overlaps": lambda cw: cw.overlaps(as_of=DAY),
    "attention": lambda cw: cw.attention(),
    "routes": lambda cw: cw.routes(*between(cw)),
    "segments": lambda cw: segments(cw.routes(*between(cw))),
    "planning": lambda cw: cw.routes(*between(cw), planning=True),
    "access": lambda cw: cw.access(as_of=DAY),
    "changesets": lambda cw: cw.changesets(),
    "a report": lambda cw: cw.changeset(4).report,
    "a diff": lambda cw: cw.changeset(5).diff(),
    "a history": lambda cw: cw.changeset(5).history(),
    "anything": lambda cw: pd.DataFrame(cw.get("/coverage", as_of=DAY)["rows"]),
}


@pytest.mark.parametrize("name", READS)
def test_answers_are_the_same_with_a_server_and_without(remote, local, name):
    one, two = READS[name](remote), READS[name](local)
    assert type(one) is type(two)
    if isinstance(one, gpd.GeoDataFrame):
        assert_geodataframe_equal(one, two)
    else:
        assert_frame_equal(one, two)
    assert one.attrs == two.attrs


def test_state_map_and_plain_answers_are_the_same(remote, local):
    one, two = remote.state(as_of=DAY), local.state(as_of=DAY)
    assert isinstance(one, State)
    assert {k: v for k, v in vars(one).items() if k != "age"} == {k: v for k, v in vars(two).items() if k != "age"}
    assert isinstance(remote.map(), MapPage)
    assert remote.map(as_of=DAY).html == local.map(as_of=DAY).html
    assert remote.get("/collections/hazards/items", f="csv") == local.get("/collections/hazards/items", f="csv")
    asked = {"teams": 4, "rate_m2": 500, "time_limit_s": 0}
    one, two = remote.priorities(**asked), local.priorities(**asked)
    assert_frame_equal(one, two)
    assert one.attrs["value"] == two.attrs["value"]
    pairs = {"origins": [[46.1, 39.2]], "destinations": [[46.7, 39.6]]}
    assert remote.post("/routes/matrix", pairs) == local.post("/routes/matrix", pairs)


def test_frames_hold_what_the_service_says(local):
    frame = local.hazards(as_of=DAY)
    said = local.get("/collections/hazards/items", as_of=DAY, limit=1000)
    assert frame["id"].tolist() == [one["id"] for one in said["features"]]
    assert frame["devices"].tolist() == [one["properties"]["devices"] for one in said["features"]]
    days = [one["properties"]["opened_on"] for one in said["features"]]
    assert frame["opened_on"].dt.strftime("%Y-%m-%d").tolist() == days
    assert frame.attrs["as_of"] == said["as_of"] == DAY
    assert (frame.attrs["known_at"], frame.attrs["revision"]) == (said["known_at"], said["revision"])
    assert (frame.attrs["notice"], frame.attrs["synthetic"]) == (said["notice"], True)
    assert frame.crs.to_epsg() == 4326
    found = local.coverage(as_of=DAY)
    answer = local.get("/coverage", as_of=DAY)
    assert found.to_dict("records") == answer["rows"]
    assert found.attrs["total"] == answer["total"]
    assert found.attrs["certificate"]["passed"]


def test_pages_are_put_together(local, monkeypatch):
    """A small page stands for a large one: each is asked for behind the last record of the one before."""
    whole = local.districts()
    assert len(whole) > 8
    monkeypatch.setattr("geo_service.client.records.PAGE", 3)
    for wanted in (1, 3, 7, len(whole), len(whole) + 5):
        assert_geodataframe_equal(local.districts(limit=wanted), whole.iloc[:wanted])
    assert local.districts(limit=7).attrs == whole.attrs
    turned = local.districts(sortby="-id", limit=7)
    assert turned["id"].tolist() == whole["id"].tolist()[::-1][:7]
    assert len(local.changesets(limit=3)) == 3
    assert local.changesets()["id"].tolist() == list(range(len(local.changesets()), 0, -1))


def test_an_empty_layer_has_its_columns(fresh):
    for layer, about in LAYERS.items():
        frame = fresh.items(layer)
        assert len(frame) == 0
        assert set(about.names) <= set(frame.columns)
        assert frame.attrs["revision"] == 0
    assert fresh.changesets().empty


def test_the_map_needs_nothing_and_runs_apart(local, tmp_path):
    page = local.map(as_of=DAY, height=300)
    shown = page._repr_html_()
    assert shown.startswith('<iframe sandbox="allow-scripts" ')
    assert shown.count("<") == 2, "the page inside is an attribute's text"
    assert "http://" not in page.html.replace("http://www.w3.org/", "")[:2_000]
    assert "SYNTHETIC" in page.html
    assert page.save(tmp_path / "map.html").read_bytes() == page.html.encode()


def test_what_a_notebook_shows_says_how_old_it_is(local, remote):
    shown = local._repr_html_()
    for text in ("SYNTHETIC", "open, CHA", "hazards open", "days ago", "No recorded hazard is not absence of hazard"):
        assert text in shown
    assert "cw_" not in repr(remote) + remote._repr_html_()
    total = local.coverage().attrs["total"]
    assert local.state().open_m2 == {"CHA": total["CHA"], "SHA": total["SHA"]}
    assert local.state().hazards_open == total["hazards_open"]


def test_an_opened_store_may_be_used_after_the_name_is_gone(register):
    from geo_service.client import Clearway

    layer = Clearway.open(register.folder).hazards
    assert len(layer()) > 0


def test_places_may_be_named(local):
    frame = local.settlements()
    one, two = frame.iloc[0], frame.iloc[-1]
    point = two.geometry.representative_point() if two.geometry.geom_type != "Point" else two.geometry
    named = local.routes(one["id"], two["id"])
    assert_geodataframe_equal(named, local.routes(one.geometry, (point.x, point.y)))
    with pytest.raises(ValueError, match=r"origin: no settlement in force is called 'Nowhere'"):
        local.routes("Nowhere", two["id"])
    with pytest.raises(ValueError, match=r"destination: a place is"):
        local.routes(one["id"], (1, 2, 3))
