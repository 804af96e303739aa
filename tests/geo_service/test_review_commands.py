"""Review on the command line: a draft, what it would change, its steps, and how it is taken back."""

import getpass
import json

import orjson
from shapely.geometry import box, mapping

from geo_service.store import open_store

SET = ("--set", "classification=SHA", "--set", "opened_on=2020-01-01")


def written(path, *places):
    rows = [
        {"type": "Feature", "id": f"H{x}", "properties": {}, "geometry": mapping(box(46 + x, 39, 46.1 + x, 39.1))}
        for x in places
    ]
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": rows}))
    return path


def total(clearway):
    return json.loads(clearway("coverage", "--format", "json", check=0).stdout)["total"]


def test_a_draft_is_shown_submitted_approved_and_reversed(tmp_path, clearway):
    done = clearway("load", "hazards", written(tmp_path / "a.geojson", 0, 1), *SET, "--draft", check=0)
    assert "changeset 1: draft" in done.stdout
    assert total(clearway)["SHA"] == 0
    shown = clearway("diff", 1, check=0).stdout
    assert "2 added, 0 changed, 0 removed" in shown
    assert "changes by (m2)" in shown
    assert (
        clearway("diff", 1, "--format", "csv", check=0)
        .stdout.splitlines()[0]
        .startswith("id,diff,valid_from,m2_before")
    )
    clearway("approve", 1, check=2)
    assert "submitted" in clearway("submit", 1, check=0).stdout
    assert "H" in clearway("changesets", "--state", "submitted", check=0).stdout.upper()
    assert "approved, revision 1" in clearway("approve", 1, check=0).stdout
    assert total(clearway)["SHA"] > 0
    assert "approved, revision 2" in clearway("reverse", 1, "-m", "wrong file", check=0).stdout
    assert total(clearway)["SHA"] == 0
    steps = clearway("history", 1, check=0).stdout
    assert [word for word in ("received", "submitted", "approved") if word in steps] == [
        "received",
        "submitted",
        "approved",
    ]
    assert getpass.getuser() in steps
    assert "Reverses changeset 1: wrong file" in clearway("changesets", check=0).stdout
    clearway("check", check=0)


def test_steps_that_cannot_be_are_one_line(tmp_path, clearway, data):
    clearway("load", "hazards", written(tmp_path / "a.geojson", 0), *SET, check=0)
    for arguments in (("submit", 1), ("approve", 1), ("reject", 1), ("cancel", 1), ("approve", 9), ("history", 9), ("diff", 9),
                      ("diff", 1, "--format", "odt"), ("reverse", 1, "--valid-from", "2999-01-01"), ("reverse", 1, "--valid-from", "x")):  # fmt: skip
        done = clearway(*arguments, check=2)
        assert done.stderr.count("\n") == 1, done.stderr
        assert "Traceback" not in done.stderr
    with open_store(data) as log:
        log.set_setting("review", value=True)
    clearway("load", "hazards", written(tmp_path / "b.geojson", 1), *SET, check=0)
    assert "somebody other than the author" in clearway("approve", 2, check=2).stderr
    assert "rejected" in clearway("reject", 2, check=0).stdout
