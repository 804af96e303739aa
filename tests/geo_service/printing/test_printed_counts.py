"""The law of the printed map: as many hazards are drawn as are stored, or nothing is printed and the error names them."""

import dataclasses

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geo_service.printing import atlas, counting, sheets
from geo_service.printing.counting import Miscounted
from geo_service.printing.ground import turned
from geo_service.printing.paper import PAPERS

squares = st.lists(
    st.builds(lambda x, y, s: box(x, y, x + s, y + s), st.integers(0, 90), st.integers(0, 90), st.integers(1, 20)),
    min_size=1,
    max_size=12,
)
grounds = st.builds(lambda x, y, s: (x, y, x + s, y + s), st.integers(0, 60), st.integers(0, 60), st.integers(5, 60))


@given(squares, grounds, st.data())
def test_a_sheet_passes_exactly_when_what_is_drawn_is_what_lies_there(shapes, ground, data):
    ids = np.array([f"H{k}" for k in range(len(shapes))], dtype=object)
    array = np.array(shapes)
    there = {one for one, shape in zip(ids, shapes, strict=True) if shape.intersects(box(*ground))}
    drawn = data.draw(st.one_of(st.just(sorted(there)), st.lists(st.sampled_from(list(ids)), unique=True)))
    if set(drawn) == there:
        counting.on_sheet("one", ground, drawn, ids, array, array)
        return
    with pytest.raises(Miscounted) as refused:
        counting.on_sheet("one", ground, drawn, ids, array, array)
    wrong = there - set(drawn) or set(drawn) - there
    assert all(one in str(refused.value) for one in wrong)


@given(st.data())
@settings(max_examples=25)
def test_a_view_that_lacks_hazards_is_refused_by_their_ids(printed_demo, data):
    shown = printed_demo.ground.situation
    stored = shown.frames["hazards"]
    gone = data.draw(st.sets(st.sampled_from(stored["id"].tolist()), min_size=1, max_size=5))
    lacking = dataclasses.replace(shown, frames={**shown.frames, "hazards": stored[~stored["id"].isin(gone)]})
    with pytest.raises(Miscounted) as refused:
        turned(lacking, stored)
    assert all(one in str(refused.value) for one in gone)
    assert f"{len(stored)} are recorded, {len(stored) - len(gone)} drawn" in str(refused.value)
    with pytest.raises(Miscounted):
        turned(shown, lacking.frames["hazards"])


def test_a_sheet_on_which_a_hazard_is_not_drawn_is_refused(printed_demo):
    """The record is there, and what is drawn of it lies elsewhere."""
    ground = printed_demo.ground
    sheet = printed_demo.plan[0]
    moved = ground.shapes["hazards"].copy()
    moved[3] = shapely.affinity.translate(moved[3], 5e6, 0)
    wrong = dataclasses.replace(ground, shapes={**ground.shapes, "hazards": moved})
    imprint = atlas.Imprint(ground.situation, "Edition 1", 1)
    with pytest.raises(Miscounted, match=str(ground.ids[3])):
        atlas.map_page(wrong, sheet, PAPERS["A4"], imprint, 1)
    atlas.map_page(ground, sheet, PAPERS["A4"], imprint, 1)


@pytest.mark.parametrize("by", list(atlas.By))
@pytest.mark.parametrize("size", list(PAPERS))
def test_every_hazard_is_on_a_sheet_whole_or_in_parts(printed_demo, by, size):
    ground = printed_demo.ground
    plan = atlas.planned(ground, atlas.Wish(PAPERS[size], by))
    shown = shapely.union_all([box(*one.ground) for one in plan if not one.overview or len(plan) == 1])
    left = shapely.area(shapely.difference(shapely.make_valid(ground.shapes["hazards"]), shown))
    assert (left < 1e-3).all()
    assert len({one.name for one in plan}) == len(plan)


def test_a_hazard_outside_every_district_has_a_sheet(printed_demo):
    ground = printed_demo.ground
    district = ground.shapes["districts"][:1]
    frames = ground.situation.frames
    few = dataclasses.replace(ground.situation, frames={**frames, "districts": frames["districts"].iloc[:1]})
    alone = dataclasses.replace(ground, situation=few, shapes={**ground.shapes, "districts": district})
    plan = atlas.planned(alone, atlas.Wish())
    assert any(one.name.startswith("Outside") for one in plan)
    on = [set(alone.ids[sheets_meet(alone, one)]) for one in plan[1:]]
    counting.on_atlas(alone.ids.tolist(), on)
    with pytest.raises(Miscounted):
        counting.on_atlas(alone.ids.tolist(), on[:1])


def sheets_meet(ground, sheet):
    return shapely.intersects(ground.shapes["hazards"], box(*sheet.ground))


@given(squares)
def test_cells_of_a_grid_hold_all_the_ground_and_do_not_overlap(shapes):
    area = np.array([shapely.affinity.scale(one, 1000, 1000, origin=(0, 0)) for one in shapes])
    cells = sheets.grid_sheets(area, PAPERS["A4"], "Cell", "")
    boxes = np.array([box(*one.ground) for one in cells])
    assert len(cells) <= sheets.FEW
    assert shapely.area(shapely.difference(shapely.union_all(area), shapely.union_all(boxes))) < 1
    assert shapely.area(shapely.union_all(boxes)) == pytest.approx(shapely.area(boxes).sum())
    assert len({one.name for one in cells}) == len(cells)
    assert all(shapely.intersects(one, area).any() for one in boxes)
