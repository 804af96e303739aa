"""Putting a backup in the place of a store in a database, in one transaction: all of it, or nothing."""

from collections.abc import Callable
from contextlib import closing

from geo_service.clock import Clock
from geo_service.store import chain
from geo_service.store.connections import FileConnection
from geo_service.store.errors import StoreError, WrongState
from geo_service.store.locations import Database
from geo_service.store.moments import text_of
from geo_service.store.postgis import migrations
from geo_service.store.postgis.connections import ServerConnection, connect
from geo_service.store.postgis.copies import TABLES, copy_rows
from geo_service.store.postgis.errors import explained
from geo_service.store.postgis.opening import add_postgis, is_store, make_schema, refuse_foreign, update

_HOLDS_MORE = "The store there holds records that the backup does not. Use --force to replace it all the same."


def put(made: FileConnection, where: Database, clock: Clock, *, force: bool) -> str | None:
    """Put a store that was verified in the place of one in a database.

    A store that it continues is filled anew, so that views and rights that others made stay. Any other is renamed, with
    `force` alone, and stays beside the new one.

    Returns:
        The schema in which the replaced store was kept, None where there was none to keep.

    Raises:
        WrongState: the store there holds something that the backup does not, and `force` is not set.
        StoreBusy: a server or a command, on whatever machine, has the store open.
        StoreDamaged: the schema holds something else.
    """
    with explained(), closing(connect(where, alone=True)) as target:
        if not is_store(target):
            refuse_foreign(target)
            add_postgis(target)
            _within(target, lambda: _make(made, target))
            return None
        if _continues(made, target):
            update(target, text_of(clock()))
            _within(target, lambda: _refill(made, target))
            return None
        if not force:
            raise WrongState(_HOLDS_MORE)
        kept = _free_name(target)

        def replace() -> None:
            target.execute(f'ALTER SCHEMA "{where.schema}" RENAME TO "{kept}"')
            migrations.renamed(ServerConnection(target.raw, kept))
            _make(made, target)

        _within(target, replace)
        return kept


def _continues(made: FileConnection, target: ServerConnection) -> bool:
    """Say whether all that the store there has recorded is in the backup too."""
    try:
        old = [entry.hash for entry in chain.entries(target)]
    except StoreError:
        return False
    return [entry.hash for entry in chain.entries(made)][: len(old)] == old


def _make(made: FileConnection, target: ServerConnection) -> None:
    make_schema(target)
    guards = migrations.build(target)
    migrations.mark(target)
    copy_rows(made, target)
    target.execute(";\n".join(guards))


def _refill(made: FileConnection, target: ServerConnection) -> None:
    for table in TABLES:
        target.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    target.execute(f"TRUNCATE {', '.join(TABLES)}")
    copy_rows(made, target)
    for table in TABLES:
        target.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def _within(target: ServerConnection, work: Callable[[], None]) -> None:
    target.execute("BEGIN")
    work()
    target.execute("COMMIT")


def _free_name(target: ServerConnection) -> str:
    number = 1
    while target.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", (_name(target, number),)).fetchone():
        number += 1
    return _name(target, number)


def _name(target: ServerConnection, number: int) -> str:
    return f"{target.schema}_replaced_{number}"
