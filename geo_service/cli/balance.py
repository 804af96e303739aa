"""`coverage` and `ledger`: the balance on the terminal."""

import sys
from typing import Annotated

import typer

from geo_service import balance, formats
from geo_service.balance import Answer, Refused
from geo_service.cli.options import DEFAULT_DATA, AsOf, By, Data, Form, KnownAt, looked_at, service
from layers.versions import as_date

FORMS = ("table", "json", "csv", "xlsx")
HIDDEN = ("district_id",)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(coverage)
    app.command()(ledger)


def coverage(
    data: Data = DEFAULT_DATA, as_of: AsOf = None, known_at: KnownAt = None, by: By = None, form: Form = "table"
) -> None:
    """Print how many m2 are in each state, and the certificate. Exit code 1 when the certificate fails."""
    _known(form)
    groups = balance.grouping(by)
    with service(data) as one:
        seen = looked_at(one, as_of, known_at)
        answer = balance.coverage(seen, groups)
    _print(answer, form)
    if form == "table":
        print(f"\nas of {answer['as_of']}, known at {answer['known_at']} (revision {answer['revision']})")
        if answer["coverage_gap"]:
            print("COVERAGE GAP: this date lies before the first record; nothing is known of the ground then.")
        _print_certificate(answer["certificate"])
    raise typer.Exit(0 if answer["certificate"]["passed"] else 1)  # type: ignore[index]


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
