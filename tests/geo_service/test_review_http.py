"""Review over HTTP: what would change is shown before it does, and changes by exactly that."""

import datetime as dt
import json
import math

import geopandas as gpd
import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box, mapping, shape

from geo_service import balance
from geo_service.access import tokens
from geo_service.app import create_app
from geo_service.attention import LOOKED_AT, looked_at
from geo_service.changesets import Upload, receive
from geo_service.clock import utc_now
from geo_service.differences import BALANCED, COUNTED, MEASURED, difference
from geo_service.nearby import with_new
from geo_service.reversal import reverse
from geo_service.settings import Settings
from geo_service.store import open_store
from geo_service.store.log import Draft
from geo_service.store.snapshot import Snapshots
from layers.coverage import arrange
from layers.definitions import LAYERS
from layers.versions import in_force, typed

TODAY = utc_now().date()


def feature(shape, identifier, **properties):
    return {"type": "Feature", "id": identifier, "geometry": mapping(shape), "properties": properties}


def written(*rows):
    return orjson.dumps({"type": "FeatureCollection", "features": list(rows)})


def hazard(identifier, west, south, size=0.02, **more):
    values = {"classification": "SHA", "opened_on": "2020-01-01", **more}
    return feature(box(west, south, west + size, south + size), identifier, **values)


def load(log, layer, *rows, author="ana", submit=True):
    upload = Upload(layer, written(*rows), "a.geojson", author)
    received = receive(log, Snapshots(log), upload, utc_now, submit=submit)
    assert received.draft.rejected == 0, received.draft.problems
    return received.changeset


def districts(log):
    load(
        log,
        "districts",
        feature(box(46, 39, 46.1, 39.1), "D1", name="West"),
        feature(box(46.1, 39, 46.2, 39.1), "D2", name="East"),
    )


def person(app, log, name, role):
    _, text = tokens.create(log.tokens, utc_now, name, role)
    return TestClient(
        app,
        base_url="http://127.0.0.1:8000",
        headers={"Authorization": f"Bearer {text}"},
        raise_server_exceptions=False,
    )


@pytest.fixture
def log(data):
    with open_store(data, create=True) as one:
        yield one


@pytest.fixture
def people(log):
    """Ana, who edits, and Ben, who reviews, at a store where review is on."""
    log.set_setting("review", value=True)
    app = create_app(log)
    ana, ben = person(app, log, "ana", "editor"), person(app, log, "ben", "reviewer")
    with ana:
        yield ana, ben


def post(client, content, layer="hazards", name="a.geojson", **form):
    return client.post("/changesets", files={"file": (name, content)}, data={"layer": layer, **form})


def figures(rows):
    return {row["district_id"]: row for row in rows}


def assert_same(expected, found):
    for name in MEASURED:
        assert math.isclose(found[name], expected[name], rel_tol=0, abs_tol=1e-3), (name, found[name], expected[name])
    for name in COUNTED:
        assert found[name] == expected[name], (name, found[name], expected[name])


def assert_balance(shown, before, after):
    """What was shown of the balance is what coverage answered before and answers after, row by row."""
    rows = figures(shown["rows"])
    for answer, side in ((before, "before"), (after, "after")):
        for place, row in figures(answer["rows"]).items():
            assert_same(row, rows[place][side])
        for place in rows.keys() - figures(answer["rows"]).keys():
            assert not any(rows[place][side].values())
        assert_same(answer["total"], shown["total"][side])
    for row in [*shown["rows"], shown["total"]]:
        assert_same({name: row["after"][name] - row["before"][name] for name in (*MEASURED, *COUNTED)}, row["change"])


