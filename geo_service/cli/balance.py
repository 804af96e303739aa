"""`coverage` and `ledger`: the balance on the terminal."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from geo_service import balance, formats
from geo_service.balance import Answer, Refused
from geo_service.cli.options import DEFAULT_DATA, AsOf, By, Data, Form, KnownAt, looked_at, service
from geo_service.store.locations import Location
from layers.versions import as_date

ENGINES = ("embedded", "dask")
FORMS = ("table", "json", "csv", "xlsx")
HIDDEN = ("district_id",)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(coverage)
    app.command()(ledger)
    app.command()(timeline)
    app.command()(restatement)


def coverage(
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    by: By = None,
    form: Annotated[str, typer.Option("--format", help="table, json, csv, xlsx, or geotiff with --out")] = "table",
    cell: Annotated[float | None, typer.Option(help="the side of a cell (m) of a GeoTIFF")] = None,
    out: Annotated[Path | None, typer.Option(help="the GeoTIFF to write")] = None,
    engine: Annotated[str, typer.Option(help="embedded, or dask: many worker processes or machines")] = "embedded",
    scheduler: Annotated[
        str | None,
        typer.Option(help="address of a Dask scheduler, such as tcp://10.0.0.5:8786; default: one made here"),
    ] = None,
    parts: Annotated[
        Path | None, typer.Option(help="folder for the portions that Dask's workers read; all must reach it")
    ] = None,
) -> None:
    """Print how many m2 are in each state, and the certificate. Exit code 1 when the certificate fails."""
    if form == "geotiff":
        _paint(data, as_of, known_at, cell, out)
        return
    _known(form)
    if cell is not None or out is not None:
        raise Refused("--cell and --out go with --format geotiff")
    if engine not in ENGINES:
        raise Refused(f"--engine is one of {', '.join(ENGINES)}, not {engine}")
    groups = balance.grouping(by)
    with service(data) as one:
        seen = looked_at(one, as_of, known_at)
        if engine == "dask":
            from geo_service.cli.clusters import arranged_by_dask

            arrangement = arranged_by_dask(seen.snapshot.frames, scheduler, parts, one.progress)
            answer = balance.described(seen, arrangement, arrangement.partition(seen.as_of, by=groups), groups)
        else:
            answer = balance.coverage(seen, groups)
    _print(answer, form)
    if form == "table":
        print(f"\nas of {answer['as_of']}, known at {answer['known_at']} (revision {answer['revision']})")
        if answer["coverage_gap"]:
            print("COVERAGE GAP: this date lies before the first record; nothing is known of the ground then.")
        _print_certificate(answer["certificate"])
    raise typer.Exit(0 if answer["certificate"]["passed"] else 1)  # type: ignore[index]


def _paint(data: Location, as_of: str | None, known_at: str | None, cell: float | None, out: Path | None) -> None:
    """Write the state of the ground as a GeoTIFF, its legend beside it; print how cells agree with the balance."""
    from geo_service.exports.legend import SUFFIX, legend
    from geo_service.rasters.ground import geotiff
    from layers.rasters.states import colour_table, labels
    from layers.reading import Unreadable

    if out is None or out.suffix.lower() not in {".tif", ".tiff"}:
        raise Refused("a GeoTIFF is written with --out OUT.tif")
    with service(data, "painting") as one:
        seen = looked_at(one, as_of, known_at)
        try:
            made = geotiff(seen, one.settings, cell, one.progress)
        except Unreadable as error:
            raise Refused(str(error)) from None
        out.write_bytes(made.content)
        out.with_name(out.name + SUFFIX).write_bytes(legend(labels(), colour_table()))
    print(formats.to_table(made.rows), end="")
    print(f"\n{out}: cells of {made.cell_m:g} m, as of {seen.as_of}, known at {seen.known_at}")
    if made.advice:
        print(f"LOOK: {made.advice}")


def ledger(
    start: Annotated[str, typer.Option("--from", help="the period begins at the end of this day")],
    end: Annotated[str, typer.Option("--to", help="the last day of the period")],
    data: Data = DEFAULT_DATA,
    known_at: KnownAt = None,
    by: By = None,
    form: Form = "table",
) -> None:
    """Print the balance of a period: opening, what changed it, closing. A calendar year is from 31 December."""
    _known(form)
    groups = balance.grouping(by)
    try:
        first, last = as_date(start), as_date(end)
    except ValueError as error:
        raise Refused(f"--from, --to: {error}") from None
    if last < first:
        raise Refused(f"the period ends ({last}) before it begins ({first})")
    with service(data) as one:
        seen = looked_at(one, end, known_at)
        answer = balance.ledger(seen, first, last, groups)
    _print(answer, form)
    if form == "table":
        print(f"\nfrom the end of {first} to the end of {last}, known at {answer['known_at']}")
        _print_certificate(answer["certificate"])
    raise typer.Exit(0 if answer["certificate"]["passed"] else 1)  # type: ignore[index]


def timeline(
    start: Annotated[str, typer.Option("--from", help="the first date")],
    end: Annotated[str, typer.Option("--to", help="the last date")],
    step: Annotated[str, typer.Option(help="month, quarter or year")] = "month",
    data: Data = DEFAULT_DATA,
    known_at: KnownAt = None,
    form: Form = "table",
) -> None:
    """Print the m2 in each state by district at the end of each month, quarter or year."""
    _known(form)
    try:
        first, last = as_date(start), as_date(end)
    except ValueError as error:
        raise Refused(f"--from, --to: {error}") from None
    with service(data) as one:
        _print(balance.timeline(looked_at(one, end, known_at), first, last, step), form)


def restatement(
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    against: Annotated[str | None, typer.Option(help="the later knowledge time; default now")] = None,
    form: Annotated[str, typer.Option("--format", help="table or json")] = "table",
) -> None:
    """Print how the figures of a date changed since they were known at --known-at, changeset by changeset."""
    from geo_service.restatement import restatement as restated

    with service(data) as one:
        then, now = looked_at(one, as_of, known_at), looked_at(one, as_of, against)
        answer = restated(one.log, then, now, one.progress)
    if form == "json":
        _print(answer, form)
        return
    columns = ("CHA", "SHA", "cleared", "reduced", "cancelled", "surveyed_no_evidence", "no_recorded_hazard")
    told = answer["changesets"]
    rows = [
        {
            "recorded_at": f"{step['recorded_at']:%Y-%m-%d %H:%M}",
            "changeset": step["changeset"],
            "layer": step["layer"],
            **{name: step["difference"][name] for name in columns},
            "message": step["message"],
        }
        for step in told  # type: ignore[attr-defined]
    ]
    print(formats.to_table(rows), end="")
    print(f"\nas of {answer['as_of']}: known at {answer['known_at']} against {answer['against']}")
    _print_certificate(answer["certificate"])


def _known(form: str) -> None:
    if form not in FORMS:
        raise Refused(f"--format is one of {', '.join(FORMS)}, not {form}")


def _print(answer: Answer, form: str) -> None:
    if form == "json":
        sys.stdout.buffer.write(formats.to_json(answer))
    elif form == "csv":
        print(formats.to_csv(formats.rows_of(answer)), end="")
    elif form == "xlsx":
        sys.stdout.buffer.write(formats.to_xlsx(answer))
    else:
        rows = formats.rows_of(answer)
        hidden = [*HIDDEN, *(() if any(row.get("district") for row in rows) else ("district",))]
        print(formats.to_table(rows, hidden), end="")
    sys.stdout.flush()


def _print_certificate(certificate: object) -> None:
    checks = certificate["checks"]  # type: ignore[index]
    for one in checks:
        print(f"  {'pass' if one['passed'] else 'FAIL'}  {one['check']} (difference {one['difference_m2']:.6g} m2)")
    for one in certificate.get("attention", ()):  # type: ignore[attr-defined]
        print(f"  look  {one['records']} x {one['message']} ({one['m2']:,.0f} m2)")
    print("CERTIFICATE PASSED" if certificate["passed"] else "CERTIFICATE FAILED")  # type: ignore[index]
