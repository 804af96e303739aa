"""Where a command finds its store: every command that takes `--data DIR` takes `--database URL` in its place."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import typer

from geo_service.balance import Refused
from geo_service.store.locations import DATABASE, FOLDER, Location, database_at

Url = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar=DATABASE,
        show_envvar=True,
        help="the database that holds the store instead: postgresql://USER@HOST:PORT/NAME. A password is best kept in "
        f"~/.pgpass, or the address in {DATABASE}",
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        envvar=FOLDER,
        help="the folder of this machine beside a database; default: one among the user's caches",
    ),
]


Command = TypeVar("Command", bound=Callable[..., Any])


class Commands(typer.Typer):
    """Commands, each with `--database` where it takes `--data`."""

    def command(self, name: str | None = None, **more: Any) -> Callable[[Command], Command]:
        """Add a command."""
        add = super().command(name, **more)

        def added(function: Command) -> Command:
            add(_anywhere(function) if "data" in inspect.signature(function).parameters else function)
            return function

        return added


def _anywhere(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command with the options of a database; it is handed the place that they name as `data`."""

    @wraps(function)
    def command(*, context: typer.Context, database: str | None, folder: Path | None, **given: Any) -> Any:
        given["data"] = _chosen(context, given["data"], database, folder)
        return function(**given)

    hints = get_type_hints(function, include_extras=True)
    # The option itself is a folder; what the command is given may be a database.
    hints["data"] = Annotated[(Path, *get_args(hints["data"])[1:])]
    added = {"context": typer.Context, "database": Url, "folder": Folder}
    hints |= added
    own = inspect.signature(function).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [one.replace(kind=keyword, annotation=hints[one.name]) for one in own]
    parameters += [inspect.Parameter(name, keyword, default=None, annotation=hint) for name, hint in added.items()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = hints
    return command


def _chosen(context: typer.Context, data: Path, address: str | None, folder: Path | None) -> Location:
    """Return the place that a command was given; what stands on its line goes before the environment.

    Raises:
        Refused: a folder and a database were both named, in the same way.
    """
    if not address:
        return data
    sources = [context.get_parameter_source(name) for name in ("data", "database")]
    by_folder, by_address = (source.name if source else "DEFAULT" for source in sources)
    if by_folder == by_address:
        raise Refused("a store is in a folder or in a database: name one of --data and --database, not both")
    return data if by_folder == "COMMANDLINE" else database_at(address, folder)
