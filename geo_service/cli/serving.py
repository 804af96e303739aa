"""`serve` and `demo`."""

import os
from typing import Annotated

import typer

from geo_service.access.forwarded import networks
from geo_service.access.logbook import config
from geo_service.access.settings import access_settings_of, is_loopback
from geo_service.api.dependencies import Service
from geo_service.app import TRUSTED
from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, Data, progress, service
from geo_service.store.locations import environment_of


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(demo)


def serve(
    data: Data = DEFAULT_DATA,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="processes")] = 1,
    forwarded_allow_ips: Annotated[
        str, typer.Option(help="proxies that are believed who asks, by which host and under which path")
    ] = TRUSTED,
) -> None:
    """Serve a store: maps, features, the balance, uploads.

    Without tokens it runs open for one person, on an address of this machine alone.
    """
    import uvicorn

    try:
        networks(forwarded_allow_ips)
    except ValueError as error:
        raise Refused(f"--forwarded-allow-ips: {error}") from None
    local = is_loopback(host)
    with service(data, create=True) as one:
        asked = who_is_let_in(one, host, local=local)
    # Worker processes read it there: an address may hold a password, and command lines can be read by everybody.
    os.environ |= {**environment_of(data), "CLEARWAY_LOCAL": "1" if local else ""}
    os.environ["CLEARWAY_TRUSTED"] = forwarded_allow_ips
    print(f"Clearway serves {data} on http://{host}:{port}\n{asked}", flush=True)
    uvicorn.run(
        "geo_service.serving:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=config(),
        access_log=False,
        proxy_headers=False,  # the application reads them itself, and a path prefix too
    )


def who_is_let_in(one: Service, host: str, *, local: bool) -> str:
    """Return a sentence that says who is let in.

    Raises:
        Refused: others reach the address, and nobody could be told from anybody.
    """
    tokens, now = one.log.tokens, one.clock()
    settings = access_settings_of(one.log.settings())
    if settings.identity_provider or any(token.holds(now) for token in tokens.all()):
        return "Every request needs a token" + (", but for what is published" if settings.public_access else "")
    if not local:
        raise Refused(
            f"{host} can be reached by others, and there is no token yet to tell who they are. Make one first: "
            "clearway token create --name NAME --role admin"
        )
    if tokens.ever():
        return "Every request needs a token, and none is valid any more: clearway token create makes one"
    return "It runs open for one person on this machine: clearway token create ends that"


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
