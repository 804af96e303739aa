"""What is PostgreSQL's own: the schema, its guards, views for QGIS, connections that break - and the same hashes."""
# ruff: noqa: S608, ISC004, PLR0911, SIM117 - statements that spoil a store, over several lines

import datetime as dt
import math
import shutil
import subprocess
import threading
from contextlib import closing
from dataclasses import replace

import geopandas as gpd
import numpy as np
import psycopg
import pytest
import shapely
from psycopg import errors as reported

from geo_service.access.tokens import create
from geo_service.clock import utc_now
from geo_service.store import open_store, restore
from geo_service.store.checking import RECORDS, verify
from geo_service.store.errors import (
    NotFound,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreTooNew,
    StoreUnreachable,
)
from geo_service.store.locations import database_at, environment_of, located
from geo_service.store.log import ReportLine, State
from geo_service.store.migrations import STEPS as FILE_STEPS
from geo_service.store.postgis import checking, migrations
from geo_service.store.postgis.connections import ServerPool, connect
from geo_service.store.postgis.copies import TABLES
from geo_service.store.postgis.opening import open_database
from layers.definitions import LAYERS
from layers.versions import typed

KINDS = (pytest.param("postgis", marks=pytest.mark.postgis),)


@pytest.fixture
def sql(place):
    """A superuser's connection that finds the store's schema first."""
    where = place("store")
    with psycopg.connect(where.url, autocommit=True) as connection:
        connection.execute(f'SET search_path = "{where.schema}", public')
        yield connection


def incident():
    frame = gpd.GeoDataFrame(
        {"id": ["i"], "kind": ["accident"], "occurred_on": ["2001-01-01"], "killed": [1], "extra": [{"a": 1}]},
        geometry=[shapely.Point(47, 39)],
        crs="EPSG:4326",
    )
    return typed(frame, LAYERS["incidents"])


def filled(log, drafts):
    """Bring changesets, jobs and tokens in every state into a store."""
    problem = ReportLine(row=1, id="a", level="repair", code="ring", message="100 m² before and after")
    log.set_setting("authority", "Centre")
    log.append_approved(drafts.draft(drafts.hazards(2), problems=[problem]), reviewer="ben")
    log.append_approved(drafts.draft(incident(), "incidents"))
    log.append(drafts.draft(drafts.hazards(1)), submit=False)
    log.reject(log.append(drafts.draft(drafts.hazards(1))).id)
    log.append_approved(drafts.draft(drafts.hazards(1, seed=1), signature="ab" * 32, answers='{"mapping":{}}'))
    for _ in range(4):
        log.begin(drafts.claim())
    *_, done, failed, cancelled, _ = (one.id for one in log.processing())
    log.append(drafts.draft(drafts.hazards(1, seed=2), job=done))
    log.stop(failed, State.failed, reason="it can't be read", errors=[{"code": "crs", "choices": ["EPSG:4326"]}])
    log.stop(cancelled, State.cancelled, reason="cancelled by ana", actor="ana")
    create(log.tokens, utc_now, "gone", "editor", owner="Ann", layers=["hazards"], author="root")
    log.tokens.revoke("gone", "root")
    create(log.tokens, utc_now, "held", "admin", expires_at=utc_now() + dt.timedelta(days=1))
    log.filing.add("statement", "1", {"place": "Aliyurd"}, {"statement.pdf": b"%PDF", "map.png": b"png"}, author="ana")


@pytest.fixture(scope="module")
def kept(stores, drafts):
    """A filled store, for tests that leave it as it is; and a superuser's connection to it."""
    with stores.fresh() as log:
        filled(log, drafts)
        where = log._server.where
        with psycopg.connect(where.url, autocommit=True) as connection:
            connection.execute(f'SET search_path = "{where.schema}", public')
            yield log, connection


def test_the_same_changesets_give_the_same_bytes_and_hashes_in_both(tmp_path, log, drafts):
    filled(log, drafts)
    log.backup(tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "file")
    now = utc_now() + dt.timedelta(hours=1)
    strange = drafts.hazards(3, seed=5, note="a\0b \ue000 \ue0000 \U0001f4a3", reported_area_m2=[0.1, -0.0, 1e300])
    lines = [ReportLine(row=None, id="\0", level="notice", code="x", message="\ue0001")]
    heads = []
    for where in (tmp_path / "file", log._server.where):
        with open_store(where, clock=lambda: now) as one:
            one.append_approved(drafts.draft(strange, problems=lines, author="Ayn\0r"))
            one.append_approved(drafts.draft(incident(), "incidents"))
            assert one.check() == []
            heads.append((one.revisions(), one.steps(one.head().changeset)))
            assert one.versions("hazards")["note"].tolist()[-1] == "a\0b \ue000 \ue0000 \U0001f4a3"
            assert one.report(one.head().changeset - 1) == lines
    assert heads[0] == heads[1]


