"""Whatever is edited in the file behind the log's back, `check` finds it."""
# ruff: noqa: S608, ISC004 - statements that spoil a store, some over several lines

import datetime as dt
import math
import sqlite3
from contextlib import closing, contextmanager

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.access.tokens import create
from geo_service.clock import utc_now
from geo_service.store import open_store
from geo_service.store.check_file import check
from geo_service.store.connections import FileConnection
from geo_service.store.log import ReportLine, State
from layers.definitions import LAYERS
from layers.versions import typed

TABLES = (
    "journal", "changesets", "jobs", "revisions", "problems", "hazards", "incidents", "gpkg_contents",
    "gpkg_geometry_columns", "gpkg_spatial_ref_sys", "gpkg_extensions", "tokens", "parts",
)  # fmt: skip


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, drafts):
    """A store in memory, with changesets in every state."""
    folder = tmp_path_factory.mktemp("pristine")
    problem = ReportLine(row=1, id="a", level="repair", code="ring", message="100 m² before and after")
    incident = gpd.GeoDataFrame(
        {"id": ["i"], "kind": ["accident"], "occurred_on": ["2001-01-01"], "killed": [1], "extra": [{"a": 1}]},
        geometry=[shapely.Point(47, 39)],
        crs="EPSG:4326",
    )
    with open_store(folder, create=True, synthetic=True) as log:
        log.set_setting("authority", "Centre")
        log.append_approved(drafts.draft(drafts.hazards(2), problems=[problem]), reviewer="ben")
        log.append_approved(drafts.draft(typed(incident, LAYERS["incidents"]), "incidents"))
        log.append(drafts.draft(drafts.hazards(1)), submit=False)
        log.reject(log.append(drafts.draft(drafts.hazards(1))).id)
        log.append(drafts.draft(drafts.hazards(1)))
        remembered = {"signature": "ab" * 32, "answers": '{"mapping":{"id":"no"}}'}
        log.append_approved(drafts.draft(drafts.hazards(1, seed=1), **remembered))
        for _ in range(4):
            log.begin(drafts.claim())
        *_, done, failed, cancelled, _ = (one.id for one in log.processing())
        log.append(drafts.draft(drafts.hazards(1, seed=2), job=done))
        log.stop(failed, State.failed, reason="it can't be read", errors=[{"code": "crs", "choices": ["EPSG:4326"]}])
        log.stop(cancelled, State.cancelled, reason="cancelled by ana", actor="ana")
        create(log.tokens, utc_now, "gone", "editor", owner="Ann", layers=["hazards"], author="root")
        log.tokens.revoke("gone", "root")
        create(log.tokens, utc_now, "held", "admin", expires_at=utc_now() + dt.timedelta(days=1))
        log.filing.add(
            "statement", "1", {"place": "Aliyurd"}, {"statement.pdf": b"%PDF", "map.png": b"png"}, author="ana"
        )
        log.backup(folder / "copy")
    with closing(sqlite3.connect(folder / "copy", isolation_level=None, factory=FileConnection)) as copy:
        yield copy


@contextmanager
def spoilt(pristine):
    """A copy that anything can be done to; its triggers are put back afterwards, as somebody careful would."""
    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=FileConnection)) as copy:
        pristine.backup(copy)
        copy.execute("PRAGMA foreign_keys = OFF")
        triggers = copy.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            copy.execute(f'DROP TRIGGER "{name}"')
        yield copy, lambda: [copy.execute(text) for _, text in triggers]


def other(value, place=0):
    """A value that differs as little as it can."""
    match value:
        case None:
            return 1
        case int():
            return value + 1
        case float():
            return math.nextafter(value, math.inf)
        case str():
            at = place % len(value) if value else 0
            return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :] if value else "x"
        case _:
            at = place % len(value)
            return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


