"""Whatever a table holds: rows read are accepted or rejected, and every line of the report points at its row."""

import csv
import io

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import reading

cells = {
    "kind": st.sampled_from(["item", "strike", "spoon", ""]),
    "found_on": st.sampled_from(["2020-01-01", "13.01.2020", "soon", ""]),
    "quantity": st.sampled_from(["1", "-1", "1.5", "many", ""]),
    "lat": st.sampled_from(["39.5", "39 30 00", "x", ""]),
    "lon": st.sampled_from(["46.5", "46 30 00", "446.5", ""]),
}
tables = st.lists(st.fixed_dictionaries(cells) | st.none(), min_size=1, max_size=12).filter(any)
"""Rows; None is an empty line."""


def written(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", *cells, "remark"])
    for number, row in enumerate(rows, start=1):
        writer.writerow([] if row is None else [f"S{number}", *(row[name] for name in cells), f"row {number}"])
    return out.getvalue().encode()


@settings(max_examples=60)
@given(tables)
def test_rows_add_up_and_are_pointed_at(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    path.write_bytes(written(rows))
    verdict = reading.load(path, "spots")
    real = {number: row for number, row in enumerate(rows, start=1) if row}
    assert verdict.rows_read == len(real) == verdict.accepted + verdict.rejected
    bad = {one.row for one in verdict.problems if one.level == "error"}
    assert len(bad) == verdict.rejected
    assert bad | set(verdict.versions["source_row"]) == set(real)
    for one in verdict.problems:
        if one.row is not None:
            assert one.id == f"S{one.row}"
            assert orjson.loads(one.values)["remark"] == f"row {one.row}"
    for number, identifier in zip(verdict.versions["source_row"], verdict.versions["id"], strict=True):
        assert identifier == f"S{number}"


@settings(max_examples=60)
@given(tables)
def test_a_row_is_rejected_for_what_is_wrong_with_it_alone(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    path.write_bytes(written(rows))
    verdict = reading.load(path, "spots", answers={"column.kind": "kind", "column.found_on": "found_on"})
    bad = {one.row for one in verdict.problems if one.level == "error"}
    for number, row in enumerate(rows, start=1):
        if row:
            wrong = (
                row["kind"] == "spoon"
                or row["found_on"] in {"soon", ""}
                or row["quantity"] in {"-1", "1.5", "many"}
                or row["lat"] in {"x", ""}
                or row["lon"] in {"446.5", ""}
            )
            assert (number in bad) == wrong, row