def test_upload_question_report_diff_submit_approve_by_another(log, people):
    ana, ben = people
    districts_ = written(feature(box(46, 39, 46.1, 39.1), "D1", name="West"))
    one = post(ana, districts_, "districts").json()
    assert ben.post(f"/changesets/{one['id']}/approve").status_code == 200
    # A question first: nothing is kept until it is answered.
    table = b'id,classification,opened_on,wkt\nH1,SHA,2020-01-01,"POLYGON((46.02 39.02,46.05 39.02,46.05 39.05,46.02 39.02))"\nH2,CHA,2020-01-01,\n'
    asked = post(ana, table, name="h.csv")
    assert asked.status_code == 422
    assert asked.json()["errors"][0]["choices"]
    sent = post(ana, table, name="h.csv", crs="EPSG:4326", submit="false")
    body = sent.json()
    assert (sent.status_code, body["state"], body["author"]) == (201, "draft", "ana")
    assert (body["rows_read"], body["accepted"], body["rejected"]) == (2, 1, 1)
    report = ana.get(f"/changesets/{body['id']}/report").json()["report"]
    assert [line["row"] for line in report if line["level"] == "error"] == [2]
    place = f"/changesets/{body['id']}"
    before = ana.get("/coverage").json()
    shown = ana.get(f"{place}/diff").json()
    assert (shown["type"], shown["counts"]) == ("FeatureCollection", {"added": 1, "changed": 0, "removed": 0})
    (added,) = shown["features"]
    assert (added["properties"]["diff"], added["properties"]["before"], added["geometry_before"]) == (
        "added",
        None,
        None,
    )
    assert added["properties"]["m2_after"] > 0
    # Draft, submitted, approved - by somebody else, who has the right to.
    assert ben.post(f"{place}/approve").status_code == 409
    assert ana.post(f"{place}/submit").json()["state"] == "submitted"
    assert ana.post(f"{place}/approve").status_code == 403
    assert ana.get("/coverage").json()["total"] == before["total"]
    approved = ben.post(f"{place}/approve").json()
    assert (approved["state"], approved["reviewed_by"]) == ("approved", "ben")
    after = ana.get("/coverage").json()
    assert_balance(shown["balance"], before, after)
    assert after["total"]["SHA"] > before["total"]["SHA"]
    # The diff of what was approved stays what it was.
    again = ana.get(f"{place}/diff").json()
    assert again["features"] == shown["features"]
    assert_balance(again["balance"], before, after)
    steps = ana.get(f"{place}/history").json()["history"]
    assert [(one["step"], one["actor"]) for one in steps] == [
        ("received", "ana"),
        ("submitted", "ana"),
        ("approved", "ben"),
    ]
    assert log.check() == []


def test_records_that_somebody_changed_meanwhile_are_named_and_reads_have_tags(log, people):
    ana, ben = people
    waiting = post(ana, written(hazard("H", 46.02, 39.02), hazard("N", 46.06, 39.02))).json()
    place = f"/changesets/{waiting['id']}"
    assert ana.get(f"{place}/diff").json()["changed_since"] == []
    other = post(ana, written(hazard("H", 46.02, 39.02, 0.03))).json()
    ben.post(f"/changesets/{other['id']}/approve")
    shown = ana.get(f"{place}/diff")
    assert shown.json()["changed_since"] == ["H"]
    assert [one["properties"]["diff"] for one in shown.json()["features"]] == ["changed", "added"]
    assert "got a version from somebody else" in ben.get(f"/maps/review/{waiting['id']}").text
    for address in (
        f"{place}/diff",
        place,
        f"{place}/history",
        f"{place}/report",
        f"{place}/report?f=csv",
        "/changesets",
    ):
        tag = ana.get(address).headers["etag"]
        assert ana.get(address, headers={"If-None-Match": tag}).status_code == 304
    ben.post(f"{place}/reject")
    assert ana.get(place, headers={"If-None-Match": tag}).status_code == 200


def test_nobody_approves_their_own_even_as_a_reviewer(log, people):
    _, ben = people
    body = post(ben, written(hazard("H", 46.02, 39.02))).json()
    answer = ben.post(f"/changesets/{body['id']}/approve")
    assert answer.status_code == 403
    assert "somebody other than the author" in answer.json()["detail"]
    assert ben.post(f"/changesets/{body['id']}/reject").json()["state"] == "rejected"


