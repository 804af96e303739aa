"""Steps that bring a store's tables to the present layout, in order. Creation is the first.

A step that was ever released is not changed; a new field of a layer, or a new table, is a new step. The journal says
which steps a store has had. GeoPackage keeps its own version in the file's header, so ours can't live there.
"""

from collections.abc import Callable, Sequence

from geo_service.store import filing, geopackage, review_schema, schema, tokens
from geo_service.store.connections import FileConnection
from geo_service.store.layout import steps_had, take_steps

Step = Callable[[FileConnection, str], None]
"""Changes the tables, inside a transaction; told the instant at which it does, as text."""


def create(connection: FileConnection, at: str) -> None:
    """Make the tables of the log and of GeoPackage in an empty database."""
    for statement in schema.statements():
        connection.execute(statement)
    geopackage.register(connection, at)


def add_tokens(connection: FileConnection, at: str) -> None:  # noqa: ARG001 - every step is told
    """Make the table of tokens."""
    for statement in tokens.statements():
        connection.execute(statement)


def add_review(connection: FileConnection, _: str) -> None:
    """Make room for uploads in the background and for what was answered for a source."""
    for statement in review_schema.statements():
        connection.execute(statement)


def add_filing(connection: FileConnection, _: str) -> None:
    """Make room for the files of documents and rasters."""
    for statement in filing.statements():
        connection.execute(statement)


STEPS: Sequence[Step] = (create, add_tokens, add_review, add_filing)


def level(connection: FileConnection) -> int:
    """Return how many steps a store has had; 0 for a database without a journal."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal' AND type = 'table'").fetchone():
        return 0
    return steps_had(connection)


def migrate(connection: FileConnection, at: str, created: dict[str, object], steps: Sequence[Step] = STEPS) -> None:
    """Take the steps that a store has not had; inside a transaction.

    Args:
        connection: the store, or an empty database.
        at: the present instant as text.
        created: what the first entry of the journal says for good, where the store is made now.
        steps: all steps, in order.

    Raises:
        StoreTooNew: the store has had more steps than there are here.
    """
    take_steps(connection, at, created, steps, level(connection), lambda step: step(connection, at))
