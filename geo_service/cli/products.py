"""`map` and `export`: what leaves the house."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, AsOf, Data, KnownAt, looked_at, service

if TYPE_CHECKING:
    from geo_service.printing.atlas import Wish


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("map")(draw_map)
    app.command()(export)


Paper = Annotated[str, typer.Option("--paper", help="A4 or A3, in landscape: OUT.pdf, OUT.png")]
Parted = Annotated[str, typer.Option("--by", help="what the atlas is parted by: district, grid or none: OUT.pdf")]
District = Annotated[str | None, typer.Option("--district", help="the id of the one district that is wanted")]
Edition = Annotated[
    int | None, typer.Option("--edition", min=1, help="the number of the edition, printed on each sheet")
]
Dpi = Annotated[int, typer.Option("--dpi", min=50, max=600, help="dots per inch of OUT.png")]


def draw_map(
    out: Annotated[Path, typer.Argument(help="OUT.html, OUT.pdf or OUT.png")],
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    paper: Paper = "A4",
    by: Parted = "district",
    district: District = None,
    edition: Edition = None,
    dpi: Dpi = 200,
) -> None:
    """Write the map: one page that opens without internet, an atlas to print, or one sheet of it as a picture."""
    from geo_service.maps.overview import overview
    from geo_service.printing import files
    from geo_service.situations import situation

    form = out.suffix.lower()
    if form not in {".html", ".htm", ".pdf", ".png"}:
        raise Refused(f"a map is written as OUT.html, OUT.pdf or OUT.png, not {out.name}")
    wish = _wish(paper, by, district, edition)
    with service(data, "drawing") as one:
        seen = looked_at(one, as_of, known_at)
        if form == ".pdf":
            made = files.pdf(seen, one.settings, wish, progress=one.progress)
        elif form == ".png":
            made = files.png(seen, one.settings, wish, dpi, progress=one.progress)
        else:
            made = overview(situation(seen, one.settings), mode="embedded").encode()
        out.write_bytes(made)
        count = len(seen.snapshot.in_force("hazards", seen.as_of))
    print(f"{out}: {count} hazards, as of {seen.as_of}, known at {seen.known_at}")


def _wish(paper: str, by: str, district: str | None, edition: int | None) -> "Wish":
    """Return what is to be printed.

    Raises:
        Refused: there is no such paper or part; the choices are named.
    """
    from geo_service.printing.atlas import By, Wish
    from geo_service.printing.paper import PAPERS

    if paper.upper() not in PAPERS:
        raise Refused(f"--paper is {' or '.join(PAPERS)}, not {paper}")
    if by not in set(By):
        raise Refused(f"--by is {', '.join(By)}, not {by}")
    return Wish(PAPERS[paper.upper()], By(by), district, edition)


def export(
    out: Annotated[
        Path,
        typer.Argument(
            help="OUT.gpkg, OUT.kml, OUT.pmtiles; a folder or OUT.zip of GeoJSON, CSV, shapefiles or GeoParquet; "
            "OUT.geojson, OUT.csv or OUT.parquet for one layer"
        ),
    ],
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="gpkg, geojson, csv, shp, kml, parquet or pmtiles, where the name is no answer"),
    ] = None,
    layers: Annotated[
        str | None, typer.Option("--layers", help="some layers separated by commas, states among them; default all")
    ] = None,
    max_zoom: Annotated[int, typer.Option("--max-zoom", min=0, max=18, help="the highest zoom of OUT.pmtiles")] = 14,
) -> None:
    """Write every layer and the ground by state as of a date, for QGIS and other programs, with dates and sentences."""
    from geo_service.exports import content, writing

    named = writing.form_of(out, form)
    with service(data, "exporting") as one:
        seen = looked_at(one, as_of, known_at)
        wanted = [name.strip() for name in layers.split(",")] if layers is not None else None
        what = content.content_of(seen, one.settings, layers=wanted)
        counts = writing.write(out, named, what, one.progress, max_zoom=max_zoom)
    if "coverage_gap" in what.about:
        print(what.about["coverage_gap"])
    print(f"{out}: " + ", ".join(f"{count} {layer}" for layer, count in counts.items()))
