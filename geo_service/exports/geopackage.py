"""One GeoPackage with every layer, the styles and aliases that QGIS applies on opening, and a table of what it says."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pyogrio

from geo_service.exports.content import Content, label_of
from geo_service.store.log import Progress
from geo_service.styles import styles_of


def write(path: Path, content: Content, progress: Progress) -> dict[str, int]:
    """Write all layers of an export into a GeoPackage; return how many records each has."""
    for done, name in enumerate(content.layers):
        pyogrio.write_dataframe(
            content.flat(name),
            path,
            layer=name,
            driver="GPKG",
            geometry_type=content.drawn_as(name),
            promote_to_multi=content.several(name),
            append=done > 0,
            layer_metadata=content.about,
            layer_options={"DESCRIPTION": content.about["notice"], "IDENTIFIER": label_of(name)},
            **({} if done else {"dataset_metadata": content.about}),
        )
        progress(done + 1, len(content.layers))
    with closing(sqlite3.connect(path)) as connection, connection:
        _add_about(connection, content.about)
        _add_styles(connection, content)
        # The same view gives the same file, whenever it is written.
        moment = content.about["known_at"]
        connection.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))
        connection.execute("UPDATE gpkg_metadata_reference SET timestamp = ?", (moment,))
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in content.layers}  # noqa: S608


def _add_about(connection: sqlite3.Connection, about: Mapping[str, str]) -> None:
    connection.execute("CREATE TABLE about (fid INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL)")
    connection.executemany("INSERT INTO about (name, value) VALUES (?, ?)", about.items())
    _register(connection, "about", about["notice"])


def _add_styles(connection: sqlite3.Connection, content: Content) -> None:
    connection.execute(
        "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), "
        "f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), "
        "styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
        "update_time DATETIME)"
    )
    styles = styles_of(content.layers, published=not content.whole)
    connection.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, styleSLD, useAsDefault, description, owner, update_time) "
        "VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', ?)",
        [(name, name, qml, label_of(name), content.about["known_at"]) for name, qml in styles.items()],
    )
    _register(connection, "layer_styles", "styles that QGIS applies on opening")


def _register(connection: sqlite3.Connection, table: str, description: str) -> None:
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) VALUES (?, 'attributes', ?, ?)",
        (table, table, description),
    )
