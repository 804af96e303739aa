"""Every dirty file has an outcome that a person understands, and each deliberate defect is named."""

import datetime as dt
import io
import re
import zipfile

import pytest

from layers import reading, versions
from layers.definitions import LAYERS

pytestmark = pytest.mark.timeout(120)  # no file of some kilobytes keeps a reader busy

SET = {
    "hazards": {"classification": "SHA", "opened_on": "1996-01-01"},
    "spots": {"found_on": "1996-01-01"},
    "roads": {},
}
ACCEPTED, ASKED, REJECTED = "accepted", "asked", "rejected"

DEFECTS = {
    "invalid_geometries/invalid_exterior_not_ccw": ("hazards", ACCEPTED, "ring_order"),
    "invalid_geometries/invalid_incorrect_geometry_data_type": ("hazards", REJECTED, "geometry: .*for a LineString"),
    "invalid_geometries/invalid_interior_not_cw": ("hazards", ACCEPTED, "ring_order"),
    "invalid_geometries/invalid_less_three_unique_nodes": ("hazards", REJECTED, "too_few_vertices"),
    "invalid_geometries/invalid_unclosed": ("hazards", ACCEPTED, "ring_closed"),
    "invalid_structure/invalid_feature_geometry_is_string": ("hazards", REJECTED, "geometry: .*not an object but text"),
    "invalid_structure/invalid_feature_id_type": ("spots", ACCEPTED, "feature_id"),
    "invalid_structure/invalid_feature_no_properties": ("hazards", ACCEPTED, "no_properties"),
    "invalid_structure/invalid_feature_properties_is_array": ("hazards", REJECTED, "properties: .*not an object"),
    "invalid_structure/invalid_feature_properties_is_int": ("hazards", REJECTED, "properties: .*not an object"),
    "invalid_structure/invalid_feature_wrong_geometry_key": ("hazards", REJECTED, "no_geometry"),
    "invalid_structure/invalid_featurecollection_feature_nullfeature": ("hazards", REJECTED, "not_a_feature"),
    "invalid_structure/invalid_featurecollection_features_is_object": ("hazards", REJECTED, "without a list of features"),
    "invalid_structure/invalid_featurecollection_no_features_member": ("hazards", REJECTED, "without a list of features"),
    "invalid_structure/invalid_featurecollection_nulltype": ("hazards", REJECTED, "its type is None"),
    "invalid_structure/invalid_featurecollection_type_lowercase": ("hazards", REJECTED, "its type is 'featurecollection'"),
    "invalid_structure/invalid_featurecollection_unknown_type": ("hazards", REJECTED, "its type is 'notafc'"),
    "invalid_structure/invalid_geometry_bbox_not4or6": ("spots", ACCEPTED, "bbox: .*has 3 numbers"),
    "invalid_structure/invalid_geometry_bbox_not_list": ("spots", ACCEPTED, "bbox: .*not a list"),
    "invalid_structure/invalid_geometry_bbox_not_numbers": ("spots", ACCEPTED, "bbox: .*not made of numbers"),
    "invalid_structure/invalid_geometry_coordinates_1d": ("hazards", REJECTED, "geometry: "),
    "invalid_structure/invalid_geometry_coordinates_empty_position": ("hazards", REJECTED, "geometry: "),
    "invalid_structure/invalid_geometry_coordinates_missing": ("hazards", REJECTED, "geometry: .*has no coordinates"),
    "invalid_structure/invalid_geometry_coordinates_string": ("hazards", REJECTED, "geometry: .*not a pair of numbers"),
    "invalid_structure/invalid_geometry_depth_deep_point": ("hazards", REJECTED, "geometry: .*too deep"),
    "invalid_structure/invalid_geometry_depth_deep_polygon": ("hazards", REJECTED, "geometry: .*too deep"),
    "invalid_structure/invalid_geometry_depth_shallow_linestring": ("hazards", REJECTED, "geometry: .*not deep enough"),
    "invalid_structure/invalid_geometry_depth_shallow_multipolygon": ("hazards", REJECTED, "geometry: .*not deep enough"),
    "invalid_structure/invalid_geometry_depth_shallow_polygon": ("hazards", REJECTED, "geometry: .*not deep enough"),
    "invalid_structure/invalid_geometry_geometrycollection_null_geometry": ("hazards", REJECTED, "geometry: .*no geometry"),
    "invalid_structure/invalid_geometry_mislabeled_point": ("hazards", REJECTED, "geometry: .*for a MultiPolygon"),
    "invalid_structure/invalid_geometry_missing_type": ("hazards", REJECTED, "its type is None"),
    "invalid_structure/invalid_geometry_wrong_geometry_type": ("hazards", REJECTED, "its type is 'SomeThingElse'"),
    "problematic_geometries/problematic_3d_coordinates": ("hazards", ACCEPTED, "z_dropped"),
    "problematic_geometries/problematic_4d_coordinates": ("hazards", ACCEPTED, "z_dropped"),
    "problematic_geometries/problematic_crosses_antimeridian": ("hazards", ACCEPTED, "antimeridian"),
    "problematic_geometries/problematic_duplicate_nodes": ("hazards", ACCEPTED, "repeated_vertices"),
    "problematic_geometries/problematic_excessive_coordinate_precision": ("hazards", ACCEPTED, "excessive_precision"),
    "problematic_geometries/problematic_excessive_vertices": ("hazards", ACCEPTED, "many_vertices"),
    "problematic_geometries/problematic_feature_null_geometry": ("hazards", REJECTED, "no_geometry"),
    "problematic_geometries/problematic_holes": ("hazards", ACCEPTED, "holes"),
    "problematic_geometries/problematic_inner_and_exterior_ring_intersect": ("hazards", ACCEPTED, "self_intersection"),
    "problematic_geometries/problematic_multitype_geometry_with_just_one_geometry": ("hazards", ACCEPTED, "one_part"),
    "problematic_geometries/problematic_outside_lat_lon_boundaries": ("hazards", REJECTED, "outside_world"),
    "problematic_geometries/problematic_self_intersection_large": ("hazards", ACCEPTED, "self_intersection"),
    "problematic_geometries/problematic_self_intersection_small": ("hazards", ACCEPTED, "self_intersection"),
    "problematic_geometries/problematic_wrong_bbox_coordinate_order": ("hazards", ACCEPTED, "bbox: .*latitude before"),
    "problematic_geometries/problematic_zero_length_linestring": ("roads", REJECTED, "no_length"),
    "problematic_structure/problematic_crs_defined": ("hazards", ACCEPTED, "crs_member: .*32632"),
    "problematic_structure/problematic_geometry_not_wrapped": ("hazards", ACCEPTED, "not_wrapped"),
    "problematic_structure/problematic_geometrycollection_single": ("spots", ACCEPTED, "single_part"),
    "problematic_structure/problematic_nested_geometrycollection": ("spots", REJECTED, "geometry_type"),
}  # fmt: skip
"""Path without its ending -> the layer it is sent to, its outcome, what the report says (code, or code and message)."""


