"""The tables of the log in SQLite, with a table per layer derived from `layers.definitions`.

What is written stays: triggers refuse every update and delete but the few steps that a changeset may take, and every
version or report line for a changeset that is sealed. The numbers of revisions and of the journal have no gaps.
"""
# ruff: noqa: S608 - the names in statements are those of the definitions; values are bound

from layers.definitions import LAYERS, Field, Geometry, Kind, Layer

COLUMN_TYPES = {
    Kind.text: "TEXT",
    Kind.word: "TEXT",
    Kind.date: "DATE",
    Kind.integer: "INTEGER",
    Kind.number: "DOUBLE",
    Kind.boolean: "BOOLEAN",
    Kind.word_list: "TEXT",
    Kind.text_list: "TEXT",
}
"""GeoPackage's name for what a field is kept in: dates as ISO 8601 text, booleans as 0 and 1, lists as JSON text."""

GEOMETRY_TYPES = {
    Geometry.polygon: "GEOMETRY",
    Geometry.line: "GEOMETRY",
    Geometry.point: "POINT",
    Geometry.point_or_polygon: "GEOMETRY",
}
"""GeoPackage's name for a layer's geometry. It has no word for 'Polygon or MultiPolygon' but GEOMETRY."""

_CORE = """
CREATE TABLE journal (
  number INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX journal_kind ON journal (kind, subject);
CREATE TABLE changesets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL,
  layer TEXT NOT NULL,
  author TEXT NOT NULL,
  message TEXT NOT NULL,
  source_name TEXT,
  source_sha256 TEXT,
  created_at TEXT NOT NULL,
  reviewed_by TEXT,
  rows_read INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  repaired INTEGER NOT NULL,
  unchanged INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  warnings INTEGER NOT NULL,
  versions INTEGER NOT NULL,
  digest TEXT
);
CREATE TABLE revisions (
  number INTEGER PRIMARY KEY,
  recorded_at TEXT NOT NULL UNIQUE,
  changeset INTEGER NOT NULL UNIQUE REFERENCES changesets (id),
  hash TEXT NOT NULL
);
CREATE TABLE problems (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  changeset INTEGER NOT NULL REFERENCES changesets (id),
  row INTEGER,
  id TEXT,
  level TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL
);
CREATE INDEX problems_changeset ON problems (changeset);
"""

DESCRIPTION = (
    "id", "layer", "author", "message", "source_name", "source_sha256", "created_at", "rows_read", "accepted",
    "repaired", "unchanged", "rejected", "warnings", "versions",
)  # fmt: skip
"""What a changeset was given when it was received: it never changes."""

STEPS = (("draft", "submitted"), ("submitted", "approved"), ("submitted", "rejected"))
"""The steps that a changeset may take."""


def statements() -> list[str]:
    """Return the statements that make an empty log's tables, in order."""
    made = [one.strip() for one in _CORE.split(";\n") if one.strip()]
    for layer in LAYERS.values():
        made += _layer_statements(layer)
    for table in ("journal", "revisions", "problems", *LAYERS):
        made += _kept(table)
    made += [_gapless("journal"), _gapless("revisions")]
    for table in ("problems", *LAYERS):
        made.append(_sealed(table))
    return [*made, changeset_steps(DESCRIPTION), append_only("changesets", "DELETE")]


def stored_columns(layer: Layer) -> tuple[str, ...]:
    """Return the names of the columns of a layer's table that come from a version frame, the geometry last."""
    return (*layer.names, "extra", "geom")


def quoted(names: tuple[str, ...], prefix: str = "") -> str:
    """Return column names for use in a statement: `class` and `hazards` are both columns and other things."""
    return ", ".join(f'{prefix}"{name}"' for name in names)


def _column(field: Field) -> str:
    needed = " NOT NULL" if field.required or field.kind is Kind.boolean else ""
    return f'"{field.name}" {COLUMN_TYPES[field.kind]}{needed}'


def _layer_statements(layer: Layer) -> list[str]:
    columns = ",\n  ".join(_column(field) for field in layer.fields)
    name = layer.name
    return [
        f"""CREATE TABLE "{name}" (
  fid INTEGER PRIMARY KEY AUTOINCREMENT,
  geom {GEOMETRY_TYPES[layer.geometry]} NOT NULL,
  changeset INTEGER NOT NULL REFERENCES changesets (id),
  {columns},
  extra TEXT
)""",
        f'CREATE INDEX "{name}_changeset" ON "{name}" (changeset)',
        f'CREATE INDEX "{name}_id" ON "{name}" (id, valid_from)',
        f'CREATE VIRTUAL TABLE "rtree_{name}_geom" USING rtree (id, minx, maxx, miny, maxy)',
        _current_view(layer),
    ]


def _current_view(layer: Layer) -> str:
    """Return the view of the records in force today (in UTC, as known now) and not withdrawn."""
    names = quoted(layer.names, "v.")
    return f"""CREATE VIEW "{layer.name}_current" AS
SELECT v.fid AS fid, v.geom AS geom, {names}, v.extra AS extra,
  r.number AS revision, r.recorded_at AS recorded_at
FROM "{layer.name}" v JOIN revisions r ON r.changeset = v.changeset
WHERE NOT v.withdrawn AND v.valid_from <= date('now') AND NOT EXISTS (
  SELECT 1 FROM "{layer.name}" w JOIN revisions s ON s.changeset = w.changeset
  WHERE w.id = v.id AND w.valid_from <= date('now')
  AND (w.valid_from, s.number, w.fid) > (v.valid_from, r.number, v.fid))"""


def append_only(table: str, action: str) -> str:
    """Return the trigger that refuses an UPDATE or DELETE of a table's rows."""
    return (
        f'CREATE TRIGGER "{table}_no_{action.lower()}" BEFORE {action} ON "{table}" '
        f"BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    )


def _kept(table: str) -> list[str]:
    return [append_only(table, "UPDATE"), append_only(table, "DELETE")]


def _gapless(table: str) -> str:
    """Return the trigger for numbers without gaps; it also stops INSERT OR REPLACE, which fires no delete trigger."""
    return (
        f'CREATE TRIGGER "{table}_gapless" BEFORE INSERT ON "{table}" '
        f'WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM "{table}") '
        f"BEGIN SELECT RAISE(ABORT, 'numbers have no gaps'); END"
    )


def _sealed(table: str) -> str:
    """Return the trigger that lets a row into a changeset only while that is being written."""
    other = "" if table == "problems" else f" OR layer <> '{table}'"
    return (
        f'CREATE TRIGGER "{table}_sealed" BEFORE INSERT ON "{table}" '
        f"WHEN COALESCE((SELECT digest IS NOT NULL{other} FROM changesets WHERE id = NEW.changeset), 1) "
        f"BEGIN SELECT RAISE(ABORT, 'the changeset is sealed'); END"
    )


def changeset_steps(description: tuple[str, ...]) -> str:
    """Return the trigger that lets a changeset take its steps alone, with a description that never changes."""
    same = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in description)
    steps = " OR ".join(f"(OLD.state = '{old}' AND NEW.state = '{new}')" for old, new in STEPS)
    return (
        "CREATE TRIGGER changesets_steps BEFORE UPDATE ON changesets "
        f"WHEN {same} OR NOT ("
        "(OLD.digest IS NULL AND NEW.state = OLD.state AND NEW.reviewed_by IS OLD.reviewed_by) "
        f"OR (OLD.digest IS NOT NULL AND NEW.digest = OLD.digest AND ({steps}))) "
        "BEGIN SELECT RAISE(ABORT, 'a changeset takes no such step'); END"
    )
