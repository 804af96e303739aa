"""Options that many commands share, and what they stand for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from geo_service.api.dependencies import Service
from geo_service.balance import View, view
from geo_service.clock import Clock, utc_now
from geo_service.store import open_store
from geo_service.store.locations import Location
from geo_service.store.log import Progress as Told
from geo_service.store.snapshot import SHELF, Snapshots

Data = Annotated[Location, typer.Option("--data", help="the folder that holds the store", envvar="CLEARWAY_DATA")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="ground date, such as 2021-06-01; default today")]
KnownAt = Annotated[str | None, typer.Option("--known-at", help="knowledge time, such as 2021-06-01T12:00:00Z")]
By = Annotated[str | None, typer.Option("--by", help="district, device, or both separated by a comma")]
Form = Annotated[str, typer.Option("--format", help="table, json, csv or xlsx")]

DEFAULT_DATA: Location = Path("clearway-data")


@contextmanager
def service(
    data: Location, title: str = "arranging", *, create: bool = False, clock: Clock = utc_now
) -> Iterator[Service]:
    """Open a store, show how its long work goes, and let go of it at the end."""
    log = open_store(data, create=create, clock=clock)
    try:
        with progress(title) as told:
            yield Service(log, Snapshots(log, told, log.folder / SHELF), clock, told)
    finally:
        log.close()


def looked_at(one: Service, as_of: str | None = None, known_at: str | None = None) -> View:
    """Return the view at (`as_of`, `known_at`)."""
    return view(one.snapshots, one.settings, one.clock, as_of, known_at)


@contextmanager
def progress(title: str) -> Iterator[Told]:
    """Show a progress bar on standard error where a person looks at it."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield told