def outcome(content, name, layer="hazards"):
    """Return what became of a file, and all that was said about it."""
    try:
        table = reading.read(content, name)
        verdict = reading.assess(
            table, LAYERS[layer], known=lambda _: versions.empty(LAYERS[layer]),
            today=dt.date(2024, 1, 1), programme=reading.Programme(), set_values=SET[layer],
        )  # fmt: skip
    except reading.Question as asked:
        assert asked.code
        found = ASKED, str(asked)
    except reading.Unreadable as refused:
        found = REJECTED, str(refused)
    else:
        assert verdict.accepted + verdict.rejected == verdict.rows_read
        said = "\n".join(f"{one.code}: {one.message}" for one in verdict.problems)
        found = ACCEPTED if verdict.accepted else REJECTED, said
    assert found[0] == ACCEPTED or len(found[1]) > 10
    assert "clearway-reading" not in found[1]
    assert "Traceback" not in found[1]
    return found


def test_the_table_knows_every_file(shared):
    folder = shared / "dirty" / "geojson" / "examples"
    files = {f"{one.parent.name}/{one.stem}" for one in folder.rglob("*.geojson")}
    assert {one for one in files if not one.startswith("valid/")} == set(DEFECTS)


@pytest.mark.parametrize(("name", "layer", "became", "says"), [(name, *rest) for name, rest in DEFECTS.items()])
def test_each_deliberate_defect_is_named(shared, name, layer, became, says):
    path = shared / "dirty" / "geojson" / "examples" / f"{name}.geojson"
    found, said = outcome(path.read_bytes(), path.name, layer)
    assert found == became, said
    assert re.search(says if ":" in says or " " in says else rf"^{says}:", said, re.MULTILINE), said


def test_valid_files_are_accepted_by_the_layer_they_fit(shared):
    folder = shared / "dirty" / "geojson" / "examples" / "valid"
    found = {
        one.stem: {layer: outcome(one.read_bytes(), one.name, layer)[0] for layer in SET}
        for one in sorted(folder.glob("*.geojson"))
    }
    nowhere = {name for name, by_layer in found.items() if ACCEPTED not in by_layer.values()}
    assert nowhere == {
        "valid_feature_null_geometry", "valid_featurecollection_empty_features", "valid_geometry_multipoint",
        "valid_geometry_geometrycollection", "valid_geometry_geometrycollection_empty_geometries",
        "valid_featurecollection_with_geometrycollection",
    }  # fmt: skip


@pytest.mark.parametrize(("folder", "least"), [("kml", 28), ("misc", 5), ("shp", 100)])
def test_every_other_file_has_an_outcome(shared, folder, least):
    files = sorted(one for one in (shared / "dirty" / folder).rglob("*") if one.is_file())
    found = {str(one): outcome(one.read_bytes(), one.name)[0] for one in files}
    assert len(found) >= least


def test_every_shapefile_with_its_sidecars_has_an_outcome(shared):
    found = {}
    for main in sorted((shared / "dirty" / "shp").rglob("*.shp")):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for one in main.parent.iterdir():
                if one.is_file() and one.stem == main.stem:
                    archive.writestr(one.name, one.read_bytes())
        found[main.stem] = outcome(out.getvalue(), f"{main.stem}.zip")
    assert {what for what, _ in found.values()} == {ACCEPTED, ASKED, REJECTED}
    assert "encoding" in found["departs"][1]
    assert "lacks its .dbf" in found["buggypoint"][1]
    assert found["poly"][0] == ACCEPTED
    assert "coordinate system" in found["gjpoly"][1]
