"""What is filed beside the records is kept whole, told once, and goes with every backup."""

import pytest

from geo_service.store import filing, open_store, restore
from geo_service.store.errors import NotFound, WrongState


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.tif"
    path.write_bytes(bytes(range(256)) * (filing.PART // 256) * 2 + b"end")
    return path


def test_what_was_filed_is_read_as_it_was(log, large):
    filed = log.filing.add("raster", "terrain", {"name": "terrain"}, {"a.tif": large, "none": b""}, author="ana")
    assert (filed.kind, filed.subject, filed.author) == ("raster", "terrain", "ana")
    assert log.filing.all("raster") == [filed]
    assert log.filing.last("raster", "terrain") == filed
    assert log.filing.last("raster", "population") is None
    assert log.filing.read(filed.files["a.tif"].sha256) == large.read_bytes()
    assert log.filing.read(filed.files["none"].sha256) == b""
    assert [len(piece) for piece in log.filing.pieces(filed.files["a.tif"].sha256)] == [filing.PART, filing.PART, 3]
    assert log.head() is None
    assert log.check() == []


def test_a_later_one_of_the_same_name_stands_beside_the_first_and_shares_its_bytes(log):
    first, later = (log.filing.add("raster", "terrain", {"n": n}, {"a.tif": b"same"}) for n in range(2))
    assert log.filing.all("raster", "terrain") == [first, later]
    assert log.filing.last("raster", "terrain") == later
    assert first.files == later.files
    assert first.hash != later.hash
    assert log.check() == []


def test_a_number_is_given_once(log):
    log.filing.add("statement", "1", {}, {}, once=True)
    log.filing.add("edition", "1", {}, {}, once=True)
    with pytest.raises(WrongState, match="statement 1 already"):
        log.filing.add("statement", "1", {}, {"a.pdf": b"other"}, once=True)
    assert len(log.filing.all("statement")) == 1
    assert log.check() == []


def test_what_cannot_be_filed_leaves_nothing(log, tmp_path):
    with pytest.raises(ValueError, match="kind"):
        log.filing.add("setting", "review", {}, {})
    with pytest.raises(ValueError, match="JSON"):
        log.filing.add("statement", "1", {"day": object()}, {"a.pdf": b"kept?"})
    with pytest.raises(FileNotFoundError):
        log.filing.add("statement", "1", {}, {"a.pdf": b"kept?", "b.pdf": tmp_path / "none"})
    with pytest.raises(NotFound):
        log.filing.read("0" * 64)
    assert log.filing.all("statement") == []
    assert log.check() == []


def test_a_backup_holds_it(log, tmp_path, place, large):
    filed = log.filing.add("raster", "terrain", {}, {"a.tif": large})
    log.backup(tmp_path / "copy")
    restore(tmp_path / "copy", place("new"))
    with open_store(place("new")) as other:
        assert other.filing.all("raster") == [filed]
        assert other.filing.read(filed.files["a.tif"].sha256) == large.read_bytes()
        assert other.check() == []
