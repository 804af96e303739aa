"""The mined land of Bosnia on paper: real shapes, 142 districts, more than a thousand hazards."""

import json

import pytest
import shapely
from fastapi.testclient import TestClient
from shapely.geometry import box

from geo_service.app import create_app
from geo_service.printing import atlas, files
from geo_service.printing.paper import PAPERS
from geo_service.store import open_store

LOADED = {
    "districts": ("cantons.geojson", {}, {"name": "shapeName", "id": "shapeID"}),
    "hazards": ("suspect_areas_simplyfied.geojson", {"classification": "SHA", "opened_on": "1996-01-01"}, {}),
    "incidents": ("incidents.geojson", {"kind": "incident", "occurred_on": "1996-01-01"}, {}),
}


@pytest.mark.slow
def test_all_hazards_of_bosnia_are_printed(shared, tmp_path, press, leaves, spots_of):
    with open_store(tmp_path / "bosnia", create=True) as log:
        client = TestClient(create_app(log, local=True), base_url="http://127.0.0.1", client=("127.0.0.1", 1))
        for layer, (name, given, mapping) in LOADED.items():
            content = (shared / "bosnia" / name).read_bytes()
            sent = client.post(
                "/changesets", files={"file": (name, content)},
                data={"layer": layer, "set": json.dumps(given), "mapping": json.dumps(mapping)},
            )  # fmt: skip
            assert sent.status_code == 201, sent.text
    made = press(tmp_path / "bosnia", atlas.Wish(PAPERS["A3"], atlas.By.none))
    assert len(made.ground.ids) > 1000
    leaf, *_ = leaves(made.pdf, [0])
    assert f"{len(made.ground.ids):,} recorded, {len(made.ground.ids):,} drawn" in leaf.text
    around = leaf.at(spots_of(made.plan[0], PAPERS["A3"], made.ground.shapes["hazards"]), 2)
    assert ((around[..., 0] - around[..., 2]).max(axis=1) > 50).all()
    # Names whose districts have room beside the hazards.
    for said in ("Čelić", "Milići", "Kreševo"):
        assert said in leaf.text
    # By district, what lies across the border is on sheets of its own.
    plan = atlas.planned(made.ground, atlas.Wish(PAPERS["A3"]))
    shown = shapely.union_all([box(*one.ground) for one in plan if not one.overview])
    left = shapely.difference(shapely.make_valid(made.ground.shapes["hazards"]), shown)
    assert (shapely.area(left) < 1e-3).all()
    busiest = max(plan[1:], key=lambda one: shapely.intersects(made.ground.shapes["hazards"], box(*one.ground)).sum())
    one = files.pdf(made.seen, made.settings, atlas.Wish(PAPERS["A3"], district=busiest.district))
    around = leaves(one)[0].at(spots_of(busiest, PAPERS["A3"], made.ground.shapes["hazards"][
        shapely.intersects(made.ground.shapes["hazards"], box(*busiest.ground).buffer(-busiest.scale / 500))
    ]), 2)  # fmt: skip
    assert ((around[..., 0] - around[..., 2]).max(axis=1) > 50).all()
