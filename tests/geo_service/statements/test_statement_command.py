"""`clearway statement`: made, shown, listed, verified."""

import json

import pytest
from shapely.geometry import box, mapping

from geo_service.balance import Refused
from geo_service.cli import app


@pytest.fixture
def clearway(own, capsys):
    """Run a command on the store; answers its exit code and what it printed."""
    own.log.set_setting("statements", {"stale_days": 3660})

    def run(*arguments):
        code = app(["statement", *map(str, arguments), "--data", str(own.folder)], standalone_mode=False)
        return code or 0, capsys.readouterr().out

    return run


def test_a_statement_is_made_shown_listed_and_verified(clearway, tmp_path, own):
    parcel, paper, record = tmp_path / "parcel.geojson", tmp_path / "out.pdf", tmp_path / "out.json"
    parcel.write_text(json.dumps(mapping(box(46.01, 39.01, 46.07, 39.06))))
    code, said = clearway("make", "--parcel", parcel, "--out", paper, "--asked-by", "A. Person", "--format", "json")
    made = json.loads(said)
    assert (code, made["statement"], made["asked_by"], made["issued_by"]) == (0, 1, "A. Person", "command line")
    assert own.client.get("/statements/1?f=pdf").content == paper.read_bytes()
    assert clearway("show", 1, "--out", record)[0] == 0
    assert json.loads(record.read_bytes())["states"] == made["states"]
    code, said = clearway("show", 1)
    assert "Statement 1" in said
    assert "No recorded hazard is not absence of hazard" in said
    assert "A. Person" in clearway("list")[1]
    assert json.loads(clearway("list", "--format", "json")[1])["statements"][0]["statement"] == 1
    assert clearway("verify", 1, paper)[0] == 0
    content = bytearray(paper.read_bytes())
    content[len(content) // 2] ^= 1
    paper.write_bytes(content)
    code, said = clearway("verify", 1, paper)
    assert code == 1
    assert "not what was issued" in said


def test_what_is_asked_badly_is_a_line(clearway, tmp_path):
    with pytest.raises(Refused, match=r"OUT\.pdf"):
        clearway("make", "--settlement", "V-1", "--out", tmp_path / "out.txt")
    with pytest.raises(Refused, match="one parcel, one road or one settlement"):
        clearway("make")
    with pytest.raises(Refused, match="can't be read"):
        clearway("make", "--parcel", tmp_path / "none.geojson")