def cells(pristine, table):
    names = [row[1] for row in pristine.execute(f'PRAGMA table_info("{table}")')]
    for rowid, *row in pristine.execute(f'SELECT rowid, * FROM "{table}"').fetchall():
        for name, value in zip(names, row, strict=True):
            yield rowid, name, value


def test_what_nobody_touched_is_sound(pristine):
    with spoilt(pristine) as (copy, finish):
        finish()
        assert check(copy) == []


@pytest.mark.parametrize("table", TABLES)
def test_every_edited_cell_is_found(pristine, table):
    for rowid, name, value in cells(pristine, table):
        with spoilt(pristine) as (copy, finish):
            try:
                copy.execute(f'UPDATE "{table}" SET "{name}" = ? WHERE rowid = ?', (other(value), rowid))
            except sqlite3.IntegrityError:
                continue  # the number of the next row
            finish()
            assert check(copy), f"{table}.{name} of row {rowid}: {value!r}"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_byte_of_a_version_counts(pristine, data):
    table = data.draw(st.sampled_from(["hazards", "incidents", "problems", "changesets", "journal", "jobs"]))
    chosen = [cell for cell in cells(pristine, table) if isinstance(cell[2], str | bytes) and cell[2]]
    rowid, name, value = data.draw(st.sampled_from(chosen))
    changed = other(value, data.draw(st.integers(0, len(value) - 1)))
    with spoilt(pristine) as (copy, finish):
        copy.execute(f'UPDATE "{table}" SET "{name}" = ? WHERE rowid = ?', (changed, rowid))
        finish()
        assert check(copy)


@pytest.mark.parametrize("table", TABLES)
def test_every_deleted_row_is_found(pristine, table):
    for (rowid,) in pristine.execute(f'SELECT rowid FROM "{table}"').fetchall():
        if table == "gpkg_spatial_ref_sys" and rowid < 1:
            continue
        with spoilt(pristine) as (copy, finish):
            copy.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))
            finish()
            assert check(copy), f"row {rowid} of {table}"


@pytest.mark.parametrize(
    "statement",
    [
        'INSERT INTO hazards SELECT 99, geom, changeset, "id", valid_from, classification, opened_on, status, '
        "change, keeps_released, devices, evidence, reported_area_m2, positional_accuracy_m, estimated_geometry, "
        "withdrawn, note, source, extra FROM hazards LIMIT 1",
        "UPDATE hazards SET changeset = 99 WHERE fid = 1",
        "INSERT INTO problems VALUES (99, 99, NULL, NULL, 'error', 'x', 'x')",
        "INSERT INTO journal VALUES (99, '', '', 'setting', 'authority', '\"me\"', '00')",
        "UPDATE revisions SET number = number + 10",
        "INSERT INTO jobs SELECT 99, layer, author, message, source_name, source_sha256, created_at, request, 'done', NULL, NULL FROM jobs LIMIT 1",
        "UPDATE jobs SET state = 'done' WHERE state = 'cancelled'",
        "UPDATE jobs SET state = 'processing' WHERE state = 'failed'",
        "DELETE FROM jobs",
        "DELETE FROM rtree_hazards_geom WHERE id = 1",
        "UPDATE rtree_hazards_geom SET minx = minx - 1, maxx = maxx - 1",
        "DROP VIEW hazards_current",
        "DROP INDEX hazards_id",
        "CREATE TRIGGER quiet AFTER INSERT ON hazards BEGIN DELETE FROM hazards WHERE fid = 1; END",
        "ALTER TABLE changesets ADD COLUMN more TEXT",
        "PRAGMA user_version = 0",
        "PRAGMA application_id = 0",
        "DELETE FROM journal",
        "DELETE FROM revisions",
        "INSERT INTO tokens VALUES ('a', 'a', 'a', 'admin', NULL, 0, '', NULL, 'a', NULL)",
    ],
)
def test_what_was_added_or_taken_away_is_found(pristine, statement):
    with spoilt(pristine) as (copy, finish):
        copy.execute(statement)
        finish()
        assert check(copy)


