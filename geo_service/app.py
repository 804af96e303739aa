"""The application: routers put together over the parts they work with."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from geo_service import __version__
from geo_service.api import changesets, collections, coverage, operation, pages, problems
from geo_service.api.dependencies import Service
from geo_service.api.heads import HeadAsGet
from geo_service.clock import Clock, utc_now
from geo_service.store.log import Log
from geo_service.store.snapshot import Snapshots


def create_app(log: Log, *, clock: Clock = utc_now, shelf: Path | None = None) -> FastAPI:
    """Return the service over a log; `shelf` is the file that keeps what is worked out of it."""
    app = FastAPI(title="Clearway", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api")
    app.state.service = Service(log, Snapshots(log, shelf=shelf), clock)
    problems.install(app)
    app.add_middleware(HeadAsGet)
    for one in (pages, operation, coverage, changesets, collections):
        app.include_router(one.router)
    static = files("geo_service") / "static"
    app.mount("/static", StaticFiles(directory=str(static)), name="static")

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> FileResponse:
        return FileResponse(str(static / "favicon.svg"), media_type="image/svg+xml")

    return app
