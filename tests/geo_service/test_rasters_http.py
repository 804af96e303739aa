"""Rasters over HTTP and on the command line: filed, in versions, drawn, summed up, refused with nothing stored."""

import io
import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
import shapely
from fastapi.testclient import TestClient
from PIL import Image
from rasterio.transform import from_origin
from typer.testing import CliRunner

from geo_service.app import create_app
from geo_service.cli import app as commands
from geo_service.demo import write
from geo_service.rasters.copies import FOLDER
from geo_service.store import open_store
from geo_service.terrain import height_of, terrain_key
from layers.coverage.arrangement import quiet

KINDS = ("sqlite",)
TILE = "/rasters/hills/tiles/hillshade/9/321/194.png"


def tiff(folder, cells, *, name="a.tif", west=46.0, north=40.0, size=0.01, crs="EPSG:4326", **more):
    cells = np.asarray(cells)
    profile = {"driver": "GTiff", "height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype,
               "crs": crs, "transform": from_origin(west, north, size, size), **more}  # fmt: skip
    with rasterio.open(folder / name, "w", **profile) as file:
        file.write(cells, 1)
    return folder / name


def send(client, path, **form):
    with path.open("rb") as file:
        return client.post(
            "/rasters", files={"file": (path.name, file)}, data={"name": "hills", "kind": "terrain", **form}
        )


@pytest.fixture(scope="module")
def heights():
    rows, columns = np.mgrid[0:90, 0:100]
    return (1000 + 12 * columns + 5 * rows + 300 * np.sin(columns / 9) * np.cos(rows / 7)).astype("int16")


def test_a_raster_is_filed_drawn_and_held_in_versions(client, heights, tmp_path):
    cells = heights.copy()
    cells[20:30, 20:30] = -32768
    first = send(client, tiff(tmp_path, cells), source="a survey", valid_from="2020-01-01")
    assert first.status_code == 201, first.text
    said = first.json()
    assert (said["version"], said["unit"], said["author"], said["unchanged"]) == (1, "m", "local", False)
    assert said["voids"] == pytest.approx(100 / 9000)
    assert first.headers["location"] == "/rasters/hills?version=1"
    again = send(client, tmp_path / "a.tif", source="a survey", valid_from="2020-01-01")
    assert (again.status_code, again.json()["unchanged"], again.json()["version"]) == (200, True, 1)

    # A second version needs its date; the first holds until then.
    later = tiff(tmp_path, heights + 100)
    assert "valid_from" in send(client, later).json()["detail"]
    assert send(client, later, valid_from="2022-01-01").json()["version"] == 2
    at = {
        day: client.get("/rasters/hills", params={"as_of": day}).json()["version"]
        for day in ("2020-06-01", "2022-01-01")
    }
    assert at == {"2020-06-01": 1, "2022-01-01": 2}
    assert client.get("/rasters/hills?as_of=2019-01-01").status_code == 404
    assert client.get("/rasters/hills", params={"known_at": said["recorded_at"]}).json()["version"] == 1
    assert [one["version"] for one in client.get("/rasters").json()["rasters"]] == [2]
    assert client.get("/rasters?as_of=2019-01-01").json()["rasters"] == []
    assert client.get("/rasters?as_of=2999-01-01").status_code == 422

    # The file is the raster; its hash is what is said of it.
    content = client.get("/rasters/hills/file?version=1")
    assert (len(content.content), content.headers["content-length"]) == (said["size"], str(said["size"]))
    with rasterio.open(io.BytesIO(content.content)) as held:
        np.testing.assert_array_equal(held.read(1), cells)

    # Tiles: another tag for another version, for ever only where the address names it.
    tile = client.get(TILE)
    assert (tile.status_code, tile.headers["content-type"], tile.headers["cache-control"]) == (
        200,
        "image/png",
        "private, no-cache",
    )
    assert client.get(TILE, headers={"If-None-Match": tile.headers["etag"]}).status_code == 304
    old = client.get(TILE + "?version=1")
    assert "immutable" in old.headers["cache-control"]
    assert old.headers["etag"] != tile.headers["etag"] == client.get(TILE + "?version=2").headers["etag"]
    drawn, whole = (np.asarray(Image.open(io.BytesIO(one.content))) for one in (old, tile))
    assert (drawn[..., 3] > 0).sum() < (whole[..., 3] > 0).sum()
    for path, status in (
        ("/rasters/none", 404), ("/rasters/hills?version=3", 404), ("/rasters/hills?version=0", 422),
        ("/rasters/hills/tiles/rainbow/9/321/194.png", 404), ("/rasters/hills/tiles/slope/3/8/0.png", 404),
        ("/rasters/hills/tiles/slope/999999999999/0/0.png", 404), ("/rasters/hills/tiles/slope/-1/0/0.png", 404),
    ):  # fmt: skip
        answer = client.get(path)
        assert (path, answer.status_code) == (path, status)
        assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_refused_leaves_nothing(client, heights, tmp_path, data):
    bare = tiff(tmp_path, heights, name="bare.tif", crs=None)
    people = tiff(tmp_path, np.array([[1.5, -9.0]], "float32"), name="people.tif")
    words = (tmp_path / "words.tif", tmp_path / "hidden.tif")
    words[0].write_text("no raster")
    words[1].write_text("<VRTDataset/>")
    good = tiff(tmp_path, heights)
    for path, form, reason in (
        (bare, {}, "does not say its coordinate system"),
        (words[0], {}, "words.tif: it is no GeoTIFF"),
        (words[1], {}, "hidden.tif: it is no GeoTIFF"),
        (good, {"name": "../x"}, "no name of a raster"),
        (good, {"kind": "terrane"}, "kind is one of"),
        (good, {"unit": "ft"}, "what are the numbers"),
        (good, {"valid_from": "2999-01-01"}, "after today"),
        (good, {"valid_from": "soon"}, "valid_from"),
        (good, {"nodata": "nan"}, "nodata is a number"),
        (good, {"classes": "[1]"}, "classes is a JSON object"),
        (people, {"kind": "population", "unit": "people"}, "is of some date"),
        (people, {"kind": "population", "valid_from": "2020-01-01"}, "people or people/km2"),
        (people, {"kind": "population", "valid_from": "2020-01-01", "unit": "people"}, "fewer than 0 people"),
    ):
        answer = send(client, path, **form)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert reason in answer.json()["detail"], answer.json()["detail"]
        assert str(tmp_path) not in answer.text
    asked = send(client, bare).json()["errors"][0]
    assert (asked["code"], asked["choices"][0]) == ("crs", "EPSG:4326")
    log = client.app.state.service.log
    log.set_setting("raster_cells", 5_000)
    assert "more than a raster may have (5,000 cells" in send(client, good).json()["detail"]
    assert client.get("/rasters").json()["rasters"] == []
    assert log.filing.all("raster") == []
    log.set_setting("raster_cells", None)
    assert send(client, bare, crs="EPSG:4326").status_code == 201


