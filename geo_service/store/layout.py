"""Taking the steps that a store has not had, and what its journal tells of them: in a file as in a database."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from geo_service.store import chain
from geo_service.store.database import Connection
from geo_service.store.errors import StoreTooNew

Step = TypeVar("Step")


def new_store(*, synthetic: bool) -> dict[str, object]:
    """Return what the first entry of a new store's journal says for good: which store it is, and whether it is real."""
    return {"synthetic": synthetic, "store": str(uuid.uuid4())}


def steps_had(connection: Connection) -> int:
    """Return how many steps a store has had, by its journal."""
    return int(connection.execute("SELECT COUNT(*) FROM journal WHERE kind = 'migrated'").fetchone()[0])


def take_steps(  # noqa: PLR0913, PLR0917 - what migrating is told, and how a step is taken
    connection: Connection,
    at: str,
    created: Mapping[str, object],
    steps: Sequence[Step],
    had: int,
    take: Callable[[Step], None],
) -> None:
    """Take the steps that a store has not had, and tell the journal; inside a transaction.

    Args:
        connection: the store, or an empty place for one.
        at: the present instant as text.
        created: what the first entry of the journal says for good, where the store is made now.
        steps: all steps, in order.
        had: how many of them the store has had.
        take: takes one.

    Raises:
        StoreTooNew: the store has had more steps than there are here.
    """
    if had > len(steps):
        raise StoreTooNew("A later version of Clearway has written this store. Install that version to open it.")
    for number, step in enumerate(steps[had:], start=had + 1):
        take(step)
        if number == 1:
            chain.record(connection, "created", at=at, body=created)
        chain.record(connection, "migrated", at=at, subject=str(number))