def test_a_dropped_trigger_is_found(pristine):
    with spoilt(pristine) as (copy, _):
        assert any("trigger" in one.message for one in check(copy))


def test_styles_saved_by_qgis_are_left_alone(pristine):
    with spoilt(pristine) as (copy, finish):
        finish()
        copy.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleqml TEXT)")
        copy.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 'x')"
        )
        assert check(copy) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hazards SET note = 'x'",
        "DELETE FROM hazards",
        "INSERT OR REPLACE INTO hazards (fid, geom, changeset, id, valid_from, classification, opened_on, "
        "keeps_released, estimated_geometry, withdrawn) "
        "VALUES (1, x'00', 1, 'a', '2001-01-01', 'SHA', '2001-01-01', 0, 0, 0)",
        "INSERT INTO hazards (geom, changeset, id, valid_from, classification, opened_on, keeps_released, "
        "estimated_geometry, withdrawn) VALUES (x'00', 99, 'a', '2001-01-01', 'SHA', '2001-01-01', 0, 0, 0)",
        "DELETE FROM revisions",
        "UPDATE revisions SET recorded_at = 'x'",
        "INSERT INTO revisions VALUES (9, 'x', 4, 'x')",
        "INSERT OR REPLACE INTO revisions VALUES (1, 'x', 4, 'x')",
        "UPDATE journal SET at = 'x'",
        "DELETE FROM journal",
        "INSERT INTO journal VALUES (99, '', '', '', '', '', '')",
        "UPDATE changesets SET message = 'x'",
        "UPDATE changesets SET state = 'submitted' WHERE state = 'approved'",
        "UPDATE changesets SET state = 'approved' WHERE state = 'draft'",
        "UPDATE changesets SET digest = 'x'",
        "UPDATE changesets SET reviewed_by = 'x' WHERE state = 'approved'",
        "DELETE FROM changesets",
        "UPDATE changesets SET answers = '{}'",
        "UPDATE jobs SET state = 'processing' WHERE state = 'failed'",
        "UPDATE jobs SET state = 'failed' WHERE state = 'done'",
        "UPDATE jobs SET state = 'submitted' WHERE state = 'processing'",
        "UPDATE jobs SET request = '{}'",
        "UPDATE jobs SET reason = 'x' WHERE state = 'failed'",
        "DELETE FROM jobs",
        "INSERT INTO jobs (id, layer, author, message, source_name, source_sha256, created_at, request, state) VALUES (1, 'hazards', '', '', '', '', '', '', 'processing')",
        "INSERT INTO jobs (id, layer, author, message, source_name, source_sha256, created_at, request, state) VALUES (99, 'hazards', '', '', '', '', '', '', 'done')",
        "UPDATE problems SET message = 'x'",
        "DELETE FROM problems",
        "INSERT INTO problems (changeset, level, code, message) VALUES (1, 'x', 'x', 'x')",
        "UPDATE tokens SET role = 'admin'",
        "UPDATE tokens SET revoked_at = NULL",
        "UPDATE tokens SET revoked_at = 'x' WHERE name = 'gone'",
        "DELETE FROM tokens",
        "UPDATE parts SET bytes = x'00'",
        "DELETE FROM parts",
        "INSERT OR REPLACE INTO parts SELECT sha256, part, x'00' FROM parts",
        "INSERT OR REPLACE INTO tokens SELECT id, name, owner, 'admin', layers, read_only, created_at, expires_at, "
        "sha256, revoked_at FROM tokens",
    ],
)
def test_the_file_refuses_to_be_changed_by_hand(pristine, statement):
    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=FileConnection)) as copy:
        pristine.backup(copy)
        copy.execute("PRAGMA recursive_triggers = OFF")
        with pytest.raises(sqlite3.IntegrityError):
            copy.execute(statement)
        assert check(copy) == []
