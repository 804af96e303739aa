"""Review on the command line: what waits, what it would change, and the steps that a changeset takes."""

import getpass
from typing import Annotated

import typer

from geo_service import formats
from geo_service.api.review import counts, day_of
from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, Data, service
from geo_service.differences import difference
from geo_service.jobs import background
from geo_service.reversal import reverse as take_back
from geo_service.store.log import Changeset

Id = Annotated[int, typer.Argument(help="the number of the changeset", metavar="ID")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (changesets, diff, history, submit, approve, reject, cancel, reverse):
        app.command()(command)


def changesets(
    data: Data = DEFAULT_DATA,
    state: Annotated[str | None, typer.Option(help="only those that are draft, submitted, approved, ...")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """List changesets, the newest first."""
    with service(data) as one:
        found = [made for made in one.log.changesets(limit) if state is None or made.state == state]
    names = ("id", "state", "layer", "author", "reviewed_by", "versions", "rejected", "message")
    print(formats.to_table([{name: str(getattr(made, name) or "") for name in names} for made in found]), end="")


def diff(
    changeset: Id,
    data: Data = DEFAULT_DATA,
    as_of: Annotated[str | None, typer.Option("--as-of", help="ground date of the balance, default today")] = None,
    form: Annotated[str, typer.Option("--format", help="table or csv")] = "table",
) -> None:
    """Show what a changeset changes, and the balance as it would be, in m2."""
    if form not in {"table", "csv"}:
        raise Refused(f"format is table or csv, not {form}")
    with service(data) as one:
        found = difference(one.log, one.snapshots, one.log.changeset(changeset), one.clock, day_of(one, as_of))
    changes = [
        {
            "id": change.id,
            "diff": change.diff,
            "valid_from": str(change.valid_from),
            "m2_before": change.before.m2 if change.before else 0.0,
            "m2_after": change.after.m2 if change.after else 0.0,
            "changed": ", ".join(change.fields),
        }
        for change in found.changes
    ]
    rows = [*found.balance["rows"], found.balance["total"]]  # type: ignore[misc]
    ground = [{"district": row["district"], **row["change"]} for row in rows if any(row["change"].values())]
    if form == "csv":
        print(formats.to_csv(changes), end="")
        return
    print(f"changeset {changeset}: " + ", ".join(f"{n} {kind}" for kind, n in counts(found).items()))
    print(formats.to_table(changes), end="")
    print(f"\nthe balance on {found.as_of} changes by (m2):")
    print(formats.to_table(ground) if ground else "nothing\n", end="")


def history(changeset: Id, data: Data = DEFAULT_DATA) -> None:
    """Show what happened to a changeset, as the hash chain has it."""
    with service(data) as one:
        steps = one.log.steps(changeset)
    rows = [
        {"at": f"{s.at:%Y-%m-%dT%H:%M:%SZ}", "step": s.step, "actor": s.actor or "-", "hash": s.hash[:16]}
        for s in steps
    ]
    print(formats.to_table(rows), end="")


def submit(changeset: Id, data: Data = DEFAULT_DATA) -> None:
    """Hand a draft in for review."""
    with service(data) as one:
        _said(one.log.submit(changeset, getpass.getuser()))


def approve(changeset: Id, data: Data = DEFAULT_DATA) -> None:
    """Approve a submitted changeset; where review is on, somebody other than its author has to."""
    with service(data) as one:
        one.log.approve(changeset, getpass.getuser())
        _said(one.log.changeset(changeset))


def reject(changeset: Id, data: Data = DEFAULT_DATA) -> None:
    """Reject a submitted changeset; it stays readable."""
    with service(data) as one:
        _said(one.log.reject(changeset, getpass.getuser()))


def cancel(changeset: Id, data: Data = DEFAULT_DATA) -> None:
    """Stop an upload that goes on in the background."""
    with service(data) as one:
        _said(background.cancel(one.log, changeset, getpass.getuser()))


def reverse(
    changeset: Id,
    data: Data = DEFAULT_DATA,
    valid_from: Annotated[str | None, typer.Option("--valid-from", help="from when on, default today")] = None,
    message: Annotated[str, typer.Option("--message", "-m", help="why")] = "",
) -> None:
    """Take back an approved changeset by a new one, which restores what was in force before."""
    with service(data) as one:
        start = day_of(one, valid_from) if valid_from else None
        found = one.log.changeset(changeset)
        made = take_back(one.log, one.snapshots, found, getpass.getuser(), one.clock, valid_from=start, message=message)
        _said(made)


def _said(made: Changeset) -> None:
    print(f"changeset {made.id}: {made.state}" + (f", revision {made.revision}" if made.revision else ""))
