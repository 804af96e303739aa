"""Opening a store in a database: making its schema, or verifying that it is one and bringing it to the present."""

from collections.abc import Sequence
from contextlib import closing

import psycopg
from psycopg import errors as reported

from geo_service.clock import Clock
from geo_service.store import chain
from geo_service.store.connections import PATIENCE_S
from geo_service.store.errors import NotFound, StoreDamaged, StoreError, WrongState
from geo_service.store.layout import new_store
from geo_service.store.locations import Database
from geo_service.store.moments import text_of
from geo_service.store.postgis import migrations
from geo_service.store.postgis.connections import ServerConnection, ServerPool, connect, key_of
from geo_service.store.postgis.errors import explained
from geo_service.store.postgis.log import PostgisLog


def open_database(  # noqa: PLR0913
    where: Database,
    *,
    create: bool,
    synthetic: bool,
    clock: Clock,
    patience_s: float,
    steps: Sequence[migrations.Step] = migrations.STEPS,
) -> PostgisLog:
    """Return the log kept in a schema of a database; arguments and errors as of `open_store`.

    Raises:
        StoreUnreachable: no database answers at the address.
        StoreLocked: it refuses the user, or gives them no right to make what is missing.
    """
    with explained():
        with closing(connect(where)) as connection:
            if not is_store(connection):
                refuse_foreign(connection)
                if not create:
                    raise NotFound(
                        "There is no store in this database. Load a file or run `clearway demo` to make one."
                    )
            if migrations.level(connection) != len(steps):
                update(connection, text_of(clock()), steps, synthetic=synthetic)
            settings = chain.settings(connection)
        if synthetic and not settings["synthetic"]:
            raise WrongState("This store holds real records. Choose another schema for synthetic ones.")
    return PostgisLog(ServerPool(where, patience_s), clock, str(settings["store"]))


def is_store(connection: ServerConnection) -> bool:
    """Say whether the connection's schema is a store of Clearway."""
    return migrations.level(connection) > 0


def update(
    connection: ServerConnection,
    at: str,
    steps: Sequence[migrations.Step] = migrations.STEPS,
    *,
    synthetic: bool = False,
) -> None:
    """Bring a store, or an empty schema, to the present layout: all the way, or not at all.

    Raises:
        StoreTooNew: a later Clearway has written the store.
    """
    add_postgis(connection)
    # Where this fails the connection is closed, which takes everything back.
    connection.execute("BEGIN")
    connection.execute(f"SET LOCAL lock_timeout = '{PATIENCE_S:.0f}s'")
    # One at a time, of all processes and machines; who comes second finds the steps taken.
    connection.execute("SELECT pg_advisory_xact_lock(?)", (key_of(connection.schema, "layout"),))
    make_schema(connection)
    migrations.migrate(connection, at, new_store(synthetic=synthetic), steps)
    connection.execute("COMMIT")


def make_schema(connection: ServerConnection) -> None:
    """Make the connection's schema where it is not there; inside a transaction."""
    found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", (connection.schema,)).fetchone()
    if found is None:
        connection.execute(f'CREATE SCHEMA "{connection.schema}"')


def add_postgis(connection: ServerConnection) -> None:
    """Let the database have PostGIS, where it has not.

    Raises:
        StoreError: it can't; the message says what its owner has to do.
    """
    if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").fetchone():
        return
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public")
    except reported.UniqueViolation:
        pass  # another process was faster
    except psycopg.Error as error:
        raise StoreError(
            "The database has no PostGIS, and this user can't add it. Have its owner run CREATE EXTENSION postgis."
        ) from error
    path = connection.execute("SELECT current_setting('search_path')").fetchone()[0]
    connection.execute("SELECT set_config('search_path', ?, false)", (f"{path}, public",))


def refuse_foreign(connection: ServerConnection) -> None:
    """Refuse a schema that holds something else; an empty one may become a store."""
    held = connection.execute(
        "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? LIMIT 1",
        (connection.schema,),
    ).fetchone()
    # Looked at again: another process may just have made it.
    if held and not is_store(connection):
        raise StoreDamaged(
            f"The schema {connection.schema} of this database holds something other than a store of Clearway. Name "
            "another one: postgresql://…?schema=NAME."
        )
