"""What every read of the standard works with: the view that its address names, who asks, its tag, its caching."""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import Response

from geo_service.access.dependencies import principal_of
from geo_service.access.public import Records
from geo_service.api.dependencies import Service, matches, records_of, service_of
from geo_service.api.speaking import language_for, remember
from geo_service.balance import Refused, View, view
from geo_service.ogc import crs
from geo_service.ogc.asked import EVERYWHERE, Pairs, once
from geo_service.ogc.errors import Invalid
from geo_service.ogc.holding import Holding
from geo_service.ogc.links import base_of
from geo_service.ogc.negotiation import FORMS, form_of
from geo_service.ogc.packing import gzipped
from geo_service.settings import Settings
from geo_service.store.errors import NotFound
from layers.definitions import LAYERS, Layer

WORTH_PACKING = 1_000
"""Bytes from which an answer is packed for a client that asks for it."""

MOST_FIELDS = 200
"""Parameters of a query."""


@dataclass(frozen=True)
class Read:
    """One read.

    Attributes:
        request, service, settings: what asks, and of what.
        pairs: the query.
        seen: the view at (as_of, known_at).
        records: the records as the one who asks may see them.
        base: the address of the service.
        form: the form of the answer.
        pinned: whether the address names the revision, the date and the knowledge time, so that it never changes.
    """

    request: Request
    service: Service
    settings: Settings
    pairs: Pairs
    seen: View
    records: Records
    base: str
    form: str
    pinned: bool

    @property
    def systems(self) -> tuple[str, ...]:
        """The coordinate systems that the store offers."""
        return crs.offered(self.settings.crs)

    def layer(self) -> Layer:
        """Return the collection that the address names.

        Raises:
            NotFound: there is none of that name.
        """
        return layer_of(self.request)

    def holding(self, layer: str) -> Holding:
        """Return the records of a layer at the view.

        Raises:
            NotAllowed: the layer is not published.
        """
        self.records.refuse(self.seen, layer)
        return self.service.holdings.at(self.seen, layer, self.records)

    def times(self) -> list[tuple[str, str]]:
        """Return the query that names this view."""
        return [("as_of", self.seen.as_of.isoformat()), ("known_at", self.seen.known_at)]

    def tag(self, *what: object) -> str:
        """Return the strong tag of an answer: the revision, the resolved times, and what was asked for."""
        revision = self.seen.snapshot.revision
        parts = (revision and revision.hash, self.seen.as_of, self.seen.known_at, self.base, self.form, self.packed)
        text = "|".join(map(str, (*parts, self.records.form, self.settings, self.language, *what)))
        return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'

    @property
    def language(self) -> str:
        """The language of a page to read; empty of all other answers, which have none."""
        return language_for(self.request) if self.form == "html" else ""

    @property
    def packed(self) -> bool:
        """Whether the client takes gzip."""
        taken = self.request.headers.get("accept-encoding", "").lower().replace(" ", "").split(",")
        return any(one == "gzip" or (one.startswith("gzip;q=") and one[7:].strip("0.") != "") for one in taken)

    def answer(
        self,
        make: Callable[[], bytes],
        tag: str,
        *,
        media_type: str | None = None,
        headers: Callable[[], Mapping[str, str]] | None = None,
    ) -> Response:
        """Return an answer, or 304 to a client that has it."""
        spoken = ", Accept-Language, Cookie" if self.form == "html" else ""
        common = {"ETag": tag, "Cache-Control": self.caching, "Vary": f"Accept, Accept-Encoding{spoken}"}
        if matches(self.request, tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=common)
        body = make()
        if headers:
            common |= headers()
        if self.packed and len(body) >= WORTH_PACKING:
            body = gzipped(body)
            common["Content-Encoding"] = "gzip"
        kind = media_type or FORMS[self.form]
        answer = Response(body, headers=common, media_type=kind)
        return remember(self.request, answer, self.language) if self.language else answer

    @property
    def caching(self) -> str:
        """How caches may keep the answer: for ever only what its address pins, else they ask again."""
        return "max-age=31536000, immutable" if self.pinned else "no-cache"

    @property
    def recorded_at(self) -> str | None:
        """When the revision was recorded (RFC 3339, UTC)."""
        revision = self.seen.snapshot.revision
        return revision.recorded_at.isoformat().replace("+00:00", "Z") if revision else None


def read_of(request: Request, forms: Sequence[str], known: Sequence[str] | None = None) -> Read:
    """Return what a request reads.

    Args:
        request: the request.
        forms: the forms that there are of the answer, the usual one first.
        known: the parameters that it takes besides those of every read; None: whoever calls looks at them.

    Raises:
        Invalid: a parameter is not known, or its value none that it can have.
        NotAcceptable: the client takes none of the forms.
        NotFound: `rev` is not the revision of that `known_at`.
    """
    service = service_of(request)
    pairs = _without_language(query_of(request), request.headers.get("accept"), forms)
    given = once(pairs, (*EVERYWHERE, *known)) if known is not None else dict(reversed(pairs))
    settings = service.settings
    form = form_of(given.get("f"), request.headers.get("accept"), forms)
    try:
        seen = view(service.snapshots, settings, service.clock, given.get("as_of"), given.get("known_at"))
    except Refused as error:
        raise Invalid(str(error), "as_of" if "as_of" in str(error) else "known_at") from None
    if "rev" in given:
        _check_revision(given["rev"], seen)
    pinned = all(given.get(name) for name in ("rev", "as_of", "known_at"))
    records = records_of(service, principal_of(request), seen)
    return Read(request, service, settings, pairs, seen, records, base_of(request), form, pinned)


def _without_language(pairs: Pairs, accept: str | None, forms: Sequence[str]) -> Pairs:
    """Return a query without the language that a page to read is asked for in; other answers have none."""
    if not any(name == "lang" for name, _ in pairs) or form_of(dict(pairs).get("f"), accept, forms) != "html":
        return pairs
    return [pair for pair in pairs if pair[0] != "lang"]


def query_of(request: Request) -> Pairs:
    """Return the query of a request as pairs.

    Raises:
        Invalid: it has too many, or is no text.
    """
    raw = request.scope.get("query_string", b"")
    if not raw:
        return []
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Invalid("the query can't be read: quote what is not plain text, and ask for less") from None


def _check_revision(text: str, seen: View) -> None:
    if not text.isdecimal() or len(text) > 18:
        raise Invalid(f"rev is the number of a revision, not {text[:30]!r}", "rev")
    if int(text) != seen.snapshot.number:
        raise NotFound(f"revision {text} is not what was known then: that is {seen.snapshot.number}")


def layer_of(request: Request) -> Layer:
    """Return the collection that an address names.

    Raises:
        NotFound: there is none of that name.
    """
    name = request.path_params["layer"]
    if name not in LAYERS:
        raise NotFound(f"no collection {name[:100]!r}; collections: {', '.join(LAYERS)}")
    return LAYERS[name]


def http_date(moment: dt.datetime) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(moment.astimezone(dt.UTC), usegmt=True)