def test_both_kinds_have_had_the_same_steps():
    assert len(migrations.STEPS) == len(FILE_STEPS)


def other(name, value):
    """SQL for a value that differs as little as it can."""
    match value:
        case None:
            return {"devices": "'[]'", "geom": None}.get(name, "'1'")
        case bool():
            return f"NOT {name}"
        case int():
            return f"{name} + 1"
        case float():
            return repr(math.nextafter(value, math.inf))
        case dt.date():
            return f"{name} + 1"
        case bytes():
            return f"set_byte({name}, 0, get_byte({name}, 0) # 1)"
        case _ if name == "geom":
            return "ST_Translate(geom, 1e-12, 0)"
        case _:
            return "'" + (value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x").replace("'", "''") + "'"


@pytest.mark.parametrize("table", [*(name for name in TABLES if name not in LAYERS), "hazards", "incidents"])
def test_every_cell_that_a_superuser_edits_and_every_row_they_delete_is_found(kept, table):
    log, sql = kept
    names = TABLES[table]
    quoted = ", ".join(f'"{name}"' for name in names)
    tried = 0
    with log._server.lent() as connection:
        for row, *values in sql.execute(f'SELECT ctid::text, {quoted} FROM "{table}"').fetchall():
            edits = [f'DELETE FROM "{table}" WHERE ctid = ?']
            edits += [
                f'UPDATE "{table}" SET "{name}" = {other(name, value)} WHERE ctid = ?'
                for name, value in zip(names, values, strict=True)
            ]
            for edit in edits:
                connection.execute("BEGIN")
                connection.execute("SET LOCAL session_replication_role = replica")
                try:
                    connection.execute(edit, (row,))
                    tried += 1
                    assert verify(connection, RECORDS), edit
                except reported.UniqueViolation:
                    pass  # the number of the next row
                connection.execute("ROLLBACK")
    assert tried > len(names)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE hazards DISABLE TRIGGER USER",
        "DROP TRIGGER journal_insert ON journal",
        "DROP VIEW hazards_current",
        "CREATE OR REPLACE VIEW spots_current AS SELECT * FROM spots_current WHERE fid > 1",
        "DROP INDEX hazards_geom",
        "ALTER TABLE changesets ADD COLUMN more text",
        "ALTER TABLE problems ALTER COLUMN code TYPE varchar",
        "ALTER TABLE hazards ALTER COLUMN classification DROP NOT NULL",
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER quiet BEFORE INSERT ON hazards FOR EACH ROW EXECUTE FUNCTION quiet()",
        "CREATE RULE quiet AS ON INSERT TO hazards DO INSTEAD NOTHING",
        "ALTER TABLE tokens ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE revisions DROP CONSTRAINT revisions_changeset_fkey",
        "SET session_replication_role = replica; DELETE FROM turn",
    ],
)
def test_a_guard_or_a_table_that_was_changed_is_found(log, drafts, sql, statement):
    log.append_approved(drafts.draft(drafts.hazards(1)))
    sql.execute(statement)
    assert {one.code for one in log.check()} == {"layout"}


def test_rows_put_past_the_guards_and_a_comment_that_is_gone_are_found(log, drafts, sql, place):
    log.append_approved(drafts.draft(drafts.hazards(1)))
    sql.execute("SET session_replication_role = replica")
    sql.execute("INSERT INTO problems VALUES (99, 99, NULL, NULL, 'error', 'x', 'x')")
    assert {one.code for one in log.check()} == {"orphans"}
    sql.execute("DROP TABLE problems")
    assert {one.code for one in log.check()} >= {"layout", "orphans", "changesets"}


