"""The command line: one verb per command, the same answers as over HTTP."""

import sys

from geo_service.balance import Refused
from geo_service.cli import (
    balance,
    loading,
    products,
    rasters,
    reports,
    returning,
    review,
    roads,
    serving,
    statements,
    terrain,
    token,
    travel,
    upkeep,
)
from geo_service.cli.stores import Commands
from geo_service.store.errors import StoreError

app = Commands(
    name="clearway",
    help="The register of a mine action programme: hazards, land release, a balance that proves itself, maps.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (
    serving,
    loading,
    roads,
    terrain,
    rasters,
    review,
    balance,
    travel,
    returning,
    products,
    reports,
    statements,
    upkeep,
    token,
):
    module.register(app)


def main() -> None:
    """Run the command; what a person can mend is one line on standard error, and exit code 2."""
    try:
        app()
    except (StoreError, Refused) as error:
        print(f"clearway: {error}", file=sys.stderr)
        sys.exit(2)
