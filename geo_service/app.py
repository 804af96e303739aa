"""The application: routers put together over the parts they work with, behind the gate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from geo_service import __version__
from geo_service.access.dependencies import Rule, requires
from geo_service.access.forwarded import TRUSTED, Forwarded, networks
from geo_service.access.gate import Doors, Gate
from geo_service.access.logbook import Logbook
from geo_service.access.principals import Principal, Role
from geo_service.api import (
    access_pages,
    changesets,
    collections,
    coverage,
    editing,
    exports,
    item,
    items,
    landing,
    operation,
    overview,
    pages,
    printing,
    problems,
    rasters,
    reach,
    reports,
    returning,
    review,
    review_pages,
    route_pages,
    routes,
    statement_pages,
    statements,
    tiles,
)
from geo_service.api.dependencies import Service
from geo_service.api.heads import HeadAsGet
from geo_service.clock import Clock, utc_now
from geo_service.jobs.runner import Runner
from geo_service.store.log import Log
from geo_service.store.snapshot import Snapshots


def create_app(  # noqa: PLR0913 - each with a default
    log: Log,
    *,
    clock: Clock = utc_now,
    local: bool = False,
    shelf: Path | None = None,
    trusted: str = TRUSTED,
    keeper: Principal | None = None,
) -> FastAPI:
    """Return the service over a log.

    Args:
        log: the store.
        clock: where the time comes from.
        local: only this machine can reach the service, so that it runs open for one person until there is a token.
        shelf: the file that keeps what is worked out of the store from one start to the next.
        trusted: the addresses and networks of the proxies that are believed what they say of a request.
        keeper: who asks without a credential, where the service runs inside a program of theirs and not on a network.
    """

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        runner = Runner(log)
        runner.start()
        yield
        await run_in_threadpool(runner.stop)

    app = FastAPI(
        title="Clearway", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, lifespan=running
    )
    service = app.state.service = Service(log, Snapshots(log, shelf=shelf), clock)
    problems.install(app)
    app.include_router(coverage.router, dependencies=[requires(Role.viewer)])
    routers = (
        *(landing, pages, overview, printing, review_pages, route_pages, routes, reach, operation, changesets, review),
        *(
            collections,
            items,
            item,
            editing,
            tiles,
            exports,
            reports,
            access_pages,
            rasters,
            statements,
            statement_pages,
            returning,
        ),
    )
    for one in routers:
        app.include_router(one.router)
    static = files("geo_service") / "static"
    app.mount("/static", StaticFiles(directory=str(static)), name="static")

    @app.get("/favicon.ico", include_in_schema=False, dependencies=[requires(Role.nobody)])
    def favicon() -> FileResponse:
        return FileResponse(str(static / "favicon.svg"), media_type="image/svg+xml")

    # The last one stands outermost.
    doors = Doors(log, lambda: service.settings.today(clock), clock, local, problems.explained, keeper)
    app.add_middleware(Gate, doors=doors, routes=lambda: app.routes, parts={"/static": Rule(Role.nobody)})
    app.add_middleware(HeadAsGet)
    app.add_middleware(Logbook, clock=clock)
    app.add_middleware(Forwarded, trusted=networks(trusted))
    return app