def test_what_others_add_for_themselves_is_left_alone(log, sql):
    sql.execute("CREATE TABLE layer_styles (id serial PRIMARY KEY, styleqml text)")
    sql.execute("CREATE VIEW mine AS SELECT fid, geom FROM hazards_current")
    assert log.check() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hazards SET note = 'x'",
        "DELETE FROM hazards",
        "TRUNCATE hazards",
        "INSERT INTO hazards (fid, geom, changeset, id, valid_from, classification, opened_on, keeps_released, "
        "estimated_geometry, withdrawn) SELECT 99, geom, changeset, id, valid_from, 'SHA', opened_on, false, false, false "
        "FROM hazards LIMIT 1",
        "INSERT INTO problems VALUES (99, 1, NULL, NULL, 'x', 'x', 'x')",
        "INSERT INTO problems VALUES (99, 99, NULL, NULL, 'x', 'x', 'x')",
        "DELETE FROM problems",
        "DELETE FROM revisions",
        "UPDATE revisions SET recorded_at = 'x'",
        "INSERT INTO revisions VALUES (99, 'x', 3, 'x')",
        "UPDATE journal SET at = 'x'",
        "DELETE FROM journal",
        "TRUNCATE journal",
        "INSERT INTO journal VALUES (999, '', '', '', '', '', '')",
        "UPDATE changesets SET message = 'x'",
        "UPDATE changesets SET state = 'submitted' WHERE state = 'approved'",
        "UPDATE changesets SET state = 'approved' WHERE state = 'draft'",
        "UPDATE changesets SET digest = 'x'",
        "UPDATE changesets SET digest = NULL",
        "UPDATE changesets SET reviewed_by = 'x' WHERE state = 'approved'",
        "UPDATE changesets SET answers = '{}'",
        "DELETE FROM changesets",
        "UPDATE jobs SET state = 'processing' WHERE state = 'failed'",
        "UPDATE jobs SET state = 'failed' WHERE state = 'done'",
        "UPDATE jobs SET state = 'submitted' WHERE state = 'processing'",
        "UPDATE jobs SET request = '{}'",
        "DELETE FROM jobs",
        "INSERT INTO jobs SELECT 99, layer, author, message, source_name, source_sha256, created_at, request, 'done' FROM jobs",
        "INSERT INTO jobs SELECT 1, layer, author, message, source_name, source_sha256, created_at, request, 'processing' FROM jobs",
        "UPDATE tokens SET role = 'admin'",
        "UPDATE tokens SET revoked_at = NULL",
        "UPDATE tokens SET revoked_at = 'x' WHERE name = 'gone'",
        "DELETE FROM tokens",
        "UPDATE parts SET bytes = 'x'",
        "DELETE FROM parts",
        "DELETE FROM turn",
        "DELETE FROM hazards_current",
        "UPDATE hazards_current SET note = 'x'",
    ],
)
def test_the_database_refuses_to_be_changed_by_hand(kept, statement):
    # By the guard itself, not by a key or a type; a view that joins takes no writes at all.
    with pytest.raises((reported.IntegrityConstraintViolation, reported.ObjectNotInPrerequisiteState)):
        kept[1].execute(statement)


def test_what_was_refused_left_nothing(kept):
    assert kept[0].check() == []


def test_views_show_what_is_in_force_today_with_a_whole_number_as_key(log, drafts, sql, place):
    day = np.array(["2001-02-03", "2999-01-01"], dtype="datetime64[s]")
    log.append_approved(drafts.draft(drafts.hazards(4, note="first")))
    log.append_approved(drafts.draft(drafts.hazards(1, note="second")))
    log.append_approved(drafts.draft(drafts.hazards(2, note="future").iloc[1:].assign(valid_from=day[1:])))
    log.append_approved(drafts.draft(drafts.hazards(3, withdrawn=True, status="withdrawn").iloc[2:]))
    log.append(drafts.draft(drafts.hazards(9, seed=1)))
    rows = sql.execute("SELECT id, note, revision, withdrawn FROM hazards_current ORDER BY fid").fetchall()
    assert rows == [("H0-1", "first", 1, False), ("H0-3", "first", 1, False), ("H0-0", "second", 2, False)]
    listed = sql.execute(
        "SELECT f_table_name, srid, type FROM geometry_columns WHERE f_table_schema = current_schema() "
        "AND f_table_name LIKE '%\\_current'"
    ).fetchall()
    kinds = {name: "POINT" if name in {"incidents", "spots"} else "GEOMETRY" for name in LAYERS}
    assert {name.removesuffix("_current"): (srid, kind) for name, srid, kind in listed} == {
        name: (4326, kind) for name, kind in kinds.items()
    }
    assert sql.execute("SELECT pg_typeof(fid)::text FROM hazards_current LIMIT 1").fetchone() == ("bigint",)
    sql.execute("SET enable_seqscan = off")
    (plan,) = zip(
        *sql.execute("EXPLAIN SELECT * FROM hazards WHERE geom && ST_MakeEnvelope(45, 38, 46, 39, 4326)"), strict=True
    )
    assert any("hazards_geom" in line for line in plan)
    program = shutil.which("ogrinfo")
    if program is None:
        return
    where = place("store")
    parts = psycopg.conninfo.conninfo_to_dict(where.url)
    name = f"PG:host={parts['host']} port={parts['port']} user={parts['user']} dbname={parts['dbname']} schemas={where.schema}"
    told = subprocess.run([program, "-ro", "-so", name, "hazards_current"], capture_output=True, text=True, check=True)
    assert "Feature Count: 3" in told.stdout
    assert "FID Column = fid" in told.stdout or "fid: Integer64" in told.stdout


