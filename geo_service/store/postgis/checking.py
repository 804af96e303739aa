"""Verifying a store in a database: its records, and that tables, guards and views are as they are made now."""
# ruff: noqa: S608 - the names in statements are our own

import re
import secrets
from collections.abc import Iterator, Mapping
from functools import partial

from geo_service.store.checking import RECORDS, Part, verify
from geo_service.store.errors import StoreLocked
from geo_service.store.log import Finding, Progress
from geo_service.store.postgis import migrations
from geo_service.store.postgis.connections import ServerConnection

Layout = Mapping[str, str]
"""What a schema holds: the name of each thing, with its kind before it, and its definition."""

_IN_SCHEMA = "JOIN pg_namespace n ON n.oid = {}.{} AND n.nspname = ?"
_LAYOUT = (
    "SELECT 'column ' || c.relname || '.' || a.attname, "
    "format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text || ' ' || a.attcollation::text || ' ' || "
    "COALESCE(pg_get_expr(d.adbin, d.adrelid), '') "
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum "
    + _IN_SCHEMA.format("c", "relnamespace")
    + " WHERE c.relkind IN ('r', 'v')",
    "SELECT 'table ' || c.relname, c.relkind::text || c.relpersistence::text || c.relrowsecurity::text "
    "FROM pg_class c " + _IN_SCHEMA.format("c", "relnamespace") + " WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')",
    "SELECT 'index ' || c.relname, pg_get_indexdef(c.oid) || ' ' || i.indisvalid::text "
    "FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid " + _IN_SCHEMA.format("c", "relnamespace"),
    "SELECT 'trigger ' || t.tgname || ' of ' || c.relname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    + _IN_SCHEMA.format("c", "relnamespace")
    + " WHERE NOT t.tgisinternal",
    "SELECT 'reference ' || t.tgname || ' of ' || c.relname, t.tgenabled::text "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    + _IN_SCHEMA.format("c", "relnamespace")
    + " WHERE t.tgisinternal AND t.tgenabled <> 'O'",
    "SELECT 'rule ' || r.rulename || ' of ' || c.relname, pg_get_ruledef(r.oid) || ' ' || r.ev_enabled::text "
    "FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class " + _IN_SCHEMA.format("c", "relnamespace"),
    "SELECT 'constraint ' || k.conname, pg_get_constraintdef(k.oid) || ' ' || k.convalidated::text "
    "FROM pg_constraint k " + _IN_SCHEMA.format("k", "connamespace"),
    "SELECT 'function ' || p.proname, pg_get_functiondef(p.oid) FROM pg_proc p "
    + _IN_SCHEMA.format("p", "pronamespace")
    + " WHERE p.prokind = 'f'",
)
_CHANGING = ("column", "trigger", "reference", "rule")
"""What changes a table, or how it takes rows: none may be there that Clearway did not make."""

_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


def check(connection: ServerConnection, expected: Layout | None, progress: Progress | None = None) -> list[Finding]:
    """Return what is wrong with a store, as one state of it is seen; an empty list for a sound one.

    Args:
        connection: the store, inside a transaction.
        expected: the layout of a store made now, None where it can't be known.
        progress: told how many parts are done.
    """
    parts: tuple[tuple[str, Part], ...] = (("server", _server), ("layout", partial(_layout, expected)), *RECORDS)
    return verify(connection, parts, progress)


def layout_made_now(connection: ServerConnection) -> Layout | None:
    """Return the layout of a store made now: one is made in a schema of its own, looked at, and taken back.

    Outside of any transaction. None where this user may not make a schema, or the database takes no writes.
    """
    made = ServerConnection(connection.raw, f"check_{secrets.token_hex(8)}")
    connection.execute("BEGIN")
    try:
        with connection.apart():
            made.execute(f'CREATE SCHEMA "{made.schema}"')
            path = connection.execute("SELECT current_setting('search_path')").fetchone()[0]
            postgis = path.partition(", ")[2]
            made.execute("SELECT set_config('search_path', ?, true)", (f'"{made.schema}", {postgis}',))
            made.execute(";\n".join(migrations.build(made)))
            return layout(made)
    except StoreLocked:
        return None
    finally:
        connection.execute("ROLLBACK")


def layout(connection: ServerConnection) -> dict[str, str]:
    """Return what the connection's schema holds; its name stands nowhere in it."""
    own = re.compile(rf'"?\b{connection.schema}\b"?\.')
    found: dict[str, str] = {}
    for query in _LAYOUT:
        for name, text in connection.execute(query, (connection.schema,)):
            found[name] = own.sub("@.", text)
    return found


def _layout(expected: Layout | None, connection: ServerConnection) -> Iterator[Finding]:
    if expected is None:
        yield Finding(
            "layout", "This user can't verify the tables and their guards. Let the store's owner run the check."
        )
        return
    present = layout(connection)
    for name in sorted(expected):
        if present.get(name) != expected[name]:
            yield Finding("layout", f"The store's {name} is missing or was changed.")
    for name in sorted(present.keys() - expected.keys()):
        if _of_ours(name, expected):
            yield Finding("layout", f"The store has a {name} that Clearway did not make.")
    if not migrations.is_marked(connection):
        yield Finding("layout", "The schema's comment was changed.")
    if connection.execute("SELECT COUNT(*) FROM turn").fetchone() != (1,):
        yield Finding("layout", "The row that writers take turns by is gone.")


def _of_ours(name: str, expected: Layout) -> bool:
    """Say whether something changes a table that Clearway made; tables and views that others added are left alone."""
    kind, _, rest = name.partition(" ")
    table = rest.partition(".")[0] if kind == "column" else rest.rpartition(" of ")[2]
    return kind in _CHANGING and f"table {table}" in expected


def _server(connection: ServerConnection) -> Iterator[Finding]:
    """Find settings under which what was acknowledged may be lost."""
    for name in _DURABLE:
        (value,) = connection.execute("SELECT current_setting(?)", (name,)).fetchone()
        if value == "off":
            yield Finding("server", f"The server's {name} is off: what it acknowledges may be lost when power fails.")
