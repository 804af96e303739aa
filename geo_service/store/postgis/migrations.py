"""Steps that bring a database's tables to the present layout: as many as the file has had, of the same meaning.

So a backup of one store can be put back as the other, and the journal of both tells of the same steps.
"""

from collections.abc import Callable, Sequence

from geo_service.store.layout import steps_had, take_steps
from geo_service.store.postgis import schema
from geo_service.store.postgis.connections import ServerConnection
from geo_service.store.postgis.schema import FUNCTION, MARK, Part

Step = Callable[[ServerConnection], Part]
"""Answers what to make; told the connection, inside a transaction."""


def create(connection: ServerConnection) -> Part:
    """Make the tables of the log."""
    return schema.log(connection.schema)


def add_tokens(connection: ServerConnection) -> Part:
    """Make the table of tokens."""
    return schema.tokens(connection.schema)


def add_review(connection: ServerConnection) -> Part:
    """Make room for uploads in the background."""
    return schema.jobs(connection.schema)


def add_filing(connection: ServerConnection) -> Part:
    """Make room for the files of documents and rasters."""
    return schema.filing(connection.schema)


STEPS: Sequence[Step] = (create, add_tokens, add_review, add_filing)


def level(connection: ServerConnection) -> int:
    """Return how many steps the store in the connection's schema has had; 0 where there is none."""
    if not is_marked(connection):
        return 0
    return steps_had(connection)


def is_marked(connection: ServerConnection) -> bool:
    """Say whether the connection's schema says that it is a store of Clearway."""
    found = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = ?", (connection.schema,)
    ).fetchone()
    return found is not None and found[0] == MARK


def mark(connection: ServerConnection) -> None:
    """Let the connection's schema say that it is a store."""
    connection.execute(f"COMMENT ON SCHEMA \"{connection.schema}\" IS '{MARK}'")


def build(connection: ServerConnection, steps: Sequence[Step] = STEPS) -> list[str]:
    """Make the tables of all steps in an empty schema, and return the statements that guard them."""
    parts = [step(connection) for step in steps]
    connection.execute(";\n".join(one for part in parts for one in part.tables))
    return [one for part in parts for one in part.guards]


def renamed(connection: ServerConnection, steps: Sequence[Step] = STEPS) -> None:
    """Let the guards of a schema that was given another name look at its own tables, by that name."""
    guards = [guard for step in steps for guard in step(connection).guards]
    connection.execute(";\n".join(guard for guard in guards if guard.startswith(FUNCTION)))


def migrate(connection: ServerConnection, at: str, created: dict[str, object], steps: Sequence[Step] = STEPS) -> None:
    """Take the steps that a store has not had; inside a transaction.

    Args:
        connection: the store, or an empty schema.
        at: the present instant as text.
        created: what the first entry of the journal says for good, where the store is made now.
        steps: all steps, in order.

    Raises:
        StoreTooNew: the store has had more steps than there are here.
    """

    def take(step: Step) -> None:
        part = step(connection)
        connection.execute(";\n".join((*part.tables, *part.guards)))

    had = level(connection)
    if not had:
        mark(connection)
    take_steps(connection, at, created, steps, had, take)