def test_a_changed_record_is_shown_before_and_after(log, people):
    ana, ben = people
    ben.post(f"/changesets/{post(ana, written(hazard('H', 46.02, 39.02))).json()['id']}/approve")
    more = {"valid_from": "2021-01-01", "change": "survey", "devices": ["AP_mine"]}
    grown = post(ana, written(hazard("H", 46.02, 39.02, 0.03, **more, classification="CHA"))).json()
    (change,) = ana.get(f"/changesets/{grown['id']}/diff").json()["features"]
    told = change["properties"]
    assert (told["diff"], told["valid_from"]) == ("changed", "2021-01-01")
    assert set(told["changed"]) == {"classification", "devices", "geometry"}
    assert (told["before"]["classification"], told["after"]["classification"]) == ("SHA", "CHA")
    assert told["m2_after"] == pytest.approx(2.25 * told["m2_before"], rel=1e-3)
    assert change["geometry_before"] != change["geometry"]
    gone = post(
        ana, written(hazard("H", 46.02, 39.02, valid_from="2021-01-01", status="withdrawn", change="correction"))
    )
    (change,) = ana.get(f"/changesets/{gone.json()['id']}/diff").json()["features"]
    assert (change["properties"]["diff"], change["properties"]["m2_after"]) == ("removed", 0.0)
    assert ana.get(f"/changesets/{gone.json()['id']}/diff", params={"limit": 0}).json()["features"] == []
    assert ana.get(f"/changesets/{gone.json()['id']}/diff", params={"as_of": "2999-01-01"}).status_code == 422
    page = ana.get(f"/changesets/{gone.json()['id']}/diff", params={"f": "html"}, follow_redirects=False)
    assert page.headers["location"].endswith(f"/maps/review/{gone.json()['id']}")


def test_a_reversal_restores_what_was_in_force(log, people):
    ana, ben = people
    ben.post(f"/changesets/{post(ana, written(hazard('H', 46.02, 39.02))).json()['id']}/approve")
    before = ana.get("/coverage").json()["total"]
    more = {"valid_from": "2021-01-01", "change": "survey", "classification": "CHA"}
    wrong = post(ana, written(hazard("H", 46.02, 39.02, 0.03, **more), hazard("N", 46.06, 39.06))).json()
    assert ana.post(f"/changesets/{wrong['id']}/reverse").status_code == 409  # not approved yet
    ben.post(f"/changesets/{wrong['id']}/approve")
    assert ana.get("/coverage").json()["total"] != before
    made = ana.post(f"/changesets/{wrong['id']}/reverse", json={"message": "wrong file"})
    assert (made.status_code, made.json()["state"]) == (201, "submitted")
    assert made.json()["message"] == f"Reverses changeset {wrong['id']}: wrong file"
    kinds = {
        one["id"]: one["properties"]["diff"] for one in ana.get(f"{made.headers['location']}/diff").json()["features"]
    }
    assert kinds == {"H": "changed", "N": "removed"}
    assert ben.post(f"{made.headers['location']}/approve").status_code == 200
    assert ana.get("/coverage").json()["total"] == before
    assert set(log.history("hazards", "H")["change"]) == {"survey", "correction"}
    # There is nothing left to reverse, and the record stays whole.
    assert ana.post(f"/changesets/{wrong['id']}/reverse").status_code == 409
    assert log.check() == []


def test_a_reversal_leaves_what_was_changed_since(log, people):
    ana, ben = people
    first = post(ana, written(hazard("A", 46.02, 39.02), hazard("B", 46.06, 39.02))).json()
    ben.post(f"/changesets/{first['id']}/approve")
    later = post(
        ana, written(hazard("A", 46.02, 39.02, valid_from="2022-01-01", change="survey", classification="CHA"))
    ).json()
    ben.post(f"/changesets/{later['id']}/approve")
    made = ana.post(f"/changesets/{first['id']}/reverse").json()
    assert (made["versions"], made["unchanged"]) == (1, 1)
    report = ana.get(f"/changesets/{made['id']}/report").json()["report"]
    assert [(line["id"], line["code"]) for line in report] == [("A", "changed_since")]


