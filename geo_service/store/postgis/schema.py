"""The tables of the log in PostgreSQL: those of the file, column by column, and the same guards.

A layer's geometry is a typed column with a GiST index. The view `LAYER_current` shows what is in force today and not
withdrawn; `fid` is its key for QGIS. It joins tables, so it can only be read.
"""
# ruff: noqa: S608 - the names in statements are those of the definitions

from dataclasses import dataclass

from geo_service.store.geopackage import SRS_ID
from geo_service.store.review_schema import DESCRIBED, ENDS, JOB
from geo_service.store.schema import STEPS, quoted
from geo_service.store.tokens import KEPT
from layers.definitions import LAYERS, Field, Geometry, Kind, Layer

MARK = "Records of a mine action programme: to be read, never edited"
"""The comment on the schema, by which a store is known."""

FUNCTION = "CREATE OR REPLACE FUNCTION"
"""How a guard's function is made, or made anew for a schema that was given another name."""

_COLUMN_TYPES = {
    Kind.text: "text",
    Kind.word: "text",
    Kind.date: "date",
    Kind.integer: "bigint",
    Kind.number: "double precision",
    Kind.boolean: "boolean",
    Kind.word_list: "text",
    Kind.text_list: "text",
}
"""Lists are JSON text, as in the file."""

_GEOMETRY_TYPES = {
    Geometry.polygon: "Geometry",
    Geometry.line: "Geometry",
    Geometry.point: "Point",
    Geometry.point_or_polygon: "Geometry",
}
"""PostGIS has no word for 'Polygon or MultiPolygon' but Geometry."""

_INSTANT = 'text COLLATE "C"'
"""Instants are text that sorts as time does, byte by byte."""

_LOG = f"""
CREATE TABLE turn (
  one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
INSERT INTO turn DEFAULT VALUES;
CREATE TABLE journal (
  number bigint PRIMARY KEY,
  at {_INSTANT} NOT NULL,
  actor text NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  hash text NOT NULL
);
CREATE INDEX journal_kind ON journal (kind, subject);
CREATE TABLE changesets (
  id bigint PRIMARY KEY,
  state text NOT NULL,
  layer text NOT NULL,
  author text NOT NULL,
  message text NOT NULL,
  source_name text,
  source_sha256 text,
  created_at {_INSTANT} NOT NULL,
  reviewed_by text,
  rows_read bigint NOT NULL,
  accepted bigint NOT NULL,
  repaired bigint NOT NULL,
  unchanged bigint NOT NULL,
  rejected bigint NOT NULL,
  warnings bigint NOT NULL,
  versions bigint NOT NULL,
  digest text,
  signature text,
  answers text
);
CREATE INDEX changesets_signature ON changesets (signature);
CREATE TABLE revisions (
  number bigint PRIMARY KEY,
  recorded_at {_INSTANT} NOT NULL UNIQUE,
  changeset bigint NOT NULL UNIQUE REFERENCES changesets (id),
  hash text NOT NULL
);
CREATE TABLE problems (
  number bigint PRIMARY KEY,
  changeset bigint NOT NULL,
  "row" bigint,
  id text,
  level text NOT NULL,
  code text NOT NULL,
  message text NOT NULL
);
CREATE INDEX problems_changeset ON problems (changeset)
"""

_TOKENS = f"""
CREATE TABLE tokens (
  id text PRIMARY KEY,
  name text NOT NULL,
  owner text NOT NULL,
  role text NOT NULL,
  layers text,
  read_only smallint NOT NULL,
  created_at {_INSTANT} NOT NULL,
  expires_at {_INSTANT},
  sha256 text NOT NULL,
  revoked_at {_INSTANT}
);
CREATE UNIQUE INDEX tokens_name ON tokens (name) WHERE revoked_at IS NULL
"""

_JOBS = f"""
CREATE TABLE jobs (
  id bigint PRIMARY KEY,
  layer text NOT NULL,
  author text NOT NULL,
  message text NOT NULL,
  source_name text NOT NULL,
  source_sha256 text NOT NULL,
  created_at {_INSTANT} NOT NULL,
  request text NOT NULL,
  state text NOT NULL,
  reason text,
  errors text
);
CREATE INDEX jobs_state ON jobs (state)
"""

