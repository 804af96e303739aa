"""`returning`: what each settlement stands on before people go back to it."""

import sys
from typing import Annotated

import typer

from geo_service import formats
from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, AsOf, Data, KnownAt, looked_at, service

FORMS = ("table", "json", "csv")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(returning)


def returning(
    site: Annotated[
        str | None, typer.Option(help="where people wait: LON,LAT or a settlement; default: all sites")
    ] = None,
    mode: Annotated[str, typer.Option(help="convoy, car, bus or foot")] = "car",
    weights: Annotated[
        list[str] | None,
        typer.Option(
            "--weights", help="NAME=VALUE, a component and how much it counts; may be repeated. None: no index"
        ),
    ] = None,
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    max_snap_m: Annotated[float, typer.Option(help="how far off the road a settlement may lie (m)")] = 500.0,
    form: Annotated[str, typer.Option("--format", help="table, json or csv")] = "table",
) -> None:
    """Print for each settlement open ground around it and its roads, access and people; an index by your weights."""
    from geo_service.returning import answers
    from geo_service.returning.components import Asked
    from geo_service.travel.question import word_of
    from layers.roads.rules import Mode

    if form not in FORMS:
        raise Refused(f"--format is one of {', '.join(FORMS)}, not {form}")
    given = answers.weights_given(weights or ())
    with service(data, "looking at return") as one:
        seen = looked_at(one, as_of, known_at)
        if not known_at:
            seen = one.surroundings.now(seen)
        asked = Asked(site, word_of(mode, Mode, "--mode"), max_snap_m)
        found = one.returns.at(seen, one.settings.routes, asked)
        said = answers.answered(found, seen, one.settings, asked, given)
    if form == "json":
        sys.stdout.buffer.write(formats.to_json(said))
    elif form == "csv":
        print(formats.to_csv(answers.flat(said)), end="")
    else:
        print(answers.to_text(said), end="")
