"""Tables on disk: believed where they fit to the last byte, and made anew otherwise; and portions as files."""

import numpy as np
import pytest
from test_moving import anew, history, same_tables

from layers import coverage
from layers.coverage import keeping, parcels
from layers.coverage.arrangement import built, portions_of_all
from layers.coverage.work import work_out

SIZE = 2.0**-8


@pytest.fixture(scope="module")
def given_():
    return history(11, 40)


@pytest.fixture(scope="module")
def arrangement(given_):
    return anew(given_, SIZE, planar=False)


def test_what_was_kept_comes_back(arrangement, given_, tmp_path):
    file = tmp_path / "kept"
    keeping.keep(arrangement, file, "mark")
    back = keeping.kept(coverage.Arrangement, given_, file, "mark")
    same_tables(back, arrangement)
    day = "2021-01-01"
    assert back.partition(day).equals(arrangement.partition(day))
    assert back.partition(day).attrs["certificate"]["passed"]
    assert keeping.mark_of(file) == "mark"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_another_mark_or_other_versions_are_not_believed(arrangement, given_, tmp_path):
    file = tmp_path / "kept"
    keeping.keep(arrangement, file, "mark")
    assert keeping.kept(coverage.Arrangement, given_, file, "another") is None
    fewer = {name: frame.iloc[:-1] for name, frame in given_.items()}
    assert keeping.kept(coverage.Arrangement, fewer, file, "mark") is None
    assert keeping.kept(coverage.Arrangement, given_, tmp_path / "absent", "mark") is None


def test_another_version_of_the_code_is_not_believed(arrangement, given_, tmp_path, monkeypatch):
    file = tmp_path / "kept"
    keeping.keep(arrangement, file, "mark")
    monkeypatch.setattr(keeping, "fingerprint", lambda: "of another version")
    assert keeping.mark_of(file) is None
    assert keeping.kept(coverage.Arrangement, given_, file, "mark") is None


def test_a_torn_or_altered_file_is_not_believed(arrangement, given_, tmp_path):
    file = tmp_path / "kept"
    keeping.keep(arrangement, file, "mark")
    whole = file.read_bytes()
    rng = np.random.default_rng(1)
    for length in [0, 1, len(whole) // 2, len(whole) - 1, *rng.integers(0, len(whole), 20).tolist()]:
        file.write_bytes(whole[:length])
        assert keeping.kept(coverage.Arrangement, given_, file, "mark") is None
    for place in rng.integers(0, len(whole), 40).tolist():
        altered = bytearray(whole)
        altered[place] ^= 1
        file.write_bytes(bytes(altered))
        assert keeping.kept(coverage.Arrangement, given_, file, "mark") is None, place


def test_a_file_that_cannot_be_written_leaves_the_old_one(arrangement, tmp_path, monkeypatch):
    file = tmp_path / "kept"
    keeping.keep(arrangement, file, "old")

    def full(_):
        raise OSError("no space left")

    monkeypatch.setattr(keeping.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        keeping.keep(arrangement, file, "new")
    assert keeping.mark_of(file) == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_portion_reads_as_it_was_written(arrangement, tmp_path):
    def by_way_of_files(portions):
        for number, one in enumerate(portions):
            parcels.write(one, tmp_path / str(number))
            yield work_out(parcels.read(tmp_path / str(number)))

    same_tables(built(arrangement, workers=by_way_of_files), arrangement)
    first = next(iter(portions_of_all(arrangement)))
    back = parcels.read(tmp_path / "0")
    assert back.releases.named.tolist() == first.releases.named.tolist()
    assert back.digests.tolist() == first.digests.tolist()
