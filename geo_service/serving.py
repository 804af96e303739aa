"""The application as a worker process starts it: where the store is, and who reaches it, come in the environment."""

import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from geo_service import balance
from geo_service.access.forwarded import TRUSTED
from geo_service.access.public import FullRecords
from geo_service.api.dependencies import Service
from geo_service.app import create_app
from geo_service.store import open_store
from geo_service.store.errors import StoreError
from geo_service.store.locations import located
from geo_service.store.snapshot import SHELF

PAUSE_S = 0.25
"""How often a process looks for what others have recorded."""

AFTER_FAILURE_S = 2.0
"""How much longer it waits where the store could not be read."""


def application() -> FastAPI:
    """Return the service over the store that the environment names, ready to answer reads at once."""
    log = open_store(located(os.environ), create=True)
    local = os.environ.get("CLEARWAY_LOCAL") == "1"
    trusted = os.environ.get("CLEARWAY_TRUSTED", TRUSTED)
    app = create_app(log, local=local, shelf=log.folder / SHELF, trusted=trusted)
    service: Service = app.state.service
    service.snapshots.follow()
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def following(app: FastAPI) -> AsyncIterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=_follow, args=(service, ended), daemon=True)
        thread.start()
        async with inner(app):
            yield
        ended.set()

    app.router.lifespan_context = following
    return app


def _follow(service: Service, ended: threading.Event) -> None:
    """Take in new revisions as they come, make tiles ready, prove their balance of today: readers find them so."""
    proven = -1
    while not ended.is_set():
        try:
            service.snapshots.follow()
            number = service.snapshots.newest().number
            if number != proven:
                seen = balance.view(service.snapshots, service.settings, service.clock)
                # Tiles first: figures come when the balance is proven, and then the map must not wait for its tiles.
                service.tiles.prepare(service.holdings.at(seen, "hazards", FullRecords()))
                balance.coverage(seen)
                proven = number
        except StoreError as error:
            # Whoever asks meets the error where it can be answered; the next turn tries again.
            logging.getLogger(__name__).warning("could not take in what was recorded since: %s", error)
            ended.wait(AFTER_FAILURE_S)
        except Exception:
            logging.getLogger(__name__).exception("could not take in what was recorded since")
            ended.wait(AFTER_FAILURE_S)
        ended.wait(PAUSE_S)
