"""Comparing a store's tables, triggers, views and GeoPackage entries with those of a store made now."""
# ruff: noqa: S608 - the names in statements are our own

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from geo_service.store.connections import FileConnection
from geo_service.store.geopackage import APPLICATION_ID, USER_VERSION
from geo_service.store.log import Finding
from geo_service.store.migrations import STEPS

_SAME = ("gpkg_spatial_ref_sys", "gpkg_geometry_columns", "gpkg_extensions")
_CONTENTS = "SELECT table_name, data_type, identifier, description, srs_id FROM gpkg_contents ORDER BY 1"

Rows = list[tuple[object, ...]]


def check_layout(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Find what a store lacks or has otherwise; tables that others added (QGIS keeps styles so) are left alone."""
    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=FileConnection)) as fresh:
        for step in STEPS:
            step(fresh, "")
        expected, present = _layout(fresh), _layout(connection)
        for name in sorted(expected):
            if present.get(name) != expected[name]:
                yield Finding("layout", f"The store's {name} is missing or was changed.")
        for name in sorted(present.keys() - expected.keys()):
            if name.startswith("trigger "):
                yield Finding("layout", f"The store has a {name} that Clearway did not make.")
        for query in (*(f"SELECT * FROM {table} ORDER BY 1, 2, 3" for table in _SAME), _CONTENTS):
            here: Rows = connection.execute(query).fetchall()
            lost = [row for row in fresh.execute(query) if row not in here]
            if lost:
                yield Finding("layout", f"The GeoPackage's entry {lost[0][0]} is missing or was changed.")
    for name, value in (("application_id", APPLICATION_ID), ("user_version", USER_VERSION)):
        if connection.execute(f"PRAGMA {name}").fetchone()[0] != value:
            yield Finding("layout", f"The file's {name} was changed.")


def _layout(connection: sqlite3.Connection) -> dict[str, object]:
    """Return each table's columns, and the text of each trigger, index and view.

    Not the text of tables: one that had a column added reads otherwise than one made with it.
    """
    found: dict[str, object] = {}
    for kind, name, text in connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        if kind == "table":
            columns = connection.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,))
            found[f"{kind} {name}"] = frozenset(columns.fetchall())
        elif text is not None:
            found[f"{kind} {name}"] = text
    return found
