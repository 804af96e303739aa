"""Printed sheets as a reader sees them: every hazard there, in colour and in grey, and all that a map must say."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from geo_service.maps.situation import Situation
from geo_service.printing import atlas, drawing, files, labels, paper
from geo_service.printing.ground import turned
from layers.definitions import LAYERS

EXTRA = {
    "hazards": ["classification", "status", "state"], "releases": ["product", "in_effect", "handed_over", "completed_on", "depth_cm"],
    "settlements": ["name", "kind", "population_before"], "districts": ["name", "aliases"], "incidents": ["kind"],
    "spots": ["kind"], "surveys": [], "roads": ["class", "eo_status"],
}  # fmt: skip


def situation_of(hazards, **others):
    """A situation of a few records: (id, shape, properties) by layer."""
    frames = {}
    for layer in LAYERS:
        rows = hazards if layer == "hazards" else others.get(layer, [])
        columns = {name: pd.Series([more.get(name) for _, _, more in rows], dtype=object) for name in EXTRA[layer]}
        frames[layer] = gpd.GeoDataFrame(
            {"id": pd.Series([one for one, _, _ in rows], dtype=object), **columns},
            geometry=[shape for _, shape, _ in rows], crs="EPSG:4326",
        )  # fmt: skip
    zero = dict.fromkeys((name for name, _ in atlas.tables.COLUMNS), 0.0)
    return Situation(
        as_of=pd.Timestamp("2024-05-06").date(), known_at="2024-05-07T00:00:00Z", revision=7, authority="an authority",
        notice="a notice", synthetic=False, coverage_gap=False, frames=frames,
        partition=pd.DataFrame([{"district": None, "district_id": "", **zero}]).iloc[:0], total=zero, certificate_passed=True,
    )  # fmt: skip


def sheet_of(situation, sheet_size="A4"):
    """The overview of a situation as a PDF, with what it was drawn from."""
    ground = turned(situation, situation.frames["hazards"])
    wish = atlas.Wish(paper.PAPERS[sheet_size], atlas.By.none)
    at = pd.Timestamp("2024-05-07", tz="UTC").to_pydatetime()
    with files.DRAWING, paper.inked():
        made = paper.pdf_of(atlas.pages(ground, wish), atlas.about(ground, wish), at)
    return ground, atlas.planned(ground, wish), made


def test_every_hazard_leaves_ink_where_it_is(printed_demo, leaves, spots_of):
    ground, plan, wish = printed_demo.ground, printed_demo.plan, printed_demo.wish
    released = ground.situation.frames["hazards"]["state"].eq("released").to_numpy()
    assert 0 < released.sum() < len(released)
    pages = leaves(printed_demo.pdf)
    between = len(pages) - len(plan)
    seen = set()
    for number, sheet in enumerate(plan):
        leaf = pages[number if number == 0 else number + between]
        spots = spots_of(sheet, wish.paper, ground.shapes["hazards"])
        inside = ~np.isnan(spots[:, 0])
        around = leaf.at(spots[inside & ~released], 2)
        # Red and orange have more red than blue; white, grey, green and blue have not.
        warm = (around[..., 0] - around[..., 2]).max(axis=1)
        assert (warm > 50).all(), (sheet.name, ground.ids[inside & ~released][warm <= 50])
        # Of released ones the outline is there: somewhere along it is ink.
        for k in np.flatnonzero(inside & released):
            line = shapely.segmentize(shapely.boundary(ground.shapes["hazards"][k]), sheet.scale / 1000)
            window = drawing.Window(paper.Page(wish.paper), sheet.ground, sheet.scale)
            along = shapely.intersection(shapely.MultiPoint(shapely.get_coordinates(line)), box(*sheet.ground))
            ink = leaf.at(window.on_paper(shapely.get_coordinates(along)))
            assert len(ink) == 0 or ink.sum(axis=-1).min() < 600, (sheet.name, ground.ids[k])
        seen |= set(ground.ids[inside]) if number else set()
    assert seen == set(ground.ids)


def test_every_page_says_what_it_must(printed_demo, leaves):
    pages = leaves(printed_demo.pdf)
    for number, leaf in enumerate(pages, start=1):
        assert " ".join(printed_demo.ground.situation.notice.split()) in leaf.text
        for said in (
            f"Ground on {printed_demo.seen.as_of}",
            f"as known on {printed_demo.seen.known_at}",
            f"Edition: revision {printed_demo.seen.snapshot.number}",
            f"sheet {number} of {len(pages)}",
            "SYNTHETIC",
        ):
            assert said in leaf.text, (number, said)
    for leaf in (pages[0], *pages[2:]):
        for said in (
            "Confirmed hazardous area (CHA)",
            "Suspected hazardous area (SHA)",
            "Scale 1:",
            "UTM zone 38N",
            "grid north",
        ):
            assert said in leaf.text


def test_names_in_three_scripts_stay_text(printed_demo, leaves):
    frame = printed_demo.ground.situation.frames["districts"]
    text = " ".join(leaf.text for leaf in leaves(printed_demo.pdf))
    for name, aliases in zip(frame["name"], frame["aliases"], strict=True):
        for one in (name, *aliases):
            assert one in text


def test_the_table_holds_every_district_and_the_total(printed_demo, leaves):
    table = leaves(printed_demo.pdf, [1])[0].text
    partition = printed_demo.ground.situation.partition
    for row in partition.to_dict("records"):
        for name in ("area_m2", "CHA", "SHA", "cleared"):
            assert f"{row[name]:,.0f}".replace(",", " ") in table
    assert f"{printed_demo.ground.situation.total['area_m2']:,.0f}".replace(",", " ") in table
    assert "Certificate passed" in table


def test_grey_print_keeps_confirmed_and_suspected_ground_apart(leaves):
    more = {"status": "open", "state": "open"}
    large = [
        ("A", box(46.0, 39.0, 46.1, 39.08), {"classification": "CHA", **more}),
        ("B", box(46.15, 39.0, 46.25, 39.08), {"classification": "SHA", **more}),
    ]
    ground, plan, made = sheet_of(situation_of(large))
    leaf = leaves(made, [0])[0]
    window = drawing.Window(paper.Page(paper.PAPERS["A4"]), plan[0].ground, plan[0].scale)
    patches = []
    for shape in ground.shapes["hazards"]:
        west, south, east, north = shapely.bounds(window.placed(np.array([shape]))[0])
        to_pixel = 130 / 25.4
        rows = slice(int(leaf.grey.shape[0] - (north - 3) * to_pixel), int(leaf.grey.shape[0] - (south + 3) * to_pixel))
        patches.append(leaf.grey[rows, int((west + 3) * to_pixel) : int((east - 3) * to_pixel)])
    lean = []
    for patch in patches:
        up = np.abs(patch[1:, :-1] - patch[:-1, 1:]).mean()
        down = np.abs(patch[1:, 1:] - patch[:-1, :-1]).mean()
        lean.append(up - down)
    # Lines lean one way on one and the other way on the other, and confirmed ground is darker.
    assert lean[0] < -1
    assert lean[1] > 1
    assert patches[1].mean() - patches[0].mean() > 25


def test_the_smallest_hazard_is_seen_from_afar(leaves, spots_of):
    more = {"status": "open", "state": "open"}
    tiny = [
        ("A", box(46.0, 39.0, 46.00001, 39.00001), {"classification": "CHA", **more}),
        ("B", box(49.0, 41.0, 49.00001, 41.00001), {"classification": "SHA", **more}),
    ]
    ground, plan, made = sheet_of(situation_of(tiny))
    leaf = leaves(made, [0])[0]
    spots = spots_of(plan[0], paper.PAPERS["A4"], shapely.buffer(ground.shapes["hazards"], 1))
    for around in leaf.at(spots, 3):
        assert ((around[:, 0] - around[:, 2]) > 50).sum() >= 9


def test_text_of_records_is_text(leaves):
    name = r"$\frac{1}{2}$ <b>x</b> & 木 " + "\x07"
    hazard = [("A", box(46, 39, 46.01, 39.01), {"classification": "CHA", "status": "open", "state": "open"})]
    town = [("S", shapely.Point(46.013, 39.005), {"name": name, "kind": "home", "population_before": 5})]
    _, _, made = sheet_of(situation_of(hazard, settlements=town))
    text = leaves(made, [0])[0].text
    assert r"$\frac{1}{2}$ <b>x</b> & □ □" in text
    assert paper.printable(name) == r"$\frac{1}{2}$ <b>x</b> & □ □"


def test_the_same_view_is_the_same_file(printed_demo, demo_folder, press, clearway_apart, tmp_path):
    [district] = [one.district for one in printed_demo.plan if one.name == printed_demo.plan[3].name]
    wish = atlas.Wish(district=district, edition=4)
    one = press(demo_folder, wish)
    assert press(demo_folder, wish).pdf == one.pdf
    out = tmp_path / "again.pdf"
    done = clearway_apart(
        "map", out, "--data", demo_folder, "--district", district, "--edition", 4, PYTHONHASHSEED="77"
    )
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == one.pdf


def test_a_date_to_come_of_a_file_is_that_of_its_revision(printed_demo):
    recorded = printed_demo.seen.snapshot.revision.recorded_at
    assert f"D:{recorded:%Y%m%d%H%M%S}".encode() in printed_demo.pdf


def test_warnings_are_on_the_sheet(leaves):
    hazard = [("A", box(46, 39, 46.01, 39.01), {"classification": "CHA", "status": "open", "state": "open"})]
    shown = dataclasses.replace(situation_of(hazard), coverage_gap=True, certificate_passed=False)
    _, _, made = sheet_of(shown)
    text = leaves(made, [0])[0].text
    assert "nothing is known of the ground then" in text
    assert "do not publish these figures" in text


boxes = st.builds(
    lambda x, y, w, h: box(x, y, x + w, y + h),
    st.floats(0, 100),
    st.floats(0, 100),
    st.floats(0.01, 30),
    st.floats(0.01, 30),
)


@given(st.lists(boxes, min_size=1, max_size=8), st.sampled_from([0.0, 1.5]), st.sampled_from([3, 4]), st.booleans())
def test_each_polygon_is_on_the_path_and_none_smaller_than_a_mark(shapes, smallest, sides, alone):
    array = np.array(shapes)
    path, vertices = drawing.area_path(array, smallest, sides, marks_alone=alone)
    assert (vertices >= 4).all()
    assert vertices.sum() == len(path.vertices)
    for shape in shapes:
        [(west, south), (east, north)] = (
            drawing.area_path(np.array([shape]), smallest, sides)[0].get_extents().get_points()
        )
        assert max(east - west, north - south) >= smallest * 0.99
        assert (west <= shape.bounds[0] + 1e-9, east >= shape.bounds[2] - 1e-9) == (True, True)


@pytest.mark.parametrize("hole", [False, True])
def test_overlapping_ground_is_filled_as_one_and_holes_stay_open(hole):
    """The winding of the path is that of the union: not 0 on ground, 0 off it."""
    first = shapely.Polygon([(0, 0), (6, 0), (6, 6), (0, 6)], [[(2, 2), (2, 4), (4, 4), (4, 2)]] if hole else [])
    shapes = np.array([first, box(3, -1, 9, 3).reverse()])
    path, _ = drawing.area_path(shapes)
    union = shapely.union_all(shapes)
    for x, y in np.random.default_rng(1).uniform(-1, 10, (200, 2)):
        turns = sum(
            np.sum(np.diff(np.unwrap(np.arctan2(*(ring - (x, y)).T[::-1]))))
            for ring in path.to_polygons(closed_only=True)
        )
        assert (abs(turns) > 1) == bool(shapely.intersects_xy(union, x, y))


@given(st.lists(boxes, max_size=6), st.lists(st.tuples(st.floats(30, 180), st.floats(30, 170)), max_size=12))
def test_no_name_lies_on_a_hazard_or_on_another_name(hazards, towns):
    page = paper.Page(paper.PAPERS["A4"])
    window = drawing.Window(page, (0, 0, 1000, 1000), 1000)
    moved = np.array([shapely.affinity.translate(one, 40, 40) for one in hazards])
    room = labels.Room(window, [(moved, 0.0)])
    names = [labels.Name(f"Place {k}", 6, np.array([town])) for k, town in enumerate(towns)]
    left_out = labels.put(window, room, names, 6)
    texts = [one for one in page.axes.texts if not one.get_path_effects()]
    assert len(texts) + left_out == len(names)
    drawn = []
    for one in texts:
        width, height = paper.extent(one.get_text(), 6)
        x, y = one.get_position()
        drawn.append(box(x, y - height / 2 * 0.9, x + width, y + height / 2 * 0.9))
    for k, one in enumerate(drawn):
        assert not any(shapely.intersects(one, other) for other in (*moved, *drawn[:k]))
        assert shapely.covers(box(*window.frame), one)
