"""`map` and `export`: what leaves the house."""

from pathlib import Path
from typing import Annotated

import typer

from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, AsOf, Data, KnownAt, looked_at, service


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("map")(draw_map)
    app.command()(export)


def draw_map(
    out: Annotated[Path, typer.Argument(help="OUT.html")],
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> None:
    """Write the overview map as one self-contained file that opens without internet."""
    from geo_service.maps.overview import overview
    from geo_service.situations import situation

    if out.suffix.lower() not in {".html", ".htm"}:
        raise Refused(f"a map is written as OUT.html, not {out.name}")
    with service(data, "drawing") as one:
        seen = looked_at(one, as_of, known_at)
        shown = situation(seen, one.settings)
        out.write_text(overview(shown, mode="embedded"), encoding="utf-8")
    print(f"{out}: {len(shown.frames['hazards'])} hazards, as of {seen.as_of}, known at {seen.known_at}")


def export(
    out: Annotated[Path, typer.Argument(help="OUT.gpkg, or a folder for a GeoJSON file per layer")],
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> None:
    """Write every layer as of a date: a GeoPackage with styles for QGIS, or a folder of GeoJSON."""
    from geo_service.exports import write_folder, write_geopackage

    if out.suffix.lower() not in {".gpkg", ""}:
        raise Refused(f"an export is written as OUT.gpkg or into a folder, not {out.name}")
    write = write_geopackage if out.suffix else write_folder
    with service(data, "exporting") as one:
        seen = looked_at(one, as_of, known_at)
        counts = write(out, seen, one.settings, one.progress)
    print(f"{out}: " + ", ".join(f"{count} {layer}" for layer, count in counts.items()))