def test_a_copy_that_was_touched_is_made_anew_and_a_backup_holds_the_raster(client, heights, tmp_path, data):
    send(client, tiff(tmp_path, heights))
    first = client.get(TILE)
    log, copies = client.app.state.service.log, list((data / FOLDER).glob("*.tif"))
    assert len(copies) == 1
    key, height = terrain_key(log), height_of(log)
    places = np.array([[46.5, 39.6]])
    assert 900 < height(places)[0] < 2600
    whole = copies[0].read_bytes()
    for harm in (whole[:-1], whole[:5000] + b"\0" * 100 + whole[5100:], b""):
        copies[0].write_bytes(harm)
        path = client.app.state.service.copies.path(_only(log))
        assert path.read_bytes() == whole
    copies[0].unlink()
    assert client.get(TILE.replace("hillshade", "relief")).status_code == 200
    assert client.get(TILE).content == first.content
    log.backup(tmp_path / "copy.gpkg")
    done = CliRunner().invoke(commands, ["restore", str(tmp_path / "copy.gpkg"), "--data", str(tmp_path / "back")])
    assert done.exit_code == 0, done.output
    with open_store(tmp_path / "back") as back:
        assert terrain_key(back) == key
        np.testing.assert_array_equal(height_of(back)(places), height(places))
        assert back.check() == []


