"""Evidence on both stores: issued, published, filed and drawn alike, byte for byte, from the same records and moments."""

import datetime as dt
import hashlib

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box, mapping

from geo_service.store import restore
from tests.geo_service.conftest import KINDS
from tests.geo_service.statements.conftest import Programme
from tests.geo_service.stores import Places
from tests.geo_service.tiles.decoder import layers
from tests.geo_service.tiles.ground import tile_at

FORM = {"parcel": mapping(box(46.01, 39.01, 46.07, 39.06)), "purpose": "a school"}
PERIOD = {"from": "2025-12-31", "to": "2026-02-28"}
NEW = box(46.062, 39.052, 46.068, 39.058)
"""A hazard on the ground of the statement, reported late: it was opened within the period."""

TILES = (
    *("/collections/hazards/tiles/WebMercatorQuad/{}/{}/{}".format(z, *tile_at(46.065, 39.055, z)) for z in (0, 8, 10, 13)),
    *("/coverage/tiles/WebMercatorQuad/{}/{}/{}".format(z, *tile_at(46.065, 39.055, z)) for z in (6, 10, 13)),
    "/collections/roads/tiles/WebMercatorQuad/11/{}/{}".format(*tile_at(46.15, 39.021, 11)),
)  # fmt: skip
READS = (
    *("/statements/1?f=record", "/statements/1?f=pdf", "/statements/1", "/statements"),
    *("/editions/1?f=json", "/editions/1?f=xlsx", "/editions/1?f=pdf", "/editions", "/editions/1/compare?with=2"),
    *(f"/reports?from={PERIOD['from']}&to={PERIOD['to']}&f={form}" for form in ("json", "csv", "xlsx")),
    *("/returning", "/returning?f=csv", "/rasters", "/rasters/hills?version=1", "/rasters/hills/file"),
    "/rasters/hills/tiles/slope/11/{}/{}.png".format(*tile_at(46.05, 39.05, 11)),
    "/rasters/people/statistics?by=district",
    *TILES,
)


def raster(folder, name, cells, **form):
    path = folder / f"{name}.tif"
    profile = {"driver": "GTiff", "height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype,
               "crs": "EPSG:4326", "transform": from_origin(46, 39.1, 0.002, 0.002)}  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(cells, 1)
    return {"files": {"file": (path.name, path.read_bytes())}, "data": {"name": name, **form}}


