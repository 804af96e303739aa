"""Tables with coordinates as field teams write them, and traverses."""

import datetime as dt
import io

import openpyxl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from shapely.geometry import box

from layers import measure, reading, versions
from layers.definitions import LAYERS
from layers.reading.coordinates import from_columns

HAZARD = {"classification": "SHA", "opened_on": "2020-01-01"}
GEOD = Geod(ellps="WGS84")


def assessed(table, layer="hazards", given=HAZARD):
    return reading.assess(
        table, LAYERS[layer], known=lambda _: versions.empty(LAYERS[layer]), today=dt.date(2024, 1, 1),
        programme=reading.Programme(), set_values=given,
    )  # fmt: skip


def csv(header, *rows):
    return "\n".join([header, *rows]).encode()


def at(table):
    return [None if one is None else (round(one.x, 6), round(one.y, 6)) for one in table.geometry]


def xlsx(*rows, sheets=1):
    book = openpyxl.Workbook()
    for number in range(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "answers"),
    [
        (csv("id,lat,lon", "A,40.5,46.75"), {}),
        (csv("id,Широта,Долгота", "A,40.5,46.75"), {}),
        (csv("id,enlik,uzunluq", "A,40.5,46.75"), {}),
        (csv("id,_where_latitude,_where_longitude,_where_altitude", "A,40.5,46.75,3"), {}),
        (csv("id;lat;lon", "A;40°30'00\"N;46°45'00\"E"), {}),
        (csv("id;lat;lon", "A;40 30 00;46 45 00"), {}),
        (csv("id;lat;lon", "A;40,5;46,75"), {"decimal_comma": "yes"}),
        (csv("id;koordinat", "A;40°30'N 46°45'E"), {}),
        (csv("id;koordinat", "A;46°45'E 40°30'N"), {}),
        (csv("id;coordinates", "A;40.5, 46.75"), {"coordinate_order": "lat lon"}),
        (csv("id;coordinates", "A;46.75 40.5"), {"coordinate_order": "lon lat"}),
        (csv("id;place", "A;40.5 46.75 312.1 4.9"), {}),
        (csv("id,wkt", "A,SRID=4326;POINT (46.75 40.5)"), {}),
    ],
)
def test_the_same_place_in_many_notations(content, answers):
    assert at(reading.read(content, "a.csv", answers=answers)) == [(46.75, 40.5)]


@pytest.mark.parametrize(
    ("content", "code", "answers"),
    [
        (csv("id;lat;lon", "A;40,5;46,75"), "decimal_comma", ("yes", "no")),
        (csv("id;coordinates", "A;40.5, 46.75"), "coordinate_order", ("lat lon", "lon lat")),
        (csv("id;mgrs", "A;MD 1234 6789"), "grid_zone", None),
        (csv("id,easting,northing,zone", "A,500000,4400000,38"), "hemisphere", ("north", "south")),
        (csv("id,easting,northing,zone", "A,500000,4400000,38S"), "hemisphere", ("north", "south")),
        (csv("id,easting,northing", "A,500000,4400000"), "crs", None),
        (csv("id,what", "A,b"), "coordinates", ("id", "what")),
    ],
)
def test_what_may_mean_two_things_is_asked(content, code, answers):
    with pytest.raises(reading.Question) as asked:
        reading.read(content, "a.csv")
    assert asked.value.code == code
    assert asked.value.choices
    assert answers is None or asked.value.choices == answers


def test_utm_in_columns_and_in_one_text():
    x, y = Transformer.from_crs("EPSG:32638", "EPSG:4326", always_xy=True).transform(512345.0, 4400000.0)
    here = [(round(x, 6), round(y, 6))]
    columns = csv("id,easting,northing,utm_zone", "A,512345,4400000,38N")
    assert at(reading.read(columns, "a.csv")) == here
    assert at(reading.read(csv("id,utm", "A,38T 512345 4400000"), "a.csv")) == here
    band = csv("id,easting,northing,utm_zone", "A,512345,4400000,38S")
    assert at(reading.read(band, "a.csv", answers={"hemisphere": "north"})) == here
    assert at(reading.read(band, "a.csv", answers={"hemisphere": "south"})) != here
    given = reading.read(csv("id,easting,northing", "A,512345,4400000"), "a.csv", crs="EPSG:32638")
    assert given.crs.to_epsg() == 32638