def test_a_mapping_is_remembered_per_source_and_never_over_an_explicit_one(client):
    def rows(k):
        return written(feature(box(46 + k, 39, 46.1 + k, 39.1), f"D{k}", shapeName=f"Place {k}", other=f"Other {k}"))

    first = post(client, rows(0), "districts", mapping=json.dumps({"name": "shapeName"})).json()
    assert (first["mapping"]["name"], first["remembered"]) == ("shapeName", {})
    second = post(client, rows(1), "districts").json()
    assert (second["accepted"], second["mapping"]["name"], second["remembered"]) == (
        1,
        "shapeName",
        {"name": "shapeName"},
    )
    assert "mapping_remembered" in {line["code"] for line in second["report"]}
    third = post(client, rows(2), "districts", mapping=json.dumps({"name": "other"})).json()
    assert (third["mapping"]["name"], third["remembered"]) == ("other", {})
    names = [one["properties"]["name"] for one in client.get("/collections/districts/items").json()["features"]]
    assert names == ["Place 0", "Place 1", "Other 2"]
    # Other columns are another source: nothing is carried over.
    other = post(client, written(feature(box(49, 39, 49.1, 39.1), "D9", shapeName="x", more=1)), "districts").json()
    assert (other["accepted"], other["remembered"]) == (0, {})


def test_the_words_of_a_source_are_remembered_and_may_be_said_anew(client):
    def rows(k):
        return written(hazard(f"H{k}", 46 + k / 10, 39, classification="grade 7"))

    assert post(client, rows(0)).json()["accepted"] == 0
    said = json.dumps({"words": {"classification": {"grade 7": "CHA"}}})
    assert post(client, rows(1), answers=said).json()["words"] == {"classification": {"grade 7": "CHA"}}
    again = post(client, rows(2)).json()
    assert again["accepted"] == 1
    assert any("grade 7 -> CHA" in line["message"] for line in again["report"] if line["code"] == "mapping_remembered")
    anew = json.dumps({"word.classification.grade 7": "SHA"})
    assert post(client, rows(3), answers=anew).json()["words"] == {"classification": {"grade 7": "SHA"}}
    found = client.get("/collections/hazards/items").json()["features"]
    assert {one["id"]: one["properties"]["classification"] for one in found} == {"H1": "CHA", "H2": "CHA", "H3": "SHA"}


CELL = 0.01


def proposed(log, layer, rows):
    """Keep records as a draft, as they would come out of a file."""
    shapes = [shape(row["geometry"]) for row in rows]
    frame = gpd.GeoDataFrame([{"id": row["id"], **row["properties"]} for row in rows], geometry=shapes, crs="EPSG:4326")
    new = typed(frame, LAYERS[layer])
    return log.append(
        Draft(layer=layer, author="ana", message="", versions=new, rows_read=len(new), accepted=len(new)), submit=False
    )


@st.composite
def records(draw, kinds=("hazards", "releases", "surveys", "districts", "incidents")):
    """A file of some records, on a coarse grid so that they meet."""
    layer = draw(st.sampled_from(kinds))
    rows = []
    for k in range(draw(st.integers(1, 3))):
        x, y = 46 + CELL * draw(st.integers(0, 6)), 39 + CELL * draw(st.integers(0, 4))
        ground = box(x, y, x + CELL * draw(st.integers(1, 4)), y + CELL * draw(st.integers(1, 4)))
        day = dt.date(2020, 1, 1) + dt.timedelta(days=draw(st.integers(0, 1500)))
        more = {"valid_from": day.isoformat(), "withdrawn": draw(st.booleans()) and k > 0}
        identifier = f"{layer[0].upper()}{draw(st.integers(0, 3))}"
        if layer == "hazards":
            more |= {"classification": draw(st.sampled_from(["SHA", "CHA"])), "opened_on": "2020-01-01",
                     "change": "correction", "devices": draw(st.sampled_from([["AP_mine"], ["UXO"], ["unknown"]]))}  # fmt: skip
        elif layer == "releases":
            more |= {"product": draw(st.sampled_from(["cleared", "reduced", "cancelled"])), "completed_on": day.isoformat(),
                     "qc_status": "not_required", "change": "correction"}  # fmt: skip
        elif layer == "surveys":
            more |= {"surveyed_on": day.isoformat()}
        elif layer == "districts":
            more |= {"name": identifier}
        else:
            ground, more = Point(x, y), more | {"kind": "accident", "occurred_on": day.isoformat()}
        rows.append(feature(ground, identifier, **more))
    return layer, rows


