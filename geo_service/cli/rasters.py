"""`raster`: terrain, population, land cover: load, list, sum up."""

import getpass
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo_service import formats
from geo_service.api.dependencies import Service
from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, AsOf, Data, KnownAt, looked_at, service
from geo_service.cli.stores import Commands

if TYPE_CHECKING:
    from geo_service.rasters.receiving import Sent
    from geo_service.rasters.register import Raster

Form = Annotated[str, typer.Option("--format", help="table, json or csv")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = Commands(help="Terrain, population, land cover: load, list, sum up.", no_args_is_help=True)
    group.command()(load)
    group.command("list")(list_)
    group.command()(statistics)
    app.add_typer(group, name="raster")


def load(
    files: Annotated[list[Path], typer.Argument(help="GeoTIFF, or SRTM tiles (.hgt, .hgt.zip); several: one grid")],
    kind: Annotated[str, typer.Option(help="terrain, population, land_cover or other")],
    data: Data = DEFAULT_DATA,
    name: Annotated[str | None, typer.Option(help="what it is called; default: as its first file")] = None,
    valid_from: Annotated[str | None, typer.Option(help="from when it describes the ground")] = None,
    unit: Annotated[str, typer.Option(help="of its numbers; of a population people, or people/km2")] = "",
    source: Annotated[str, typer.Option(help="whose it is")] = "",
    crs: Annotated[str | None, typer.Option(help="its coordinate system, where the file does not say it")] = None,
    nodata: Annotated[float | None, typer.Option(help="a value that means that there is none")] = None,
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="NUMBER=NAME of a class of land cover; may be repeated")
    ] = None,
) -> None:
    """File a raster: a version of its name, kept as a cloud-optimised GeoTIFF with the store, and in every backup."""
    from geo_service.rasters.receiving import Sent, name_of

    sent = Sent(
        files=tuple(files),
        name=name or name_of(files[0].name),
        kind=kind,
        unit=unit,
        source=source,
        valid_from=valid_from,
        crs=crs,
        nodata=nodata,
        class_names=_named(classes or ()),
    )
    with service(data, "loading", create=True) as one:
        found, new = filed(one, sent)
    print(f"{found.name} version {found.version}: {said(found)}" + ("" if new else " (known already; nothing changed)"))
    for notice in found.facts.notices:
        print(f"  notice: {notice}")


def list_(data: Data = DEFAULT_DATA, as_of: AsOf = None, known_at: KnownAt = None, form: Form = "table") -> None:
    """Print the rasters that hold at a date, as known at a time."""
    from geo_service.rasters.reading import listed, times_of

    with service(data) as one:
        answer = listed(one.log, times_of(one.settings, one.clock, as_of, known_at))
    if form == "json":
        sys.stdout.buffer.write(formats.to_json(answer))
        return
    names = ("name", "version", "kind", "unit", "valid_from", "width", "height", "cell_m", "voids", "source")
    rows = [{key: row[key] for key in names} for row in answer["rasters"]]  # type: ignore[attr-defined]
    for row in rows:
        row["voids"] = f"{row['voids']:.3%}"
    print(formats.to_csv(rows) if form == "csv" else formats.to_table(_plain(rows)), end="")


def statistics(
    name: Annotated[str, typer.Argument(help="the raster")],
    data: Data = DEFAULT_DATA,
    by: Annotated[str | None, typer.Option("--by", help="district")] = None,
    near: Annotated[str | None, typer.Option("--near", help="km from open ground, such as 0.5,1")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    form: Form = "table",
) -> None:
    """Print what a raster holds by district, or near open ground: people, m2 of each class, heights."""
    from geo_service.rasters.statistics import asked, figures

    with service(data, "summing up") as one:
        answer = figures(one, looked_at(one, as_of, known_at), asked(name, by, near), known_at)
    if form == "json":
        sys.stdout.buffer.write(formats.to_json(answer))
        return
    rows: list[dict[str, object]] = answer["rows"]  # type: ignore[assignment]
    print(formats.to_csv(rows) if form == "csv" else formats.to_table(_plain(rows), ("district_id",)), end="")
    if form == "table":
        print(f"\nas of {answer['as_of']}, known at {answer['known_at']} (revision {answer['revision']})")


def filed(one: Service, sent: "Sent") -> "tuple[Raster, bool]":
    """File a raster for whoever runs the command.

    Raises:
        Refused: it can't be read or used, or something must be answered first.
    """
    from geo_service.rasters.receiving import receive
    from layers.reading import Question, Unreadable

    try:
        return receive(one.log, replace(sent, author=getpass.getuser()), one.settings, one.clock)
    except Question as question:
        choices = f" (one of: {', '.join(question.choices)})" if question.choices else ""
        raise Refused(f"{question.message}{choices}") from None
    except Unreadable as error:
        raise Refused(str(error)) from None


def said(found: "Raster") -> str:
    """Return a raster in a line."""
    facts, unit = found.facts, f" {found.unit}" if found.unit else ""
    what = "height" if found.kind.value == "terrain" else "value"
    return (
        f"{facts.width} x {facts.height} cells, {facts.lowest:,.0f} to {facts.highest:,.0f}{unit}, "
        f"{facts.voids:.2%} without a {what}"
    )


def _named(pairs: "list[str] | tuple[str, ...]") -> dict[str, str]:
    found = {}
    for pair in pairs:
        number, sign, called = pair.partition("=")
        if not sign:
            raise Refused(f"--class is NUMBER=NAME, such as 40=cropland, not {pair!r}")
        found[number.strip()] = called.strip()
    return found


def _plain(rows: "list[dict[str, object]]") -> "list[dict[str, object]]":
    """Return rows for the terminal; what is not known reads so, and not as nothing."""
    whole = {"district": "all", "district_id": "all", "near_km": "anywhere"}
    return [
        {key: whole.get(key, "not known") if value is None else value for key, value in row.items()} for row in rows
    ]