def test_grid_references_with_and_without_their_zone():
    whole = at(reading.read(csv("id,mgrs", "A,38S MD 12345 67890"), "a.csv"))
    assert at(reading.read(csv("id,mgrs", "A,MD 12345 67890"), "a.csv", answers={"grid_zone": "38S"})) == whole
    coarse = reading.read(csv("id,mgrs", "A,38S MD 12 67"), "a.csv")
    assert "coarse_grid_reference" in dict(coarse.notices)
    bad = reading.read(csv("id,mgrs", "A,38S MD 12345 67890", "B,38S MD 123", "C,"), "a.csv")
    assert sorted(bad.defects) == [1, 2]


def test_odk_shapes_and_their_accuracy():
    ring = "40.1 46.1 0 4;40.1 46.2 0 9;40.2 46.2 0 3;40.1 46.1 0 4"
    table = reading.read(csv("id,area", f'A,"{ring}"', 'B,"40.1 46.1 0 4;40.1 46.2 0 9"'), "a.csv")
    assert [one.geom_type for one in table.geometry] == ["Polygon", "LineString"]
    assert table.columns["gps_accuracy_m"] == [9.0, 9.0]
    assert assessed(table).versions["positional_accuracy_m"].tolist() == [9.0]


def test_points_beside_shapes_are_asked_about():
    ring = "40.1 46.1 0 4;40.1 46.2 0 9;40.2 46.2 0 3;40.1 46.1 0 4"
    content = csv("id,_where_latitude,_where_longitude,area", f'A,40.1,46.1,"{ring}"')
    with pytest.raises(reading.Question) as asked:
        reading.read(content, "a.csv")
    assert asked.value.choices == ("area", "_where_longitude and _where_latitude")
    kinds = [
        reading.read(content, "a.csv", answers={"coordinates": one}).geometry[0].geom_type
        for one in asked.value.choices
    ]
    assert kinds == ["Polygon", "Point"]


def test_rows_of_a_table_that_cannot_be_placed_say_why():
    table = reading.read(csv("id;lat;lon", "A;40 75 00;46 45 00", "B;46°E;40°N", "C;;", "D;40.5;46.75"), "a.csv")
    assert sorted(table.defects) == [0, 1, 2]
    assert "below 60" in table.defects[0][1]
    assert "hemisphere" in table.defects[1][1]
    assert table.defects[2][0] == "no_geometry"


def test_row_numbers_count_empty_lines():
    table = reading.read(csv("id,lat,lon", "A,40,46", "", ",,", "B,41,46"), "a.csv")
    assert table.numbers == [1, 4]


def test_spreadsheets_say_the_same():
    rows = (["id", "lat", "lon", "found_on"], ["A", 40.5, 46.75, "2020-01-02"], ["B", "x", 46.75, "2020-01-02"])
    table = reading.read(xlsx(*rows), "a.xlsx")
    assert at(table) == [(46.75, 40.5), None]
    verdict = assessed(table, "spots", {})
    assert (verdict.accepted, verdict.rejected) == (1, 1)


def test_spreadsheet_dates_and_numbers_keep_their_meaning():
    rows = (["id", "lat", "lon", "found_on", "quantity"], ["007", 40.5, 46.75, dt.date(2020, 1, 2), 3])
    verdict = assessed(reading.read(xlsx(*rows), "a.xlsx"), "spots", {})
    [row] = verdict.versions.to_dict("records")
    assert (row["id"], str(row["found_on"])[:10], row["quantity"]) == ("007", "2020-01-02", 3)


def test_which_column_holds_the_coordinates_can_be_answered():
    content = csv("id;where;there", "A;40°30'N 46°45'E;40°31'N 46°45'E")
    with pytest.raises(reading.Question) as asked:
        reading.read(content, "a.csv")
    assert asked.value.code == "coordinates"
    assert at(reading.read(content, "a.csv", answers={"coordinates": "where"})) == [(46.75, 40.5)]


def test_a_workbook_with_several_sheets_asks_which():
    content = xlsx(["id", "lat", "lon"], ["A", 40.5, 46.75], sheets=2)
    with pytest.raises(reading.Question) as asked:
        reading.read(content, "wrongly-named.csv")
    assert asked.value.code == "source_layer"
    assert at(reading.read(content, "a.xlsx", source_layer=asked.value.choices[1])) == [(46.75, 40.5)]