def test_a_schema_that_holds_something_else_is_refused_untouched(place, stores):
    where = place("foreign")
    with pytest.raises(NotFound, match="no store"):
        open_store(where)
    with psycopg.connect(where.url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{where.schema}"')
        with pytest.raises(NotFound, match="no store"):
            open_store(where)
        connection.execute(f'CREATE TABLE "{where.schema}".journal (a text)')
        for make in (False, True):
            with pytest.raises(StoreDamaged, match="something other"):
                open_store(where, create=make)
        assert connection.execute(
            "SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s",
            (where.schema,),
        ).fetchone() == (1,)


def test_many_that_make_one_store_at_once_make_one(place):
    where, made = place("store"), []

    def make():
        with open_store(where, create=True) as log:
            made.append(log.settings()["store"])

    threads = [threading.Thread(target=make) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 6
    assert len(set(made)) == 1


def test_an_older_store_is_brought_up_once_a_step_that_fails_leaves_it_and_a_later_one_is_refused(place, drafts):
    where = place("store")
    options = {"create": True, "synthetic": False, "clock": utc_now, "patience_s": 5.0}

    def add(connection):
        return migrations.Part(["ALTER TABLE hazards ADD COLUMN access text"], [])

    def fail(connection):
        return migrations.Part(["CREATE TABLE half (a text)", "CREATE TABLE half (a text)"], [])

    with open_store(where, create=True) as log:
        log.append_approved(drafts.draft(drafts.hazards(2)))
    with pytest.raises(StoreError):
        open_database(where, **options, steps=(*migrations.STEPS, fail))
    with open_store(where) as log:
        assert log.check() == []
    for _ in range(2):
        with open_database(where, **options, steps=(*migrations.STEPS, add)) as log:
            assert {one.code for one in log.check()} == {"layout"}
            assert len(log.versions("hazards")) == 2
    with pytest.raises(StoreTooNew, match="later version"):
        open_store(where)


def ended(sql, schema):
    """End every other connection to the server, as a server that goes down does."""
    sql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'clearway'"
    )


def test_connections_that_broke_while_idle_are_not_noticed(log, drafts, sql, place):
    log.append_approved(drafts.draft(drafts.hazards(1)))
    for _ in range(3):
        ended(sql, place("store").schema)
        assert log.head().number == 1
        ended(sql, place("store").schema)
        log.append(drafts.draft(drafts.hazards(1)))
    assert log.check() == []


def test_a_connection_that_breaks_in_the_middle_is_said_and_leaves_nothing(log, drafts, sql, place):
    def breaks(done, total):
        ended(sql, place("store").schema)

    with pytest.raises(StoreUnreachable, match="does not answer"):
        log.append_approved(drafts.draft(drafts.hazards(2)), progress=breaks)
    assert log.changesets() == []
    assert log.append_approved(drafts.draft(drafts.hazards(2))).revision == 1
    assert log.check() == []


def test_a_commit_that_was_not_answered_says_that_it_may_have_been_kept(log, drafts, sql, place):
    pool = log._server
    with pytest.raises(StoreUnreachable, match="Look among the changesets"), pool.writing():
        ended(sql, place("store").schema)


def test_a_server_that_is_not_there_is_said_without_its_address():
    where = database_at("postgresql://ana:s3cret@127.0.0.1:1/somewhere")
    with pytest.raises(StoreUnreachable, match="does not answer") as raised:
        open_store(where, create=True)
    said = str(raised.value) + str(where) + repr(where)
    assert "s3cret" not in said
    assert "ana" not in said


def test_more_threads_than_connections_wait_and_all_are_answered(place):
    open_store(place("store"), create=True).close()
    with closing(ServerPool(place("store"), 20.0, limit=2)) as pool:
        answers = []

        def ask():
            with pool.reading() as connection:
                answers.append(connection.execute("SELECT pg_backend_pid()").fetchone()[0])

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(answers) == 12
        assert len(set(answers)) <= 2
    with closing(ServerPool(place("store"), 0.05, limit=1)) as pool, pool.reading():
        with pytest.raises(StoreBusy, match="Too many"), pool.reading():
            pass


def test_writers_that_wait_leave_room_for_those_who_read(place, drafts):
    entered, leave = threading.Event(), threading.Event()

    def linger(done, total):
        entered.set()
        leave.wait()

    with open_store(place("store"), create=True) as log:
        load = {"target": log.append, "args": (drafts.draft(drafts.hazards(1)),)}
        writers = [
            threading.Thread(**load, kwargs={"progress": linger}),
            *(threading.Thread(**load) for _ in range(20)),
        ]
        writers[0].start()
        entered.wait()
        for one in writers[1:]:
            one.start()
        assert log.head() is None
        assert log.changesets() == []
        leave.set()
        for one in writers:
            one.join()
        assert len(log.changesets()) == 21
        assert log.check() == []


def test_a_commit_is_on_the_disk_and_readers_cannot_write(log, sql, place):
    with log._server.reading() as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)
    (name,) = sql.execute("SELECT current_database()").fetchone()
    sql.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    try:
        with closing(connect(place("store"))) as connection:
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    finally:
        sql.execute(f'ALTER DATABASE "{name}" RESET synchronous_commit')