def _only(log):
    from geo_service.rasters.register import versions

    return versions(log)[-1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A small demonstration area with people and land cover, and its place."""
    place = tmp_path_factory.mktemp("demo") / "data"
    write(place, seed=4, hazards=60, area_km2=900.0, progress=quiet)
    log = open_store(place)
    with TestClient(
        create_app(log, local=True), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50_000)
    ) as client:
        west, south, east, north = log.versions("districts").total_bounds
        n = 80
        size = (max(east - west, north - south) + 0.02) / n
        rng = np.random.default_rng(1)
        people = rng.gamma(0.3, 30, (n, n)).astype("float32")
        people[:30, :30] = -1
        where = {"west": west - 0.01, "north": north + 0.01, "size": size}
        folder = place.parent
        form = {"kind": "population", "unit": "people", "valid_from": "2015-01-01", "name": "people"}
        assert send(client, tiff(folder, people, name="p.tif", nodata=-1, **where), **form).status_code == 201
        cover = rng.choice(np.array([10, 40], "uint8"), (n, n))
        form = {"kind": "land_cover", "valid_from": "2015-01-01", "name": "cover", "classes": '{"40": "cropland"}'}
        assert send(client, tiff(folder, cover, name="c.tif", **where), **form).status_code == 201
        client.people, client.where, client.place = people, where, place
        yield client
    log.close()


def test_people_by_district_and_near_open_ground(demo):
    answer = demo.get("/rasters/people/statistics?by=district")
    rows = answer.json()["rows"]
    coverage = demo.get("/coverage").json()["rows"]
    area = {one["district_id"]: one["area_m2"] for one in coverage if one["district_id"]}
    assert {one["district_id"]: one["area_m2"] for one in rows[:-1]} == pytest.approx(area, rel=1e-9)
    districts = demo.app.state.service.log.versions("districts")
    total = rows[-1]
    assert (total["district"], total["near_km"]) == (None, None)
    assert answer.json()["not_recorded"] == ["schools"]
    assert "schools" not in total
    assert total["people"] == pytest.approx(sum(one["people"] or 0 for one in rows[:-1]), rel=1e-9)
    # By the shares of cells cut by hand.
    one = districts.iloc[int(np.argmax([row["people"] or 0 for row in rows[:-1]]))]
    row, column = np.divmod(np.arange(6400), 80)
    x, y, size = (
        demo.where["west"] + column * demo.where["size"],
        demo.where["north"] - row * demo.where["size"],
        demo.where["size"],
    )
    share = shapely.area(shapely.intersection(shapely.box(x, y - size, x + size, y), one.geometry)) / size**2
    known = demo.people.ravel() >= 0
    by_hand = float((share * demo.people.ravel())[known].sum())
    said = next(row for row in rows if row["district_id"] == one["id"])
    assert 0 < said["people"] == pytest.approx(by_hand, rel=1e-5)
    assert sum(row["without_values_m2"] for row in rows[:-1]) > 0
    assert (
        demo.get(
            "/rasters/people/statistics?by=district", headers={"If-None-Match": answer.headers["etag"]}
        ).status_code
        == 304
    )

    near = demo.get("/rasters/people/statistics?near=1,0.5").json()
    assert [one["near_km"] for one in near["rows"]] == [0.5, 1]
    half, whole = near["rows"]
    opened = demo.get("/coverage").json()["total"]
    assert opened["CHA"] + opened["SHA"] < half["area_m2"] < whole["area_m2"]
    assert half["people"] < whole["people"] < total["people"] * 1.5
    assert half["settlements"] <= whole["settlements"]
    assert "No recorded hazard is not absence of hazard" in near["notice"]
    both = demo.get("/rasters/people/statistics?near=0.5,1&by=district").json()["rows"]
    for km, alone in ((0.5, half), (1, whole)):
        parts = [one for one in both if one["near_km"] == km and one["district_id"] is not None]
        assert sum(one["area_m2"] for one in parts) == pytest.approx(alone["area_m2"], rel=1e-6)
        assert sum(one["people"] or 0 for one in parts) == pytest.approx(alone["people"], rel=1e-6)
    # Asked again with the time that it names, it says the same.
    same = demo.get(
        "/rasters/people/statistics", params={"near": "0.5,1", "as_of": near["as_of"], "known_at": near["known_at"]}
    )
    assert same.json() == near


def test_land_cover_by_class_as_csv_and_what_is_not_known_is_no_zero(demo):
    rows = demo.get("/rasters/cover/statistics?near=1").json()["rows"]
    assert [(one["class"], one["class_name"]) for one in rows] == [(10, ""), (40, "cropland")]
    assert sum(one["m2"] for one in rows) == pytest.approx(rows[0]["area_m2"], rel=1e-6)
    text = demo.get("/rasters/cover/statistics?f=csv").text
    assert text.startswith(
        "district,district_id,near_km,area_m2,with_values_m2,without_values_m2,class,class_name,m2\n"
    )
    assert "cropland" in text
    # A raster far away says of no district that nobody lives there.
    far = tiff(demo.place.parent, np.ones((3, 3), "float32"), name="far.tif", west=10.0)
    send(demo, far, kind="population", unit="people/km2", valid_from="2020-01-01", name="far")
    rows = demo.get("/rasters/far/statistics").json()["rows"]
    assert {one["people"] for one in rows} == {None}
    assert all(one["without_values_m2"] == one["area_m2"] for one in rows)
    for question in ("near=-1", "near=x", "near=0.5,99", "by=device"):
        assert demo.get(f"/rasters/people/statistics?{question}").status_code == 422


def test_the_ground_as_a_geotiff_agrees_with_the_balance(demo, tmp_path):
    answer = demo.get("/coverage", params={"f": "geotiff", "cell_m": 20, "as_of": "2021-06-01"})
    assert answer.status_code == 200, answer.text
    exact = demo.get("/coverage?as_of=2021-06-01").json()
    with rasterio.open(io.BytesIO(answer.content)) as file:
        codes, tags, table, values = file.read(1), file.tags(), file.colormap(1), file.tags(1)
        assert file.crs.to_dict()["proj"] == "laea"
        assert file.res == (20, 20)
    assert (tags["AS_OF"], tags["KNOWN_AT"], tags["REVISION"]) == (
        exact["as_of"],
        exact["known_at"],
        str(exact["revision"]),
    )
    assert "SYNTHETIC" in tags
    assert "No recorded hazard is not absence of hazard" in tags["NOTICE"]
    areas = json.loads(tags["AREAS"])
    for k, state in enumerate(("CHA", "SHA", "cancelled", "reduced", "cleared", "surveyed_no_evidence", "no_recorded_hazard"), 1):  # fmt: skip
        if not exact["total"][state]:
            continue
        counted = float((codes % 10 == k).sum()) * 400
        assert areas[state]["cells_m2"] == counted
        assert areas[state]["exact_m2"] == exact["total"][state]
        if exact["total"][state] > 400 * 500:
            assert counted == pytest.approx(exact["total"][state], rel=1e-3)
            assert areas[state]["within_0.1_percent"] is True
    said = json.loads(tags["CATEGORIES"])
    assert {str(code) for code in np.unique(codes) if code} <= set(said)
    assert values == {f"VALUE_{int(code):02}": text for code, text in said.items()}
    assert table[1][:3] == (224, 0, 0)
    assert demo.get("/coverage?f=geotiff&cell_m=1").status_code == 422
    same = {"f": "geotiff", "cell_m": 20, "as_of": "2021-06-01"}
    assert demo.get("/coverage", params=same, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304

    out = tmp_path / "ground.tif"
    line = ["coverage", "--format", "geotiff", "--cell", "20", "--out", str(out), "--as-of", "2021-06-01", "--data", str(demo.place)]  # fmt: skip
    done = CliRunner().invoke(commands, line)
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == answer.content
    # Beside it, what its values mean as GDAL reads it: each where its value says, in the colour that the file has.
    legend = ET.parse(tmp_path / "ground.tif.aux.xml").find("PAMRasterBand")  # noqa: S314 - our own
    names = [one.text or "" for one in legend.find("CategoryNames")]
    assert {str(k): name for k, name in enumerate(names) if name} == said
    rows = [[cell.text for cell in row] for row in legend.iter("Row")]
    assert {value: text for value, text, *_ in rows} == said
    assert all(table[int(value)] == tuple(map(int, colour)) for value, _, *colour in rows)
    assert "no_recorded_hazard" in done.stdout


def test_the_commands_say_what_the_service_says(demo, tmp_path):
    def say(*arguments):
        done = CliRunner().invoke(commands, [*arguments, "--data", str(demo.place)])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert (
        json.loads(say("raster", "statistics", "people", "--format", "json"))
        == demo.get("/rasters/people/statistics").json()
    )
    assert "SYNTHETIC: invented mountains" in say("raster", "list")
    table = say("raster", "statistics", "people", "--near", "0.5")
    assert "without_values_m2" in table
    path = tiff(tmp_path, np.ones((4, 4), "int16"), name="N-hill.tif")
    assert "N-hill version 1: 4 x 4 cells, 1 to 1 m, 0.00% without a height" in say(
        "raster", "load", str(path), "--kind", "terrain"
    )
    assert "known already" in say("raster", "load", str(path), "--kind", "terrain")
