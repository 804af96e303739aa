"""The file is a GeoPackage that others can look into."""

import shutil
import sqlite3
import subprocess
from contextlib import closing

import numpy as np
import pyogrio
import pytest
import shapely

from layers.definitions import LAYERS


@pytest.fixture
def file(tmp_path, log, drafts):
    day = np.array(["2001-02-03", "2999-01-01"], dtype="datetime64[s]")
    log.append_approved(drafts.draft(drafts.hazards(4, note="first")))
    log.append_approved(drafts.draft(drafts.hazards(1, note="second")))
    later = drafts.hazards(2, note="future").iloc[1:]
    log.append_approved(drafts.draft(later.assign(valid_from=day[1:])))
    gone = drafts.hazards(3, withdrawn=True, status="withdrawn").iloc[2:]
    log.append_approved(drafts.draft(gone))
    log.append(drafts.draft(drafts.hazards(9, seed=1)))
    log.backup(tmp_path / "copy.gpkg")
    return tmp_path / "copy.gpkg"


def test_gdal_lists_the_views_and_the_changesets_only(file):
    listed = dict(pyogrio.list_layers(file))
    assert set(listed) == {*(f"{name}_current" for name in LAYERS), "changesets"}
    assert listed["incidents_current"] == "Point"
    assert listed["changesets"] is None


def test_a_view_holds_what_is_in_force_today(file):
    frame = pyogrio.read_dataframe(file, layer="hazards_current")
    assert dict(zip(frame["id"], frame["note"], strict=True)) == {"H0-0": "second", "H0-1": "first", "H0-3": "first"}
    assert frame.crs.to_epsg() == 4326
    assert frame["opened_on"].dtype.kind == "M"
    assert frame["withdrawn"].dtype == bool
    assert dict(zip(frame["id"], frame["revision"], strict=True)) == {"H0-0": 2, "H0-1": 1, "H0-3": 1}


def test_a_box_finds_what_lies_in_it(file):
    everything = pyogrio.read_dataframe(file, layer="hazards_current")
    one = everything.geometry.iloc[0]
    found = pyogrio.read_dataframe(file, layer="hazards_current", bbox=one.bounds)
    assert found["id"].tolist() == everything["id"][everything.intersects(shapely.box(*one.bounds))].tolist()
    assert len(found) < len(everything)


def test_the_extent_covers_what_was_approved(file, drafts):
    info = pyogrio.read_info(file, layer="hazards_current")
    assert info["total_bounds"] == pytest.approx(tuple(drafts.hazards(4).total_bounds), abs=0)


def test_ogrinfo_opens_it(file):
    program = shutil.which("ogrinfo")
    if program is None:
        pytest.skip("needs Debian's gdal-bin")
    told = subprocess.run([program, "-ro", "-so", file, "hazards_current"], capture_output=True, text=True, check=True)
    assert "Feature Count: 3" in told.stdout
    assert "WARN" not in told.stderr.upper()
    assert "ERROR" not in told.stderr.upper()


def test_a_view_is_not_edited(file):
    with closing(sqlite3.connect(file)) as connection, pytest.raises(sqlite3.OperationalError, match="view"):
        connection.execute("DELETE FROM hazards_current")
