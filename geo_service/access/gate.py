"""The gate that every request passes: who asks, how often, for what, with how large a body.

It stands before the routes, so that nothing of a body is read for somebody who may not send one.
"""

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.access.credentials import Ambiguous, Credential, Unauthenticated, Way, presented
from geo_service.access.dependencies import KEY, SAFE_METHODS, Rule
from geo_service.access.limits import Buckets, address_of, limited
from geo_service.access.logbook import told
from geo_service.access.oidc import BadBearer, IdentityProvider
from geo_service.access.origins import refuse_other_sites, refuse_strangers
from geo_service.access.principals import LOCAL, NOBODY, PUBLIC, NotAllowed, Principal, Role, identity
from geo_service.access.recall import Answer, Key, Recall, key_of
from geo_service.access.routes import Found, Table
from geo_service.access.settings import MEGABYTE, AccessSettings, access_settings_of
from geo_service.access.tokens import FORM, Token, verified
from geo_service.clock import Clock
from geo_service.settings import Reading
from geo_service.store.log import Log
from geo_service.store.remembered import Mark

Explained = Callable[[Exception], Response]
"""Turns an error into an answer; raises it again where it is none that a sender can mend."""


class TooMany(Exception):
    """The sender has asked too often; `seconds` until they may ask again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many requests. Wait {seconds} seconds, then go on more slowly.")
        self.seconds = seconds


class NotThere(Exception):
    """Nothing has this address."""


@dataclass(frozen=True)
class Doors:
    """What the gate works with.

    Attributes:
        log: the store, with its settings and the tokens of those who may come in.
        today: returns the calendar day in the programme's time zone.
        clock: where the time comes from.
        local: the service can be reached from this machine alone, so that it may run open for one person.
        explained: turns an error into an answer.
        keeper: who asks where no credential comes with a request: the service runs inside a program of theirs, and
            nobody else reaches it. None: the service is reached over a network.
    """

    log: Log
    today: Callable[[], dt.date]
    clock: Clock
    local: bool
    explained: Explained
    keeper: Principal | None = None


@dataclass(frozen=True)
class Admitted:
    """A request that may go on: who asks, for what, with how many bytes.

    Attributes:
        mark: what the store holds while a read is answered; None: it changes something.
        key: of the answer, where it may be given again.
        answer: what was answered to the same before.
    """

    principal: Principal
    found: Found
    most_bytes: int
    mark: Mark | None = None
    key: Key | None = None
    answer: Answer | None = None


class Gate:
    """Lets requests through to the application, or answers them with what they lack."""

    def __init__(
        self, app: ASGIApp, doors: Doors, routes: Callable[[], Sequence[BaseRoute]], parts: Mapping[str, Rule]
    ) -> None:
        self.app, self._doors, self._routes, self._parts = app, doors, routes, parts
        self._table: Table | None = None
        self._buckets = Buckets()
        self._recall = Recall()
        self._settings = Reading(access_settings_of)
        self._lock = threading.Lock()
        self._provider: IdentityProvider | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        private = _kept_private(scope, send)
        try:
            admitted = await run_in_threadpool(self.admit, scope)
            receive = limited(scope, receive, admitted.most_bytes)
        except Exception as error:  # noqa: BLE001 - what it is no answer to, it raises again
            await self._doors.explained(error)(scope, receive, private)
            return
        if admitted.answer is not None:
            await admitted.answer.give(send)
        elif admitted.found.answering(scope["method"]) is None:
            await self._unanswered(scope, admitted)(scope, receive, private)
        else:
            await self._passed_on(scope, receive, send, admitted)

    def _unanswered(self, scope: Scope, admitted: Admitted) -> Response:
        """Return what a method is told that nothing here answers."""
        allow = {"Allow": ", ".join(admitted.found.allowed(admitted.principal))}
        if scope["method"] == "OPTIONS":
            return Response(status_code=HTTPStatus.OK, headers=allow)
        refused = f"This does not answer {scope['method']}."
        return self._doors.explained(HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, refused, allow))

    async def _passed_on(self, scope: Scope, receive: Receive, send: Send, admitted: Admitted) -> None:
        """Let the application answer; what lasts is kept as it leaves."""
        scope = {**scope, KEY: admitted.principal}
        if admitted.mark is None:
            await self.app(scope, receive, _kept_private(scope, send))
            return
        if admitted.key is not None:
            send = self._recall.listening(admitted.mark, admitted.key, send)
        with self._doors.log.remembered.holding(admitted.mark):
            await self.app(scope, receive, _kept_private(scope, send))

    def admit(self, scope: Scope) -> Admitted:
        """Find out who asks, and whether they may.

        Raises:
            Unauthenticated, Ambiguous: the credential is not valid, or there are several.
            NotAllowed: they may not.
            TooMany: they asked too often.
            NotThere: nothing has this address.
        """
        log = self._doors.log
        if scope["method"] not in SAFE_METHODS:
            return self._admitted(scope, None)
        mark = log.remembered.mark()
        with log.remembered.holding(mark):
            return self._admitted(scope, mark)

    def _admitted(self, scope: Scope, mark: Mark | None) -> Admitted:
        settings = self._settings(self._doors.log.settings())
        try:
            credential = presented(scope)
            principal = self._principal(credential, settings, scope)
        except (Unauthenticated, Ambiguous, NotAllowed):
            self._take(f"at {address_of(scope)}", settings.public_requests_per_minute)
            raise
        told(scope, principal)
        if principal.known and principal is not LOCAL and principal is not self._doors.keeper:
            self._take(f"by {identity(principal.name)}", settings.requests_per_minute)
        elif not principal.known:
            self._take(f"at {address_of(scope)}", settings.public_requests_per_minute)
        method = scope["method"]
        if method not in SAFE_METHODS and (credential is None or credential.way is Way.basic):
            refuse_other_sites(scope)
        found = self._find(scope, principal)
        entry = found.answering(method)
        if entry is not None:
            entry.admit(principal, method, found.layer)
        most = settings.max_upload_mb if entry is not None and entry.uploads else settings.max_body_mb
        if mark is None or method != "GET" or entry is None or not entry.lasting or self._doors.log.head() is None:
            return Admitted(principal, found, most * MEGABYTE, mark)
        key = key_of(scope, principal, self._doors.today())
        answer = self._recall.find(mark, key) if key is not None else None
        return Admitted(principal, found, most * MEGABYTE, mark, key, answer)

    def _find(self, scope: Scope, principal: Principal) -> Found:
        if self._table is None:
            self._table = Table(self._routes(), self._parts)
        found = self._table.find(scope)
        if found is None:
            raise NotThere("There is nothing at this address.")
        if found.answering(scope["method"]) is None and len(found.allowed(principal)) == 1:
            # Somebody who may not ask for anything here learns no more of it by asking in another way.
            for entry in found.entries:
                for method in sorted(entry.methods):
                    entry.admit(principal, method, found.layer)
        return found

    def _take(self, sender: str, per_minute: int) -> None:
        seconds = self._buckets.take(sender, per_minute)
        if seconds:
            raise TooMany(seconds)

    def _principal(self, credential: Credential | None, settings: AccessSettings, scope: Scope) -> Principal:
        if credential is None:
            if self._doors.keeper is not None:
                return self._doors.keeper
            if self._doors.local and not settings.identity_provider and not self._doors.log.tokens.ever():
                refuse_strangers(scope)
                return LOCAL
            return PUBLIC if settings.public_access else NOBODY
        looks = FORM.fullmatch(credential.text)
        if looks is None and credential.way is Way.bearer and settings.identity_provider:
            return self._by_provider(credential.text, settings)
        token = verified(self._doors.log.tokens, credential.text)
        if token is None:
            raise Unauthenticated("That is no token of this register.")
        return _principal_of(token, credential.way, self._doors.clock(), scope["method"])

    def _by_provider(self, text: str, settings: AccessSettings) -> Principal:
        with self._lock:
            if self._provider is None or self._provider.settings != settings:
                self._provider = IdentityProvider(settings)
            provider = self._provider
        try:
            principal = provider.principal(text)
        except BadBearer as error:
            raise Unauthenticated(str(error)) from None
        if principal.role is Role.nobody:
            raise NotAllowed("The identity provider gives you no role here. Ask the administrator for one.", known=True)
        return principal


def _principal_of(token: Token, way: Way, now: dt.datetime, method: str) -> Principal:
    if not token.holds(now):
        raise Unauthenticated("This token was revoked." if token.revoked_at else "This token has expired.")
    if way is Way.query and not token.read_only:
        raise Unauthenticated(
            "Only tokens that only read may stand in an address, where others see them: send this one in a header, or "
            "ask for one made with --read-only."
        )
    if way is Way.query and method not in SAFE_METHODS:
        raise NotAllowed("A token in an address only reads.", known=True)
    return token.principal


def _kept_private(scope: Scope, send: Send) -> Send:
    """Return a way to send answers that no shared cache hands to somebody else."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.add_vary_header("Authorization")
            headers.add_vary_header("X-API-Key")
            headers.setdefault("X-Content-Type-Options", "nosniff")
            kept = headers.get("cache-control", "")
            if not scope["path"].startswith("/static/") and "private" not in kept and "no-store" not in kept:
                headers["Cache-Control"] = f"private, {kept}" if kept else "private, no-cache"
        await send(message)

    return sending
