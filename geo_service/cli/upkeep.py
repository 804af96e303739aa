"""`backup`, `restore`, `check`, `settings`: looking after a store."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from geo_service.access.settings import AccessSettings, access_settings_of
from geo_service.balance import Refused, coverage
from geo_service.basemaps import archive
from geo_service.cli.options import DEFAULT_DATA, Data, looked_at, progress, service
from geo_service.settings import Settings, settings_of
from geo_service.store import restore as put_back

SETTINGS = (*Settings.__dataclass_fields__, *AccessSettings.__dataclass_fields__)
"""The names of all settings of a store."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)
    app.command()(check)
    app.command()(settings)


def backup(file: Annotated[Path, typer.Argument(help="the copy to write")], data: Data = DEFAULT_DATA) -> None:
    """Write a consistent copy of the store, also while it serves and loads."""
    with service(data) as one:
        one.log.backup(file)
    print(f"{file}: a whole copy of the store")


def restore(
    file: Annotated[Path, typer.Argument(help="the copy to put back")],
    data: Data = DEFAULT_DATA,
    force: Annotated[bool, typer.Option("--force", help="replace a store that the copy does not continue")] = False,
) -> None:
    """Verify a backup and put it in the store's place."""
    with progress("verifying") as told:
        kept = put_back(file, data, force=force, progress=told)
    print(f"{data}: restored from {file}" + (f"; what was there is kept as {kept}" if kept else ""))


def check(data: Data = DEFAULT_DATA) -> None:
    """Verify the store and every invariant of the balance. Exit code 1 when something is wrong."""
    with service(data, "checking") as one:
        findings = one.log.check(one.progress)
        answer = coverage(looked_at(one))
    certificate = answer["certificate"]
    for finding in findings:
        print(f"  FAIL  {finding.code}: {finding.message}")
    for found in certificate["checks"]:  # type: ignore[index]
        print(
            f"  {'pass' if found['passed'] else 'FAIL'}  {found['check']} (difference {found['difference_m2']:.6g} m2)"
        )
    sound = not findings and certificate["passed"]  # type: ignore[index]
    print(f"revision {answer['revision']}: " + ("sound" if sound else "NOT SOUND"))
    raise typer.Exit(0 if sound else 1)


def settings(
    pairs: Annotated[list[str] | None, typer.Argument(help="NAME=VALUE; nothing: show them")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show or set who answers for the data and what the programme requires."""
    with service(data, create=bool(pairs)) as one:
        for pair in pairs or ():
            name, sign, text = pair.partition("=")
            if not sign or name not in SETTINGS:
                raise Refused(f"{pair!r} is not NAME=VALUE; names: {', '.join(SETTINGS)}")
            try:
                value = orjson.loads(text)
            except orjson.JSONDecodeError:
                value = text or None
            _valid(one.log.settings() | {name: value}, name, one.log.folder)  # type: ignore[operator]
            one.log.set_setting(name, value)
        stored = one.log.settings()
        for held in (settings_of(stored), access_settings_of(stored)):
            for name, value in vars(held).items():
                print(f"{name} = {value}")


def _valid(proposed: dict[str, object], name: str, folder: Path) -> None:
    try:
        found = settings_of(proposed)
        if name == "basemap" and found.basemap and found.basemap.pmtiles:
            archive(folder, found.basemap)
        access_settings_of(proposed)
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(f"{name}: {error}") from None