_FILING = """
CREATE TABLE parts (
  sha256 text NOT NULL,
  part integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (sha256, part)
);
ALTER TABLE parts ALTER COLUMN bytes SET STORAGE EXTERNAL
"""
"""Rasters and documents are compressed already."""


@dataclass(frozen=True)
class Part:
    """Statements that make tables, and those that guard them once they hold what they shall."""

    tables: list[str]
    guards: list[str]


def log(schema: str) -> Part:
    """Return the part with the journal, the changesets, the revisions and a table and a view for each layer."""
    tables = _split(_LOG)
    for layer in LAYERS.values():
        tables += _layer_statements(layer)
    guards = [_refusal(schema, "append_only", "the log is append-only", row=False)]
    guards += [
        _before(schema, table, "UPDATE OR DELETE OR TRUNCATE", "append_only", each="STATEMENT")
        for table in ("journal", "revisions", "problems", *LAYERS)
    ]
    guards += [
        _before(schema, table, "DELETE OR TRUNCATE", "append_only", each="STATEMENT")
        for table in ("changesets", "turn")
    ]
    for table in ("journal", "revisions"):
        guards += _gapless(schema, table)
    for table in ("problems", *LAYERS):
        guards += _sealed(schema, table)
    return Part(tables, [*guards, *_changeset_steps(schema)])


def tokens(schema: str) -> Part:
    """Return the part with the tokens."""
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT)
    refused = f"OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL OR {changed}"
    return Part(
        _split(_TOKENS),
        [
            _refusal(schema, "tokens_kept", "tokens are revoked, not deleted", row=False),
            _before(schema, "tokens", "DELETE OR TRUNCATE", "tokens_kept", each="STATEMENT"),
            _refusal(schema, "tokens_steps", "a token is revoked once and never changed", when=refused),
            _before(schema, "tokens", "UPDATE", "tokens_steps"),
        ],
    )


def jobs(schema: str) -> Part:
    """Return the part with the uploads that go on in the background."""
    ends = ", ".join(f"'{state}'" for state in ENDS)
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in JOB)
    begun = f"NEW.state <> 'processing' OR EXISTS (SELECT 1 FROM \"{schema}\".changesets WHERE id = NEW.id)"
    ended = f"{changed} OR OLD.state <> 'processing' OR NEW.state NOT IN ({ends})"
    return Part(
        _split(_JOBS),
        [
            _before(schema, "jobs", "DELETE OR TRUNCATE", "append_only", each="STATEMENT"),
            _refusal(schema, "jobs_begin", "a job begins with a number of its own", when=begun),
            _before(schema, "jobs", "INSERT", "jobs_begin"),
            _refusal(schema, "jobs_end", "a job ends once", when=ended),
            _before(schema, "jobs", "UPDATE", "jobs_end"),
        ],
    )


def filing(schema: str) -> Part:
    """Return the part with the files of documents and rasters."""
    return Part(
        _split(_FILING), [_before(schema, "parts", "UPDATE OR DELETE OR TRUNCATE", "append_only", each="STATEMENT")]
    )


def _split(statements: str) -> list[str]:
    return [one.strip() for one in statements.split(";\n") if one.strip()]


def _column(field: Field) -> str:
    needed = " NOT NULL" if field.required or field.kind is Kind.boolean else ""
    return f'"{field.name}" {_COLUMN_TYPES[field.kind]}{needed}'


def _layer_statements(layer: Layer) -> list[str]:
    columns = ",\n  ".join(_column(field) for field in layer.fields)
    name, kind = layer.name, _GEOMETRY_TYPES[layer.geometry]
    return [
        f"""CREATE TABLE "{name}" (
  fid bigint PRIMARY KEY,
  geom geometry({kind}, {SRS_ID}) NOT NULL,
  changeset bigint NOT NULL,
  {columns},
  extra text
)""",
        f'CREATE INDEX "{name}_changeset" ON "{name}" (changeset)',
        f'CREATE INDEX "{name}_id" ON "{name}" (id, valid_from)',
        f'CREATE INDEX "{name}_geom" ON "{name}" USING gist (geom)',
        _current_view(layer),
    ]


