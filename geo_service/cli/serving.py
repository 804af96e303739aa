"""`serve` and `demo`."""

import ipaddress
import os
from typing import Annotated

import typer

from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, Data, progress, service


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(demo)


def serve(
    data: Data = DEFAULT_DATA,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Serve the store in a folder: maps, features, the balance, uploads."""
    import uvicorn

    if not _loopback(host):
        raise Refused(
            f"{host} can be reached by others, and this service asks nobody who they are: it serves 127.0.0.1 only"
        )
    with service(data, create=True):
        pass
    os.environ["CLEARWAY_DATA"] = str(data.resolve())
    print(f"Clearway serves {data} on http://{host}:{port}", flush=True)
    uvicorn.run(
        "geo_service.serving:application", factory=True, host=host, port=port, workers=workers, log_level="warning"
    )


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def demo(
    data: Data = DEFAULT_DATA,
    seed: Annotated[int, typer.Option(help="the same seed writes the same records")] = 1,
    hazards: Annotated[int, typer.Option(min=1, help="how many hazards")] = 600,
    area_km2: Annotated[float, typer.Option(min=1, help="size of the area in km2")] = 10_000.0,
) -> None:
    """Write a synthetic area, labelled as such: several years of records, maps and a balance to look at."""
    from geo_service.demo import write

    with progress("writing the demo area") as told:
        counts = write(data, seed=seed, hazards=hazards, area_km2=area_km2, progress=told)
    print(f"{data}: SYNTHETIC area, " + ", ".join(f"{count} {layer}" for layer, count in counts.items()))
