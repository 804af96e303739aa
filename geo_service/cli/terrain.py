"""`terrain`: rasters of elevation, for slopes of roads."""

from pathlib import Path
from typing import Annotated

import typer

from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, Data, service


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("terrain")(load_terrain)


def load_terrain(
    files: Annotated[list[Path], typer.Argument(help="GeoTIFF, or SRTM tiles: .hgt, .hgt.zip")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Keep rasters of elevation with the store: travel times then know how steep roads are."""
    from geo_service.terrain import keep_terrain
    from layers.terrain.files import NoTerrain

    with service(data, "loading terrain", create=True) as one:
        for done, file in enumerate(files, start=1):
            try:
                kept = keep_terrain(one.log, file)
            except NoTerrain as error:
                raise Refused(str(error)) from None
            one.progress(done, len(files))
            rows, columns = kept.shape
            known = "" if kept.new else " (known already; nothing changed)"
            print(
                f"{file.name}: {columns} x {rows} cells, {kept.lowest_m:,.0f} to {kept.highest_m:,.0f} m, "
                f"{kept.voids:.2%} without a height{known}"
            )
