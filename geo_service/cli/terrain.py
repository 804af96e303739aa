"""`terrain`: rasters of elevation, for slopes of roads."""

from pathlib import Path
from typing import Annotated

import typer

from geo_service.cli.options import DEFAULT_DATA, Data, service
from geo_service.cli.rasters import filed, said


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("terrain")(load_terrain)


def load_terrain(
    files: Annotated[list[Path], typer.Argument(help="GeoTIFF, or SRTM tiles: .hgt, .hgt.zip")],
    data: Data = DEFAULT_DATA,
) -> None:
    """File rasters of elevation, each under its file's name: travel times then know how steep roads are.

    A file of the same name replaces what it held before; `raster load --kind terrain` says more of each.
    """
    from geo_service.rasters.receiving import Sent, name_of

    with service(data, "loading terrain", create=True) as one:
        for done, file in enumerate(files, start=1):
            sent = Sent(files=(file,), name=name_of(file.name), kind="terrain", valid_from="0001-01-01")
            found, new = filed(one, sent)
            one.progress(done, len(files))
            print(f"{file.name}: {said(found)}" + ("" if new else " (known already; nothing changed)"))
