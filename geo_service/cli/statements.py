"""`statement`: written answers made, shown, listed and verified."""

import hashlib
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from geo_service import formats
from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, AsOf, Data, service
from geo_service.cli.stores import Commands

AUTHOR = "command line"

Number = Annotated[int, typer.Argument(help="the number of the statement", min=1)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = Commands(help="Written answers for a parcel, a road or a settlement.", no_args_is_help=True)
    group.command()(make)
    group.command()(show)
    group.command("list")(list_)
    group.command()(verify)
    app.add_typer(group, name="statement")


def make(
    out: Annotated[Path | None, typer.Option(help="where the paper is written, OUT.pdf")] = None,
    parcel: Annotated[Path | None, typer.Option(help="a file with one polygon")] = None,
    crs: Annotated[str | None, typer.Option(help="coordinate system of the file, where it does not say")] = None,
    origin: Annotated[str | None, typer.Option("--from", help="LON,LAT or a settlement: a road from there")] = None,
    destination: Annotated[str | None, typer.Option("--to", help="LON,LAT or a settlement: to there")] = None,
    mode: Annotated[str | None, typer.Option(help="convoy, car, bus or foot, for a road")] = None,
    settlement: Annotated[str | None, typer.Option(help="the id of a settlement")] = None,
    radius_m: Annotated[float | None, typer.Option(help="the ground around the settlement (m)")] = None,
    purpose: Annotated[str, typer.Option(help="what for")] = "",
    asked_by: Annotated[str, typer.Option(help="for whom")] = "",
    language: Annotated[str, typer.Option(help="en, az or ru")] = "en",
    valid_days: Annotated[int | None, typer.Option(help="days that it is to hold, at most the programme's")] = None,
    as_of: AsOf = None,
    data: Data = DEFAULT_DATA,
    form: Annotated[str, typer.Option("--format", help="table or json")] = "table",
) -> None:
    """Make a statement under the next number."""
    from geo_service.statements import issue, parcels, shown
    from geo_service.statements.question import asked

    if out is not None and out.suffix.lower() != ".pdf":
        raise Refused(f"the paper is written as OUT.pdf, not {out.name}")
    with service(data, "stating") as one:
        given = {"settlement": settlement, "radius_m": radius_m, "mode": mode, "valid_days": valid_days, "as_of": as_of}
        fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        fields |= {"purpose": purpose, "asked_by": asked_by, "language": language}
        fields |= _places(one, origin, destination, as_of)
        drawn = None
        if parcel is not None:
            drawn = parcels.sent(_content(parcel), parcel.name, crs, one.settings.statements.most_km2)
        made = issue.issue(one, asked(fields, one.settings, drawn), AUTHOR, "")
        if out is not None:
            out.write_bytes(issue.content_of(one.log, made, issue.PAPER))
        told = shown.answered(one, made)
    _print(told, form)
    if out is not None and form == "table":
        print(out)


def show(
    number: Number,
    out: Annotated[Path | None, typer.Option(help="OUT.pdf for the paper, OUT.json for the record, as filed")] = None,
    data: Data = DEFAULT_DATA,
    form: Annotated[str, typer.Option("--format", help="table or json")] = "table",
) -> None:
    """Print a statement and how it stands. Exit code 1 where it no longer holds."""
    from geo_service.statements import issue, shown

    names = {".pdf": issue.PAPER, ".json": issue.RECORD}
    if out is not None and out.suffix.lower() not in names:
        raise Refused(f"a statement is written as OUT.pdf or OUT.json, not {out.name}")
    with service(data, "looking at a statement") as one:
        found = issue.found(one.log, number)
        if out is not None:
            out.write_bytes(issue.content_of(one.log, found, names[out.suffix.lower()]))
        told = shown.answered(one, found)
    _print(told, form)
    raise typer.Exit(0 if told["status"] == "valid" else 1)


def list_(
    data: Data = DEFAULT_DATA,
    limit: Annotated[int, typer.Option(help="how many, the newest first", min=1)] = 100,
    form: Annotated[str, typer.Option("--format", help="table or json")] = "table",
) -> None:
    """Print the statements, the newest first."""
    from geo_service.statements import issue, shown

    with service(data, "listing") as one:
        rows = [shown.listed(one, filed) for filed in issue.all_of(one.log)[:limit]]
    if form == "json":
        sys.stdout.buffer.write(formats.to_json({"statements": rows}))
        return
    names = ("statement", "kind", "issued_at", "expires_on", "expired", "as_of", "asked_by", "purpose")
    print(formats.to_table([{name: row[name] for name in names} for row in rows]), end="")


def verify(
    number: Number,
    file: Annotated[Path, typer.Argument(help="the copy: a PDF, or the JSON of the record")],
    data: Data = DEFAULT_DATA,
    form: Annotated[str, typer.Option("--format", help="table or json")] = "table",
) -> None:
    """Say whether a file is byte for byte what was issued, and whether that holds. Exit code 1 where not."""
    from geo_service.statements import issue, shown

    with service(data, "verifying") as one:
        digest = hashlib.sha256(_content(file)).hexdigest()
        told = shown.verification(one, issue.found(one.log, number), digest, in_hand=True)
    if form == "json":
        sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
    else:
        print(told["detail"])
    sys.stdout.flush()
    raise typer.Exit(0 if told["genuine"] and told["status"] == "valid" else 1)


def _places(one: Any, origin: str | None, destination: str | None, as_of: str | None) -> dict[str, Any]:
    from geo_service.cli.options import looked_at
    from geo_service.travel.places import place_named

    given = {"from": origin, "to": destination}
    if origin is None and destination is None:
        return {}
    seen = looked_at(one, as_of)
    return {name: list(place_named(text, seen, f"--{name}")) for name, text in given.items() if text is not None}


def _content(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        Refused: it can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path.name} can't be read: {error.strerror}") from None


def _print(told: dict[str, Any], form: str) -> None:
    if form == "json":
        sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.flush()
        return
    print(f"Statement {told['statement']}, issued on {told['issued_on']}, up to {told['expires_on']}: {told['status']}")
    for one in told["findings"]:
        print(one["text"])
    rows = [{"state": name, "m2": f"{m2:,.0f}"} for name, m2 in told["states"].items()]
    print(formats.to_table(rows), end="")
    for one in told["changes"]:
        print("since:", ", ".join(f"{name} {value}" for name, value in one.items()))
    print(f"SHA-256 of the record {told['sha256']}, of the paper {told['pdf_sha256']}")
    print(told["notice"])