class Evidence:
    """A programme in which all that can be evidence was made, then a hazard reported late and approved."""

    def __init__(self, place, folder):
        self.programme = Programme(place, records=False)
        self.programme.clock.now += dt.timedelta(hours=1)
        self.client, self.log = self.programme.client, self.programme.log
        self.statement = self.programme.state(**FORM)
        self.edition = self.posted("/editions", json=PERIOD)
        heights = np.add.outer(np.arange(50) * 9, np.arange(100) * 4).astype("int16")
        self.hills = self.posted("/rasters", **raster(folder, "hills", heights, kind="terrain"))
        people = np.full((50, 100), 0.5, "float32")
        given = {"kind": "population", "unit": "people", "valid_from": "2020-01-01"}
        self.posted("/rasters", **raster(folder, "people", people, **given))
        self.returned = self.read("/returning").json()
        self.drawn = self.read(TILES[2]).content
        self.before = self.status()
        self.programme.clock.now += dt.timedelta(hours=1)
        self.log.set_setting("review", value=True)
        late = {"classification": "CHA", "opened_on": "2026-01-15"}
        self.sent = self.programme.load("hazards", [("H-NEW", NEW, late)])
        self.waiting = self.status()
        self.log.approve(self.sent["id"], "Ben")
        self.restated = self.posted("/editions", json=PERIOD)

    def posted(self, path, **sent):
        answer = self.client.post(path, **sent)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def read(self, path):
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer

    def status(self):
        return self.read("/statements/1").json()["status"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The records of the programme as a backup, so that stores of both kinds go on from the same journal."""
    folder = tmp_path_factory.mktemp("records")
    one = Programme(folder / "store")
    one.log.backup(folder / "copy")
    one.close()
    return folder / "copy"


@pytest.fixture(scope="module")
def evidence_in(request, tmp_path_factory, copy):
    """Evidence in a store of a kind, made when it is first asked for."""
    made = {}

    def of(kind):
        if kind not in made:
            places = Places(request.getfixturevalue("postgis_server").url if kind == "postgis" else None)
            folder = tmp_path_factory.mktemp(kind)
            place = places.new(folder / "store")
            restore(copy, place)
            made[kind] = places, place, Evidence(place, folder)
        return made[kind][2]

    yield of
    for places, place, one in made.values():
        one.programme.close()
        places.clear(place)


@pytest.fixture(params=KINDS)
def evidence(request, evidence_in):
    return evidence_in(request.param)


def test_a_statement_holds_until_a_change_is_approved_and_a_changed_copy_fails(evidence):
    client = evidence.client
    said = evidence.read("/statements/1").json()
    assert (evidence.sent["state"], evidence.before, evidence.waiting) == ("submitted", "valid", "valid")
    assert said["status"] == "superseded"
    assert said["states"] == evidence.statement["states"]
    [added] = [one for one in said["changes"] if one["what"] == "added"]
    assert (added["id"], added["changeset"]) == ("H-NEW", evidence.sent["id"])
    for form, digest in (("pdf", said["pdf_sha256"]), ("record", said["sha256"])):
        copy = evidence.read(f"/statements/1?f={form}").content
        assert hashlib.sha256(copy).hexdigest() == digest
        changed = bytearray(copy)
        changed[len(copy) // 2] ^= 1
        verified = [
            client.post("/statements/1/verify", files={"file": ("copy", bytes(one))}).json() for one in (copy, changed)
        ]
        assert [one["genuine"] for one in verified] == [True, False]
        assert verified[0]["status"] == "superseded"


def test_an_edition_stays_as_published_and_the_next_one_says_what_changed(evidence):
    said = [evidence.read(f"/editions/{k}/verify").json()["verified"] for k in (1, 2)]
    assert said == [True, True]
    difference = evidence.read("/editions/1/compare?with=2").json()["difference"]
    # 0.006 degrees square at 39.05 N.
    assert difference["CHA"] == pytest.approx(519.4 * 666.1, rel=2e-3)
    tables = [{one["name"] for one in evidence.read(f"/editions/{k}?f=json").json()["tables"]} for k in (1, 2)]
    assert "restatement" in tables[1] - tables[0]


def test_the_table_of_return_moves_with_the_ground(evidence):
    before, now = evidence.returned, evidence.read("/returning").json()
    assert [row["settlement"] for row in before["settlements"]] == ["V-1"]
    assert before["revision"] < now["revision"]
    assert now["settlements"][0]["access"]["reached"]
    asked = f"/returning?as_of={before['as_of']}&known_at={before['known_at']}".replace("+", "%2B")
    assert evidence.read(asked).json() == before


def test_a_raster_is_read_as_it_was_filed_and_summed_up(evidence):
    kept = evidence.read("/rasters/hills/file").content
    assert (hashlib.sha256(kept).hexdigest(), len(kept)) == (evidence.hills["sha256"], evidence.hills["size"])
    with rasterio.MemoryFile(kept) as memory, memory.open() as held:
        assert held.read(1)[-1, -1] == 49 * 9 + 99 * 4
    total = evidence.read("/rasters/people/statistics?by=district").json()["rows"][-1]
    assert total["people"] == pytest.approx(0.5 * 50 * 100, rel=1e-6)


def test_tiles_hold_the_records_and_the_ground(evidence):
    [hazards] = [layers(evidence.read(TILES[2]).content)["hazards"].features]
    items = evidence.read("/collections/hazards/items").json()["features"]
    drawn = {one.properties["id"] for one in hazards}
    assert "H-NEW" in drawn <= {one["id"] for one in items}
    assert "H-NEW" not in {one.properties["id"] for one in layers(evidence.drawn)["hazards"].features}
    cells = layers(evidence.read(TILES[0]).content)["hazards"].features
    assert sum(one.properties["hazards"] for one in cells) == len(items)
    faces = layers(evidence.read(TILES[5]).content)["states"].features
    assert {"CHA", "SHA", "cleared"} <= {one.properties["state"] for one in faces}


def test_every_byte_is_sound(evidence):
    assert evidence.log.check() == []


@pytest.mark.postgis
def test_both_stores_answer_the_same_bytes(evidence_in):
    sqlite, postgis = (evidence_in(kind) for kind in ("sqlite", "postgis"))
    differ = [path for path in READS if sqlite.read(path).content != postgis.read(path).content]
    assert differ == []
    tags = [{path: one.read(path).headers.get("etag") for path in TILES} for one in (sqlite, postgis)]
    assert tags[0] == tags[1]
