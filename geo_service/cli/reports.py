"""`report` and `edition`: figures of a period, and those that were published."""

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, Data, KnownAt, service
from geo_service.cli.stores import Commands

if TYPE_CHECKING:
    from geo_service.reports.making import Shape

From = Annotated[str, typer.Option("--from", help="the period begins at the end of this day")]
To = Annotated[str, typer.Option("--to", help="the last day of the period")]
OfShape = Annotated[str, typer.Option("--form", help="article7 or weekly")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="the edition", min=1)]
Out = Annotated[Path | None, typer.Option("--out", help="the file to write; default: standard output for json")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(report)
    group = Commands(help="Publish figures, and look at those that were published.", no_args_is_help=True)
    for command in (publish, listed, show, compare, verify):
        group.command("list" if command is listed else command.__name__)(command)
    app.add_typer(group, name="edition")


def report(
    start: From,
    end: To,
    data: Data = DEFAULT_DATA,
    known_at: KnownAt = None,
    form: OfShape = "article7",
    written: Annotated[str, typer.Option("--format", help="table, json, xlsx, csv or pdf")] = "table",
    out: Out = None,
) -> None:
    """Write the report of a period: tables of Article 7, or weekly figures. Exit code 1 when the certificate fails."""
    from geo_service import editions, formats
    from geo_service.api.reports import office_of
    from geo_service.reports.making import FORMS, labelled

    if written != "table" and written not in FORMS:
        raise Refused(f"--format is one of table, {', '.join(FORMS)}, not {written}")
    if written not in {"table", "json"} and out is None:
        raise Refused(f"--out names the file that the report is written to, such as report.{written}")
    with service(data) as one:
        made = editions.report_with_history(office_of(one), start, end, known_at, _shape(form))
        if written == "table":
            parts = [f"{table.title}\n{formats.to_table(labelled(table))}" for table in made.tables]
            content = ("\n".join(parts) + "\n" + "\n".join(f"{k}: {v}" for k, v in made.about.items()) + "\n").encode()
        else:
            content = FORMS[written][0](made)
    if out is None:
        sys.stdout.write(content.decode())
    else:
        out.write_bytes(content)
        print(f"{out}: {made.title}")
    raise typer.Exit(0 if made.period.passed else 1)


def publish(
    start: From,
    end: To,
    data: Data = DEFAULT_DATA,
    known_at: KnownAt = None,
    form: OfShape = "article7",
    title: Annotated[str, typer.Option("--title", help="the office of whoever signs")] = "",
) -> None:
    """Publish the figures of a period as the next edition; refused where the certificate fails."""
    from geo_service import editions
    from geo_service.api.reports import office_of

    with service(data) as one:
        made = editions.publish(
            office_of(one), start, end, known_at=known_at, shape=_shape(form), signer=getpass.getuser(), title=title
        )
    print(f"edition {made.subject}: as of {made.body['as_of']}, known at {made.body['known_at']}")
    print(f"  figures {made.body['figures_sha256']}")
    print(f"  entry {made.number} of the hash chain {made.hash}")


def listed(data: Data = DEFAULT_DATA) -> None:
    """List the editions, the newest first."""
    from geo_service import editions, formats

    names = ("number", "shape", "from", "to", "as_of", "known_at", "revision", "signer", "published_at")
    with service(data) as one:
        rows = editions.listed(one.log)
    sys.stdout.write(formats.to_table([{name: str(row[name]) for name in names} for row in rows]))


def show(
    number: Number,
    data: Data = DEFAULT_DATA,
    written: Annotated[str, typer.Option("--format", help="about, json, xlsx or pdf")] = "about",
    out: Out = None,
) -> None:
    """Show an edition, or write a file of it as it was handed out."""
    from geo_service import editions, formats

    with service(data) as one:
        found = editions.edition_of(one.log, number)
        about = formats.to_json(editions.described(found))
        content = about if written == "about" else editions.file_of(one.log, found, written)
    if out is None:
        if written in {"xlsx", "pdf"}:
            raise Refused(f"--out names the file that the edition is written to, such as edition.{written}")
        sys.stdout.write(content.decode())
    else:
        out.write_bytes(content)
        print(f"{out}: edition {number}")


def compare(
    number: Number,
    data: Data = DEFAULT_DATA,
    other: Annotated[
        int | None, typer.Option("--with", help="a later edition; default: what is known now", min=1)
    ] = None,
) -> None:
    """Show how the figures of an edition's date changed since, changeset by changeset."""
    from geo_service import editions, formats
    from geo_service.api.reports import office_of

    with service(data) as one:
        sys.stdout.write(formats.to_json(editions.compare(office_of(one), number, other)).decode())


def verify(number: Number, data: Data = DEFAULT_DATA) -> None:
    """Work the figures of an edition out again, and compare. Exit code 1 where they are not those published."""
    from geo_service import editions
    from geo_service.api.reports import office_of

    with service(data) as one:
        found = editions.verify(office_of(one), number)
    print(f"edition {number}: {'verified' if found['verified'] else 'NOT VERIFIED'}")
    for reason in found["reasons"]:  # type: ignore[attr-defined]
        print(f"  {reason}")
    raise typer.Exit(0 if found["verified"] else 1)


def _shape(text: str) -> "Shape":
    from geo_service.reports.making import Shape

    if text not in list(Shape):
        raise Refused(f"--form is one of {', '.join(Shape)}, not {text}")
    return Shape(text)
