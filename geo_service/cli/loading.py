"""`load`: a file becomes a changeset."""

import gc
import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from geo_service.changesets import Received, Upload, receive
from geo_service.cli.options import DEFAULT_DATA, Data, service
from layers.definitions import LAYERS
from layers.reading import Question, Unreadable
from layers.reading.answers import is_answerable
from layers.reading.kinds import zipped
from layers.reading.report import Problem, write_csv

ALL_ACCEPTED, SOME_REJECTED, NOTHING_LOADED = 0, 1, 2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(load)


def load(
    layer: Annotated[str, typer.Argument(help=f"one of {', '.join(LAYERS)}")],
    file: Annotated[
        Path, typer.Argument(help="GeoJSON, GeoPackage, zipped shapefile or its folder, CSV, ...", exists=False)
    ],
    data: Data = DEFAULT_DATA,
    crs: Annotated[
        str | None, typer.Option(help="coordinate system, such as EPSG:32638, where the file has none")
    ] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN, may be repeated")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE for rows without their own")] = None,
    source_layer: Annotated[str | None, typer.Option(help="which layer of the file, where it has several")] = None,
    encoding: Annotated[str | None, typer.Option(help="text encoding, where the file doesn't say")] = None,
    swap_axes: Annotated[bool, typer.Option("--swap-axes", help="the first coordinate is the latitude")] = False,
    answer: Annotated[
        list[str] | None, typer.Option(help="QUESTION=CHOICE, the answer to what was asked, may be repeated")
    ] = None,
    message: Annotated[str, typer.Option("--message", "-m", help="why these records come")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="report only, keep nothing")] = False,
    report: Annotated[Path | None, typer.Option(help="write the report, a line per problem, as CSV")] = None,
    approve: Annotated[bool, typer.Option("--approve", help="approve at once where review is on")] = False,
    draft_: Annotated[bool, typer.Option("--draft", help="keep it as a draft, to be submitted later")] = False,
) -> None:
    """Load one changeset from a file. Exit code 0: all rows accepted; 1: some rejected; 2: nothing loaded."""
    if layer not in LAYERS:
        _fail(f"no layer {layer!r}; layers: {', '.join(LAYERS)}")
    try:
        content, name = _content(file)
    except OSError as error:
        _fail(f"{file}: {error.strerror}")
    upload = Upload(
        layer=layer,
        content=content,
        name=name,
        author=getpass.getuser(),
        message=message,
        crs=crs,
        mapping=_pairs(map_, "--map FIELD=COLUMN"),
        set=_pairs(set_, "--set FIELD=VALUE"),
        source_layer=source_layer,
        encoding=encoding,
        swap_axes=swap_axes,
        answers=_pairs(answer, "--answer QUESTION=CHOICE"),
    )
    # Rows make millions of objects and no cycles: looking for them takes an eighth of the time.
    gc.disable()
    with service(data, f"loading {file.name}", create=True) as one:
        try:
            received = receive(
                one.log,
                one.snapshots,
                upload,
                one.clock,
                dry_run=dry_run,
                approve=approve,
                submit=not draft_,
                progress=one.progress,
            )
        except Unreadable as error:
            _fail(f"{file.name}: {error}")
        except Question as question:
            how = f"--answer {question.code}=" if is_answerable(question.code) else "- "
            choices = "".join(f"\n  {how}{choice!r}" for choice in question.choices)
            _fail(f"{file.name}: {question.message}{choices}")
    if report:
        lines = [
            Problem(one.row, one.id, one.level, one.code, one.message, getattr(one, "values", None))
            for one in received.draft.problems
        ]
        report.write_text(write_csv(lines), encoding="utf-8")
    _print(received)
    draft = received.draft
    if not draft.accepted:
        raise typer.Exit(NOTHING_LOADED)
    raise typer.Exit(SOME_REJECTED if draft.rejected else ALL_ACCEPTED)


def _content(path: Path) -> tuple[bytes, str]:
    """Return a file's content and name; the files of a folder come as a zip of them."""
    if not path.is_dir():
        return path.read_bytes(), path.name
    files = {one.name: one.read_bytes() for one in sorted(path.iterdir()) if one.is_file()}
    return zipped(files), f"{path.name}.zip"


def _fail(message: str) -> None:
    print(f"clearway: {message}", file=sys.stderr)
    raise typer.Exit(NOTHING_LOADED)


def _pairs(given: list[str] | None, form: str) -> dict[str, str]:
    pairs = {}
    for one in given or ():
        name, sign, value = one.partition("=")
        if not sign or not name:
            _fail(f"{one!r} is not of the form {form}")
        pairs[name.strip()] = value.strip()
    return pairs


SHOWN = 5
"""Lines of the report printed per kind; all of them go into --report."""


def _print(received: Received) -> None:
    draft, kept = received.draft, received.changeset
    print(f"{draft.source_name}: {draft.rows_read} rows read = {draft.accepted} accepted + {draft.rejected} rejected")
    new = len(draft.versions)
    print(f"  {new} new versions, {draft.unchanged} unchanged, {draft.repaired} repaired, {draft.warnings} warnings")
    shown: dict[tuple[str, str], int] = {}
    for one in draft.problems:
        kind = (one.level, one.code)
        shown[kind] = shown.get(kind, 0) + 1
        if shown[kind] <= SHOWN:
            place = f"row {one.row}: " if one.row is not None else ""
            print(f"  {one.level:7} {one.code}: {place}{one.message}")
    for (level, code), count in shown.items():
        if count > SHOWN:
            print(f"  {level:7} {code}: {count - SHOWN} more (--report FILE.csv has them all)")
    if kept is None:
        print("dry run: nothing was kept")
    elif kept.revision:
        print(f"changeset {kept.id} approved: revision {kept.revision}")
    elif not new and draft.accepted and kept.state == "draft":
        print(f"changeset {kept.id}: every accepted row is known already; nothing changed")
    else:
        print(f"changeset {kept.id}: {kept.state}")
