"""What routes are given: the service's parts, the view of a request, conditional answers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from geo_service.access.dependencies import ThePrincipal
from geo_service.access.principals import Role
from geo_service.access.public import FullRecords, Generalised, PublicRecords, Records
from geo_service.balance import View, view
from geo_service.clock import Clock
from geo_service.differences import Differences
from geo_service.settings import Reading, Settings, settings_of
from geo_service.store.log import Log, Progress
from geo_service.store.snapshot import Snapshots
from layers.coverage.arrangement import quiet

if TYPE_CHECKING:
    from geo_service.ogc.holding import Holdings
    from geo_service.printing.press import Press
    from geo_service.rasters.copies import Copies
    from geo_service.rasters.pictures import Pictures
    from geo_service.returning.components import Returns
    from geo_service.surroundings.known import Known
    from geo_service.tiles.build import Tiles
    from geo_service.travel.ways import Ways


@dataclass(frozen=True)
class Service:
    """The parts that every route and command works with; `progress` is told of long work.

    What only some of them need is imported when it is first asked for: most commands end before that would.
    """

    log: Log
    snapshots: Snapshots
    clock: Clock
    progress: Progress = quiet
    generalised: Generalised = field(default_factory=Generalised)
    differences: Differences = field(default_factory=Differences)
    reading: Reading[Settings] = field(default_factory=lambda: Reading(settings_of))

    @cached_property
    def holdings(self) -> "Holdings":
        """The records of views as features."""
        from geo_service.ogc.holding import Holdings  # noqa: PLC0415

        return Holdings()

    @cached_property
    def tiles(self) -> "Tiles":
        """The vector tiles of views."""
        from geo_service.tiles.build import Tiles  # noqa: PLC0415

        return Tiles()

    @cached_property
    def copies(self) -> "Copies":
        """The copies of filed rasters on this machine's disk."""
        from geo_service.rasters.copies import Copies  # noqa: PLC0415

        return Copies(self.log)

    @cached_property
    def pictures(self) -> "Pictures":
        """The tiles of rasters that were drawn lately."""
        from geo_service.rasters.pictures import Pictures  # noqa: PLC0415

        return Pictures(self.copies)

    @cached_property
    def press(self) -> "Press":
        """What was printed lately."""
        from geo_service.printing.press import Press  # noqa: PLC0415

        return Press()

    @cached_property
    def ways(self) -> "Ways":
        """The roads of views, and what is known of them."""
        from geo_service.travel.ways import Ways  # noqa: PLC0415

        return Ways(self.log, self.copies)

    @cached_property
    def surroundings(self) -> "Known":
        """The schools, water points and water that are filed with the store."""
        from geo_service.surroundings.known import Known  # noqa: PLC0415

        return Known(self.log)

    @cached_property
    def returns(self) -> "Returns":
        """What settlements stand on before people go back, at views."""
        from geo_service.returning.components import Returns  # noqa: PLC0415

        return Returns(self.ways, self.surroundings)

    @property
    def settings(self) -> Settings:
        """The store's settings as they are now."""
        return self.reading(self.log.settings())


def service_of(request: Request) -> Service:
    """Return the parts that the application was made with."""
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]


def view_of(
    service: TheService,
    as_of: Annotated[str | None, Query(description="ground date, default today")] = None,
    known_at: Annotated[str | None, Query(description="knowledge time (RFC 3339), default now")] = None,
) -> View:
    """Return the view at a request's (`as_of`, `known_at`)."""
    return view(service.snapshots, service.settings, service.clock, as_of, known_at)


TheView = Annotated[View, Depends(view_of)]


def records_of(service: TheService, principal: ThePrincipal, seen: TheView) -> Records:
    """Return the records as the one who asks may see them: whole, or as they are published."""
    if principal.may(Role.viewer):
        return FullRecords()
    newest = service.snapshots.newest()
    present = seen.as_of == service.settings.today(service.clock) and seen.snapshot.number == newest.number
    return PublicRecords(service.generalised, present=present)


TheRecords = Annotated[Records, Depends(records_of)]


def tag_of(seen: View, *representation: object) -> str:
    """Return the strong ETag of a read: the revision, the resolved times, and what was asked for."""
    parts = (seen.snapshot.number, seen.snapshot.revision and seen.snapshot.revision.hash, seen.as_of, seen.known_at)
    text = "|".join(map(str, (*parts, *representation)))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def matches(request: Request, tag: str) -> bool:
    """Say whether the client has this very answer (RFC 9110, If-None-Match compares weakly)."""
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in given.split(",")]


def read_answer(
    request: Request, body: bytes, media_type: str = "application/json", headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer with an ETag of its very bytes, or 304 to a client that has them."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return unchanged(tag) if matches(request, tag) else answer(body, media_type, tag, headers)


def unchanged(tag: str) -> Response:
    """Return the answer to a client that has it already."""
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag, "Cache-Control": "no-cache"})


def answer(body: bytes | str, media_type: str, tag: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer with its ETag; caches must ask again, since an approved edit counts at once."""
    return Response(body, media_type=media_type, headers={"ETag": tag, "Cache-Control": "no-cache", **(headers or {})})