# Traverses

SQUARE = ("A,40,46,0,100", "A,,,90,100", "A,,,180,100", "A,,,270,100")


def traverse(*rows, extra="", **answers):
    return reading.read(csv(f"id,lat,lon,bearing,distance{extra}", *rows), "a.csv", answers=answers)


def test_a_traverse_becomes_a_polygon_of_its_size():
    table = traverse(*SQUARE, *(row.replace("A", "B", 1) for row in SQUARE), north="true")
    assert table.columns["id"] == ["A", "B"]
    assert table.numbers == [1, 5]
    assert measure.areas(table.geometry) == pytest.approx([10_000, 10_000], rel=1e-3)
    west, south, _, _ = table.geometry[0].bounds
    assert (west, south) == pytest.approx((46, 40), abs=1e-8)


def test_from_which_north_is_asked_and_the_declination():
    with pytest.raises(reading.Question) as asked:
        traverse(*SQUARE)
    assert (asked.value.code, asked.value.choices) == ("north", ("true", "grid", "magnetic"))
    with pytest.raises(reading.Question) as asked:
        traverse(*SQUARE, north="magnetic")
    assert asked.value.code == "declination"
    with pytest.raises(reading.Question) as asked:
        traverse(*SQUARE, north="grid")
    assert (asked.value.code, asked.value.choices) == ("grid", ("EPSG:32638",))


def test_magnetic_bearings_are_turned_by_the_declination():
    turned = traverse(*(f"{row},magnetic,6.5" for row in SQUARE), extra=",north_type,declination").geometry[0]
    lon, lat = shapely.get_coordinates(turned)[1] if shapely.is_ccw(turned.exterior) else turned.exterior.coords[1]
    azimuth, _, metres = GEOD.inv(46, 40, lon, lat)
    assert (azimuth, metres) == pytest.approx((6.5, 100), abs=1e-3)


def test_grid_bearings_go_along_their_grid():
    shape = traverse(*SQUARE, north="grid", grid="EPSG:32638").geometry[0]
    to = Transformer.from_crs("EPSG:4326", "EPSG:32638", always_xy=True)
    x, y = to.transform(*shapely.get_coordinates(shape).T)
    assert sorted({round(v - x[0], 3) for v in x}) in ([0.0, 100.0], [-100.0, 0.0])
    assert sorted({round(v - y[0], 3) for v in y}) in ([0.0, 100.0], [-100.0, 0.0])


@pytest.mark.parametrize(("last", "code", "level"), [(100, None, None), (101.5, "traverse_closed", "repair"), (80, "traverse_closure", "warning")])  # fmt: skip
def test_a_traverse_that_does_not_close_is_named(last, code, level):
    table = traverse(*SQUARE[:3], f"A,,,270,{last}", north="true")
    assert [one[1] for one in table.notes] == ([code] if code else [])
    verdict = assessed(table)
    named = [(one.level, one.code, one.row) for one in verdict.problems if one.code.startswith("traverse_")]
    assert named == ([(level, code, 1)] if code else [])
    assert verdict.accepted == 1


def test_a_leg_that_cannot_be_read_rejects_its_traverse_with_its_row():
    table = traverse(*SQUARE, "B,40,46,0,100", "B,,,north,100", "B,,,180,100", north="true")
    assert list(table.defects) == [1]
    assert table.defects[1][1].startswith("row 6:")


@given(st.lists(st.tuples(st.floats(0, 359), st.floats(1, 5000)), min_size=3, max_size=8))
def test_whatever_is_walked_starts_at_its_start(legs):
    columns = {
        "id": ["A"] * len(legs), "lat": [40.0] * len(legs), "lon": [46.0] * len(legs),
        "bearing": [one[0] for one in legs], "distance": [one[1] for one in legs],
    }  # fmt: skip
    request = {"answers": {"north": "true"}, "mapping": {}}
    found = from_columns(columns, request)
    first = shapely.get_coordinates(found.geometry[0])[0]
    assert first == pytest.approx((46, 40), abs=1e-9)
    assert box(45, 39, 47, 41).contains(found.geometry[0])