def _current_view(layer: Layer) -> str:
    """Return the view of the records in force today (in UTC, as known now) and not withdrawn."""
    today = "(now() AT TIME ZONE 'UTC')::date"
    return f"""CREATE VIEW "{layer.name}_current" AS
SELECT v.fid, v.geom, {quoted(layer.names, "v.")}, v.extra, r.number AS revision,
  r.recorded_at::timestamptz AS recorded_at
FROM "{layer.name}" v JOIN revisions r ON r.changeset = v.changeset
WHERE NOT v.withdrawn AND v.valid_from <= {today} AND NOT EXISTS (
  SELECT 1 FROM "{layer.name}" w JOIN revisions s ON s.changeset = w.changeset
  WHERE w.id = v.id AND w.valid_from <= {today}
  AND (w.valid_from, s.number, w.fid) > (v.valid_from, r.number, v.fid))"""


def _refusal(schema: str, name: str, words: str, *, when: str = "true", row: bool = True) -> str:
    """Return the function of a trigger that refuses, with these words, always or `when`."""
    return (
        f'{FUNCTION} "{schema}"."{name}"() RETURNS trigger LANGUAGE plpgsql AS $guard$\n'
        f"BEGIN\n  IF {when} THEN\n    RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation';\n"
        f"  END IF;\n  RETURN {'NEW' if row else 'NULL'};\nEND\n$guard$"
    )


def _before(schema: str, table: str, action: str, function: str, *, each: str = "ROW") -> str:
    name = "_".join((table, *action.lower().split(" or ")))
    when = f'BEFORE {action} ON "{table}" FOR EACH {each}'
    return f'CREATE TRIGGER "{name}" {when} EXECUTE FUNCTION "{schema}"."{function}"()'


def _gapless(schema: str, table: str) -> list[str]:
    last = f'(SELECT COALESCE(MAX(number), 0) + 1 FROM "{schema}"."{table}")'
    function = f"{table}_gapless"
    return [
        _refusal(schema, function, "numbers have no gaps", when=f"NEW.number <> {last}"),
        _before(schema, table, "INSERT", function),
    ]


def _sealed(schema: str, table: str) -> list[str]:
    """Return the guard that lets rows into a changeset only while that is being written."""
    other = "" if table == "problems" else f" OR c.layer <> '{table}'"
    function = f"{table}_sealed"
    strange = (
        f'EXISTS (SELECT 1 FROM added a LEFT JOIN "{schema}".changesets c ON c.id = a.changeset '
        f"WHERE c.id IS NULL OR c.digest IS NOT NULL{other})"
    )
    return [
        _refusal(schema, function, "the changeset is sealed", when=strange, row=False),
        # Once for all rows of a COPY, not for each.
        (
            f'CREATE TRIGGER "{function}" AFTER INSERT ON "{table}" REFERENCING NEW TABLE AS added '
            f'FOR EACH STATEMENT EXECUTE FUNCTION "{schema}"."{function}"()'
        ),
    ]


def _changeset_steps(schema: str) -> list[str]:
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in DESCRIBED)
    steps = " OR ".join(f"(OLD.state = '{old}' AND NEW.state = '{new}')" for old, new in STEPS)
    refused = (
        f"{changed} OR NOT ((OLD.digest IS NULL AND NEW.state = OLD.state AND NEW.reviewed_by IS NOT DISTINCT FROM "
        f"OLD.reviewed_by) OR (OLD.digest IS NOT NULL AND NEW.digest IS NOT DISTINCT FROM OLD.digest AND ({steps})))"
    )
    return [
        _refusal(schema, "changesets_steps", "a changeset takes no such step", when=refused),
        _before(schema, "changesets", "UPDATE", "changesets_steps"),
    ]
