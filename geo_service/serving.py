"""The application as a worker process starts it: where the store is, and who reaches it, come in the environment."""

import os
from pathlib import Path

from fastapi import FastAPI

from geo_service.app import create_app
from geo_service.store import open_store


def application() -> FastAPI:
    """Return the service over the store in `CLEARWAY_DATA`, ready to answer reads at once."""
    app = create_app(
        open_store(Path(os.environ["CLEARWAY_DATA"]), create=True), local=os.environ.get("CLEARWAY_LOCAL") == "1"
    )
    app.state.service.snapshots.newest().arrangement.journal  # noqa: B018
    return app
