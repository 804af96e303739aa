"""`token`: who may come in."""

import datetime as dt
import getpass
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from geo_service.access import tokens
from geo_service.access.principals import GRANTED
from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, Data, service
from geo_service.cli.stores import Commands

ROLES = ", ".join(one.name for one in GRANTED)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = Commands(help="Make, list and revoke the tokens of those who may use a store.", no_args_is_help=True)
    group.command()(create)
    group.command("list")(list_)
    group.command()(revoke)
    app.add_typer(group, name="token")


def create(
    name: Annotated[str, typer.Option(help="of the token")],
    role: Annotated[str, typer.Option(help=f"one of {ROLES}")],
    data: Data = DEFAULT_DATA,
    owner: Annotated[
        str, typer.Option(help="the person who uses it, the same for all their tokens; default: the name")
    ] = "",
    expires: Annotated[str | None, typer.Option(help="after days, such as 90d, or at the end of a date")] = None,
    layer: Annotated[list[str] | None, typer.Option(help="a layer that it may write; may be repeated")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="only reads; may stand in an address")] = False,
) -> None:
    """Make a token and print it: the only time that it is shown."""
    with service(data, create=True) as one:
        try:
            until = tokens.expiry(expires, one.clock(), ZoneInfo(one.settings.time_zone)) if expires else None
            made, text = tokens.create(
                one.log.tokens,
                one.clock,
                name,
                role,
                owner=owner,
                expires_at=until,
                layers=layer,
                read_only=read_only,
                author=getpass.getuser(),
            )
        except tokens.BadToken as error:
            raise Refused(str(error)) from None
    typer.echo(f"{made.name}: {_described(made, one.clock())}. Keep the token; it is not shown again.", err=True)
    print(text)


def list_(data: Data = DEFAULT_DATA) -> None:
    """Show all tokens; their secrets are nowhere kept."""
    with service(data) as one:
        found, now = one.log.tokens.all(), one.clock()
    for token in found:
        print(f"{token.id}  {token.name}: {_described(token, now)}")


def revoke(
    named: Annotated[str, typer.Argument(metavar="NAME|ID", help="of the token")], data: Data = DEFAULT_DATA
) -> None:
    """Take a token back; it is refused from the next request on."""
    with service(data) as one:
        token = one.log.tokens.revoke(named, getpass.getuser())
    print(f"{token.name} ({token.id}) is revoked")


def _described(token: tokens.Token, now: dt.datetime) -> str:
    said = [token.role.name]
    if token.owner != token.name:
        said.append(f"used by {token.owner}")
    if token.read_only:
        said.append("only reads")
    elif token.layers is not None:
        said.append(f"writes {', '.join(token.layers) or 'no layer'}")
    if token.revoked_at:
        said.append(f"revoked {token.revoked_at:%Y-%m-%d %H:%M} UTC")
    elif token.expires_at:
        word = "expires" if token.holds(now) else "expired"
        said.append(f"{word} {token.expires_at:%Y-%m-%d %H:%M} UTC")
    return ", ".join(said)
