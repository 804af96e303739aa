"""`roads`: the road network from OpenStreetMap."""

import gc
import getpass
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo_service.balance import Refused
from geo_service.cli.loading import ALL_ACCEPTED, SHOWN, SOME_REJECTED
from geo_service.cli.options import DEFAULT_DATA, Data, service
from geo_service.store.log import Problem

if TYPE_CHECKING:
    from geo_service.surroundings.receiving import SurroundingsReceived

ValidFrom = Annotated[
    str | None,
    typer.Option("--valid-from", help="from when the file describes the ground; default: the file's own date"),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("roads")(load_roads)


def load_roads(
    file: Annotated[Path, typer.Argument(help="FILE.osm.pbf: an extract of OpenStreetMap", exists=False)],
    data: Data = DEFAULT_DATA,
    message: Annotated[str, typer.Option("--message", "-m", help="why these roads come")] = "",
    valid_from: ValidFrom = None,
    approve: Annotated[bool, typer.Option("--approve", help="approve at once where review is on")] = False,
) -> None:
    """Load the roads of an OpenStreetMap extract as one changeset, and file its schools and water beside them.

    Exit code 0: every road was taken; 1: some lie elsewhere or have no points; 2: nothing was loaded.
    """
    from geo_service.surroundings.receiving import receive_extract
    from layers.roads.extracts import DateNeeded
    from layers.roads.network import build
    from layers.roads.osm import ATTRIBUTION, NoExtract
    from layers.roads.pieces import pieces
    from layers.versions import as_date

    try:
        day = as_date(valid_from) if valid_from else None
    except ValueError:
        raise Refused(f"--valid-from is a date such as 2024-05-28, not {valid_from}") from None
    # Rows make millions of objects and no cycles: looking for them takes an eighth of the time.
    gc.disable()
    with service(data, f"loading {file.name}", create=True) as one:
        try:
            received, around = receive_extract(
                one.log,
                one.snapshots,
                file,
                one.clock,
                author=getpass.getuser(),
                message=message,
                valid_from=day,
                approve=approve,
                progress=one.progress,
            )
        except (NoExtract, DateNeeded) as error:
            raise Refused(str(error)) from None
        network = build(one.snapshots.newest().in_force("roads", one.settings.today(one.clock)))
    draft, found, kept = received.draft, received.changes, received.changeset
    print(f"{file.name}: {draft.rows_read} ways read = {draft.accepted} roads + {draft.rejected} left out")
    print(f"  {_listed(received.by_class)}")
    if received.dropped:
        print(f"  nothing that people can travel on: {_listed(received.dropped)}")
    print(
        f"  {found.new} new, {found.changed} changed, {found.back} back, {found.gone} gone, "
        f"{found.unchanged} unchanged, {found.withdrawn} withdrawn here"
    )
    _print_problems(draft.problems)
    whole = pieces(network)
    print(
        f"  the network: {len(network.roads)} roads, {whole.length_m / 1000:,.1f} km in {whole.count} pieces;", end=" "
    )
    print(f"the largest holds {whole.largest_share:.1%} of the length")
    if network.joined and (network.joined.ends or network.joined.loose):
        how = network.joined
        print(f"  {how.ends} ends joined over up to {how.farthest_m:.2f} m; {how.loose} dead ends near another road")
    _print_surroundings(around)
    print(f"  {ATTRIBUTION}")
    if kept.revision:
        print(f"changeset {kept.id} approved: revision {kept.revision}")
    elif not len(draft.versions):
        print(f"changeset {kept.id}: every road is known already; nothing changed")
    else:
        print(f"changeset {kept.id}: {kept.state}")
    raise typer.Exit(SOME_REJECTED if any(one.level == "error" for one in draft.problems) else ALL_ACCEPTED)


def _print_surroundings(around: "SurroundingsReceived") -> None:
    counts = around.counts
    known = "" if around.new or around.filed is None else "; known already, nothing changed"
    print(
        f"  around: schools: {counts['school']}, water points: {counts['water_point']}, "
        f"lines and areas of water: {counts['water']}{known}"
    )
    said = (
        (around.outside, "lie outside the area of operations"),
        (len(around.found.cut), "are cut where points of them are not in the file"),
        (len(around.found.left_out), "are left out: nothing of them can be drawn"),
    )
    for count, what in said:
        if count:
            print(f"    {count} {what}")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _print_problems(problems: Sequence[Problem]) -> None:
    shown: Counter[tuple[str, str]] = Counter()
    for one in problems:
        if one.code == "no_road":
            continue
        shown[one.level, one.code] += 1
        if shown[one.level, one.code] <= SHOWN:
            place = f"{one.id}: " if one.id else ""
            print(f"  {one.level:7} {one.code}: {place}{one.message}")
    for (level, code), count in shown.items():
        if count > SHOWN:
            print(f"  {level:7} {code}: {count - SHOWN} more (the changeset's report has them all)")
