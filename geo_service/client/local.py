"""Opening a store for the client: the service over it, in this process."""

import getpass
from pathlib import Path

from geo_service.access.principals import Principal, Role
from geo_service.app import create_app
from geo_service.client.errors import ClearwayError
from geo_service.client.inside import ADDRESS, Inside
from geo_service.clock import Clock
from geo_service.store import open_store
from geo_service.store.errors import StoreError
from geo_service.store.locations import Location, database_at
from geo_service.store.snapshot import SHELF

__all__ = ["ADDRESS", "opened"]


def opened(where: str | Path, *, create: bool, clock: Clock) -> tuple[Inside, str]:
    """Return the way to ask a store, and how it is shown.

    Raises:
        ClearwayError: there is no store, or it can't be read.
    """
    try:
        place: Location = database_at(where) if isinstance(where, str) and "://" in where else Path(where)
        log = open_store(place, create=create, clock=clock)
    except StoreError as error:
        raise ClearwayError(str(error), title="No store", advice="Check where it is.") from error
    keeper = Principal(getpass.getuser(), Role.admin)
    app = create_app(log, clock=clock, shelf=log.folder / SHELF, keeper=keeper)
    return Inside(app, log.close), str(place)
