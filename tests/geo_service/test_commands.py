"""The command line as a user types it: exit codes, reports, backups, and what a killed process leaves behind."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time

import geopandas as gpd
import orjson
import pytest
from shapely.geometry import box, mapping

from geo_service.store import open_store
from tests.geo_service.commands import CLEARWAY, in_process

SET = ("--set", "classification=SHA", "--set", "opened_on=2020-01-01")


def written(path, count=1, bad=0, **properties):
    rows = [
        {"type": "Feature", "id": f"{path.stem}-{k}", "properties": properties,
         "geometry": None if k < bad else mapping(box(46 + k / 1000, 39, 46 + (k + 1) / 1000, 39.001))}
        for k in range(count)
    ]  # fmt: skip
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": rows}))
    return path


def test_exit_codes_of_load(tmp_path, clearway, clearway_process):
    clearway("load", "hazards", written(tmp_path / "good.geojson", 3), *SET, check=0)
    clearway("load", "hazards", written(tmp_path / "some.geojson", 3, bad=1), *SET, check=1)
    clearway("load", "hazards", written(tmp_path / "none.geojson", 3, bad=3), *SET, check=2)
    clearway("load", "hazards", tmp_path / "missing.geojson", check=2)
    clearway("load", "nothing", tmp_path / "good.geojson", check=2)
    broken = tmp_path / "broken.geojson"
    broken.write_text('{"type":')
    clearway("load", "hazards", broken, check=2)
    done = clearway_process("load", "hazards", broken, check=2)
    assert "Traceback" not in done.stderr
    assert "not valid JSON" in done.stderr


def test_the_report_holds_every_row(tmp_path, clearway):
    clearway(
        "load", "hazards", written(tmp_path / "a.geojson", 30, bad=20), *SET, "--report", tmp_path / "r.csv", check=1
    )
    lines = (tmp_path / "r.csv").read_text().splitlines()
    assert lines[0] == "row,id,level,code,message,values"
    assert sum(",error,no_geometry," in line for line in lines) == 20


def test_set_yields_to_the_rows_own_values(tmp_path, clearway):
    clearway(
        "load",
        "hazards",
        written(tmp_path / "a.geojson", 1, classification="CHA", opened_on="2019-01-01"),
        *SET,
        check=0,
    )
    total = json.loads(clearway("coverage", "--format", "json", check=0).stdout)["total"]
    assert (total["SHA"], total["CHA"] > 0) == (0, True)


def test_a_store_that_is_not_there_says_what_to_do(clearway):
    done = clearway("coverage", check=2)
    assert "load" in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_wrong_times_are_one_line(tmp_path, clearway):
    clearway("load", "hazards", written(tmp_path / "a.geojson"), *SET, check=0)
    for arguments in (("coverage", "--as-of", "2999-01-01"), ("coverage", "--by", "colour"), ("coverage", "--format", "odt"),
                      ("ledger", "--from", "2021-01-01", "--to", "2020-01-01"), ("serve", "--host", "0.0.0.0")):  # fmt: skip # noqa: S104
        done = clearway(*arguments, check=2)
        assert done.stderr.count("\n") == 1, done.stderr


def test_export_opens_with_every_layer_its_dates_and_its_sentences(tmp_path, clearway):
    clearway("load", "hazards", written(tmp_path / "a.geojson", 4, devices=["AP_mine", "UXO"]), *SET, check=0)
    out = tmp_path / "out.gpkg"
    clearway("export", out, check=0)
    frame = gpd.read_file(out, layer="hazards")
    assert len(frame) == 4
    assert frame["devices"].tolist() == ["AP_mine;UXO"] * 4
    assert str(frame["opened_on"].iloc[0])[:10] == "2020-01-01"
    assert frame["state"].tolist() == ["open"] * 4
    with sqlite3.connect(out) as connection:
        about = dict(connection.execute("SELECT name, value FROM about"))
        styled = {row[0] for row in connection.execute("SELECT f_table_name FROM layer_styles WHERE useAsDefault")}
        registered = {row[0] for row in connection.execute("SELECT table_name FROM gpkg_contents")}
    connection.close()
    assert "No recorded hazard is not absence of hazard" in about["notice"]
    assert {"hazards", "releases"} <= styled
    assert {"layer_styles", "about", "hazards", "roads"} <= registered


def test_export_to_a_folder_is_geojson_that_says_what_it_must(tmp_path, clearway):
    clearway("load", "hazards", written(tmp_path / "a.geojson", 4), *SET, "--message", "first", check=0)
    clearway("export", tmp_path / "out", check=0)
    body = json.loads((tmp_path / "out" / "hazards.geojson").read_text())
    assert (len(body["features"]), body["as_of"][:2]) == (4, "20")
    assert "residual risk" in body["notice"]


def test_backup_and_restore(tmp_path, clearway, clearway_process, data):
    """The backup and the restore in processes of their own, as on the day they are needed."""
    clearway("load", "hazards", written(tmp_path / "a.geojson", 4), *SET, check=0)
    before = clearway("coverage", "--format", "json", check=0).stdout
    clearway_process("backup", tmp_path / "copy.gpkg", check=0)
    for path in data.iterdir():
        path.unlink()
    clearway_process("restore", tmp_path / "copy.gpkg", check=0)
    assert clearway("coverage", "--format", "json", check=0).stdout == before
    (tmp_path / "copy.gpkg").write_bytes(b"rubbish")
    clearway("restore", tmp_path / "copy.gpkg", check=2)
    assert clearway("coverage", "--format", "json", check=0).stdout == before


@pytest.mark.slow
def test_a_killed_load_leaves_all_of_it_or_nothing(tmp_path, clearway, data):
    """kill -9 at any moment: what was acknowledged is there, what was not is not there by half."""
    clearway("load", "districts", written(tmp_path / "d.geojson", 1, name="One"), check=0)
    random.seed(1)
    acknowledged, count = [], 300
    turns = int(os.environ.get("CLEARWAY_KILLS", "8"))
    for turn in range(turns):
        path = written(tmp_path / f"t{turn}.geojson", count)
        command = [CLEARWAY, "load", "hazards", path, *SET, "--data", data]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        time.sleep(random.uniform(0.7, 2.2))
        child.send_signal(signal.SIGKILL)
        said = child.communicate()[0]
        if "approved: revision" in said:
            acknowledged.append(path.stem)
    log = open_store(data)
    try:
        ids = log.versions("hazards")["id"]
        for turn in range(turns):
            found = int(ids.str.startswith(f"t{turn}-").sum())
            assert found in {0, count}
            assert found == count or f"t{turn}" not in acknowledged
        assert log.check() == []
    finally:
        log.close()
    clearway("check", check=0)


@pytest.mark.slow
def test_a_backup_taken_while_loading_is_whole(tmp_path, clearway, data):
    clearway("load", "districts", written(tmp_path / "d.geojson", 1, name="One"), check=0)
    children = [
        subprocess.Popen(
            [CLEARWAY, "load", "hazards", written(tmp_path / f"b{k}.geojson", 500), *SET, "--data", data],
            stdout=subprocess.DEVNULL,
        )
        for k in range(2)
    ]
    copies = []
    while any(child.poll() is None for child in children):
        copies.append(tmp_path / f"copy{len(copies)}.gpkg")
        clearway("backup", copies[-1], check=0)
    # Two writers at once: neither loses a row, neither is turned away.
    assert [child.returncode for child in children] == [0, 0]
    log = open_store(data)
    assert len(log.versions("hazards")) == 1000
    log.close()
    assert len(copies) > 1
    for copy in (copies[0], copies[len(copies) // 2], copies[-1]):
        for command in (("restore", copy), ("check",)):
            done = in_process([*command, "--data", tmp_path / copy.stem], {})
            assert done.returncode == 0, done.stderr
