"""Addresses that the client can follow: right under a path prefix and behind a proxy, every character quoted."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.types import Scope

from geo_service.access.forwarded import BASE

Link = dict[str, object]

GEOJSON = "application/geo+json"
JSON = "application/json"
SCHEMA = "application/schema+json"
HTML = "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


def base_of(request: Request) -> str:
    """Return the address that the client reached the service by, without a slash at the end."""
    return base_of_scope(request.scope)


def base_of_scope(scope: Scope) -> str:
    """Return the address that the client of a request reached the service by, without a slash at the end."""
    root = str(scope.get("root_path", "")).rstrip("/")
    if BASE in scope:
        return f"{scope[BASE]}{root}"
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    if not host:
        name, port = scope.get("server") or ("localhost", None)
        host = f"{name}:{port}" if port else str(name)
    return f"{scope.get('scheme', 'http')}://{host}{root}"


def link(href: str, rel: str, media_type: str, title: str | None = None) -> Link:
    """Return a link."""
    made: Link = {"href": href, "rel": rel, "type": media_type}
    if title:
        made["title"] = title
    return made


def with_query(address: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return an address with a query; commas and everything else that could be read otherwise are quoted."""
    query = urlencode(list(pairs), quote_via=quote, safe="")
    return f"{address}?{query}" if query else address


def segment(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="")


def header(links: Iterable[Link]) -> str:
    """Return links as the value of a `Link` header (RFC 8288), for answers whose form has no room for them."""
    return ", ".join(f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in links)