@settings(max_examples=10, phases=(Phase.explicit, Phase.generate))
@given(st.lists(records(), min_size=2, max_size=6))
def test_the_balance_changes_by_exactly_the_diff_and_back_by_its_reversal(tmp_path_factory, files):
    with open_store(tmp_path_factory.mktemp("diff"), create=True) as log:
        snapshots = Snapshots(log)
        districts(log)

        def answer():
            return balance.coverage(balance.view(snapshots, Settings(), utc_now))

        for layer, rows in files:
            before, earlier = answer(), snapshots.newest()
            made = proposed(log, layer, rows)
            shown = difference(log, snapshots, made, utc_now, TODAY)
            log.submit(made.id)
            log.approve(made.id, "ben")
            assert_balance(shown.balance, before, answer())
        first = min(log.proposed(made.id)["valid_from"]).date()
        layer = made.layer
        reverse(log, snapshots, log.changeset(made.id), "ana", utc_now, valid_from=first)
        assert log.check() == []
        # On every day what holds is what held before: all but why and from when it is recorded.
        aside = ["valid_from", "change", "recorded_at", "revision", "changeset", "row", "status"]
        now = snapshots.newest().frames[layer]
        for day in sorted({TODAY, *(one.date() for one in now["valid_from"] if one.year > 1)}):
            then = in_force(earlier.frames[layer], day).drop(columns=aside, errors="ignore").reset_index(drop=True)
            here = in_force(now, day).drop(columns=aside, errors="ignore").reset_index(drop=True)
            assert then.astype(str).equals(here.astype(str))


@settings(max_examples=20, phases=(Phase.explicit, Phase.generate))
@given(st.lists(records(("hazards", "releases", "surveys", "incidents")), min_size=2, max_size=5))
def test_what_must_be_looked_at_nearby_is_what_must_be_looked_at_of_everything(tmp_path_factory, files):
    with open_store(tmp_path_factory.mktemp("look"), create=True) as log:
        snapshots = Snapshots(log)
        for layer, rows in files:
            made = proposed(log, layer, rows)
            new = log.proposed(made.id)
            found = looked_at(snapshots, layer, new, Settings(), utc_now)
            snapshot = snapshots.newest()
            frames = {name: snapshot.frames[name] for name in LOOKED_AT}
            frames[layer] = with_new(frames[layer], new, snapshot, utc_now)
            whole = arrange(**{name: frame if len(frame) else None for name, frame in frames.items()})
            ids = set(new["id"])
            listed = [
                (one["code"], str(one["id"]), f", {one['m2']:,.1f} m2" if one["m2"] else "")
                for one in whole.attention(TODAY).to_dict("records")
                if (one["layer"] == layer and one["id"] in ids) or one["other"] in ids
            ]
            sizes = [one.message[one.message.rindex(", ") :] if one.message.endswith(" m2") else "" for one in found]
            assert sorted(listed) == sorted((one.code, one.id, m2) for one, m2 in zip(found, sizes, strict=True))
            log.submit(made.id)
            log.approve(made.id, "ben")


def test_every_figure_of_the_balance_is_compared():
    assert set(BALANCED) >= {"hazards", "releases", "surveys", "districts", "incidents", "spots"}
