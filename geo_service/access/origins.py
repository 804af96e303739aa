"""Where a request comes from, where the browser alone says who asks: nothing another site starts may change anything.

A service that runs open for one person trusts whatever reaches it, so it looks at what a browser can't lie about.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from geo_service.access.principals import NotAllowed
from geo_service.access.settings import is_loopback

_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def refuse_strangers(scope: Scope) -> None:
    """Let through, to a service that runs open, only this machine asking for this machine.

    Another host name means that a page of another site has pointed its name here (DNS rebinding); a header of a proxy
    means that the request comes from elsewhere after all.

    Raises:
        NotAllowed: it is something else.
    """
    headers = Headers(scope=scope)
    client = scope.get("client")
    here = client is not None and is_loopback(client[0])
    hosts = headers.getlist("host")
    asked = urlsplit(f"//{hosts[0]}").hostname if len(hosts) == 1 else None
    if here and is_loopback(asked or "") and not any(name in headers for name in _FORWARDED):
        return
    raise NotAllowed(
        "This register runs open for one person on their own machine, and answers nobody else. Ask for it as "
        "127.0.0.1, or make a token: clearway token create --name NAME --role viewer",
        known=True,
    )


def refuse_other_sites(scope: Scope) -> None:
    """Refuse what a page of another site has started; programs that are no browser send neither header.

    Raises:
        NotAllowed: the browser says that another site did.
    """
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        other = site not in ("same-origin", "none")
    else:
        origin = headers.get("origin")
        other = origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    if other:
        raise NotAllowed("A page of another site has sent this. Changes are made from this register's own.", known=True)