def test_a_user_who_may_only_read_reads(log, drafts, sql, place):
    log.append_approved(drafts.draft(drafts.hazards(2)))
    schema = place("store").schema
    user = f"reader_{schema}"
    sql.execute(f'CREATE ROLE "{user}" LOGIN')
    try:
        sql.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO "{user}"')
        sql.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO "{user}"')
        reader = replace(place("store"), url=place("store").url.replace("clearway@", f"{user}@"))
        with open_store(reader) as one:
            assert len(one.versions("hazards")) == 2
            with pytest.raises(StoreLocked, match="right"):
                one.append(drafts.draft(drafts.hazards(1)))
            (finding,) = one.check()
            assert "owner" in finding.message
        with pytest.raises(StoreLocked, match="right"):
            open_store(replace(reader, schema=f"{schema}_new"), create=True)
    finally:
        sql.execute(f'DROP OWNED BY "{user}"')
        sql.execute(f'DROP ROLE "{user}"')


def test_a_database_without_postgis_or_in_another_encoding_is_refused(sql, place):
    where = place("store")
    for name, more, words in (
        ("bare", "", "CREATE EXTENSION postgis"),
        ("latin", "ENCODING 'LATIN1' LOCALE 'C'", "UTF-8"),
    ):
        database = f"{where.schema}_{name}"
        sql.execute(f'CREATE DATABASE "{database}" TEMPLATE template0 {more}')
        user = f"u_{database}"
        sql.execute(f'CREATE ROLE "{user}" LOGIN')
        sql.execute(f'GRANT ALL ON DATABASE "{database}" TO "{user}"')
        try:
            url = where.url.replace("clearway@", f"{user}@").rpartition("/")[0] + f"/{database}"
            with pytest.raises(StoreError, match=words):
                open_store(replace(where, url=url), create=True)
            if name == "bare":
                owner = replace(where, url=where.url.rpartition("/")[0] + f"/{database}")
                with open_store(owner, create=True) as log:
                    assert log.check() == []
        finally:
            sql.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
            sql.execute(f'DROP ROLE "{user}"')


def test_settings_of_the_server_that_lose_what_was_acknowledged_are_found(log):
    with log._server.lent() as connection:
        expected = checking.layout_made_now(connection)
        connection.execute("BEGIN")
        connection.execute("SET LOCAL synchronous_commit = off")
        assert {one.code for one in checking.check(connection, expected)} == {"server"}
        connection.execute("ROLLBACK")


def test_an_upload_waits_on_the_machine_that_took_it(place, drafts):
    where = place("store")
    here, there = replace(where, folder=where.folder / "here"), replace(where, folder=where.folder / "there")
    with open_store(here, create=True) as one, open_store(there) as two:
        assert len({one.place, two.place, open_store(here).place}) == 2
        assert one.folder != two.folder
        assert one.folder.stat().st_mode & 0o077 == 0


def test_the_environment_names_the_same_store(place, tmp_path):
    for where in (
        place("store"),
        tmp_path,
        database_at("postgresql://a:b%2F@[::1]:5/n?options=-c%20x&schema=x", tmp_path),
        database_at("postgres:///n?host=/a"),
    ):
        assert located(environment_of(where)) == where


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "mysql://a@b/c",
        "postgresql://host",
        "postgresql://h/d?schema=pg;drop",
        "postgresql://h/d?schema=A",
        "postgresql://h/d?x",
        "postgresql://[h/d",
    ],
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(StoreError, match="no address"):
        database_at(address)


def test_an_address_that_libpq_cannot_read_is_refused():
    with pytest.raises(StoreError, match="can't be read"):
        open_store(database_at("postgresql://h/d?nonsense=1"))
