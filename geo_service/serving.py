"""The application as a worker process starts it: where the store is, and who reaches it, come in the environment."""

import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from geo_service.app import create_app
from geo_service.store import open_store
from geo_service.store.snapshot import SHELF, Snapshots

PAUSE_S = 0.25
"""How often a process looks for what others have recorded."""


def application() -> FastAPI:
    """Return the service over the store in `CLEARWAY_DATA`, ready to answer reads at once."""
    data = Path(os.environ["CLEARWAY_DATA"])
    local = os.environ.get("CLEARWAY_LOCAL") == "1"
    app = create_app(open_store(data, create=True), local=local, shelf=data / SHELF)
    snapshots: Snapshots = app.state.service.snapshots
    snapshots.follow()
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def following(app: FastAPI) -> AsyncIterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=_follow, args=(snapshots, ended), daemon=True)
        thread.start()
        async with inner(app):
            yield
        ended.set()

    app.router.lifespan_context = following
    return app


def _follow(snapshots: Snapshots, ended: threading.Event) -> None:
    """Take in new revisions as they come: readers then find them worked out."""
    while not ended.wait(PAUSE_S):
        try:
            snapshots.follow()
        except Exception:
            # Whoever asks meets the error where it can be answered; the next turn tries again.
            logging.getLogger(__name__).exception("could not take in what was recorded since")
