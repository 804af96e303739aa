"""A Folium figure that needs nothing from outside: assets are the service's own, or lie inside the page."""

import base64
import mimetypes
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Literal

import folium
from branca.element import Element, Figure
from jinja2 import Template

Mode = Literal["linked", "embedded"]

LEAFLET_JS, LEAFLET_CSS = "vendor/leaflet/leaflet.js", "vendor/leaflet/leaflet.css"
PBF_JS = "vendor/pbf/pbf.js"

_ASSET = re.compile(r'<script src="(?P<js>[^"]+)"></script>|<link rel="stylesheet" href="(?P<css>[^"]+)"\s*/>')
_URL = re.compile(r"url\(\s*[\"']?(?!data:|#)([^\"')]+)[\"']?\s*\)")
_REMOTE = re.compile(
    r"(?:src|href|action)\s*=\s*[\"']?\s*(?:https?:)?//|url\(\s*[\"']?(?:https?:)?//|@import"
    r"|[\"'`](?:https?:)?//(?!www\.w3\.org/)",
    re.IGNORECASE,
)
"""Addresses of other hosts where a page would load them: attributes, styles, and strings of its scripts."""
_UNZOOMABLE = re.compile(r'<meta name="viewport"[^>]*maximum-scale[^>]*>')
"""Folium's own word on zooming, which keeps those from enlarging a page who need to; ours stands in the head."""
_DATA = re.compile(r'<script type="application/json".*?</script>', re.DOTALL)


class RemoteAddress(RuntimeError):
    """A page would load something from another host."""


class Fixed(Element):
    """Text that is put into the page as it is; Folium's own elements would run it as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_: object) -> str:
        """Return the text."""
        return self.text


class OfflineMap(folium.Map):
    """A map that asks for Leaflet and our own script; Folium's lists, shared by the process, stay as they are."""

    def __init__(
        self, *, scripts: Sequence[str] = ("map.js",), styles: Sequence[str] = ("map.css",), **options: Any
    ) -> None:
        super().__init__(**options)
        self.default_js = [("leaflet", LEAFLET_JS), *((name, name) for name in scripts)]
        self.default_css = [("leaflet_css", LEAFLET_CSS), *((name, name) for name in styles)]


class OfflineFigure(Figure):
    """A figure whose rendering rewrites every address to a local one, and fails where one is left."""

    _template = Template(
        '<!DOCTYPE html>\n<html lang="{{ this.language }}">\n<head>\n{{ this.header.render(**kwargs) }}\n</head>\n'
        "<body>\n"
        "{{ this.html.render(**kwargs) }}\n<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )

    def __init__(self, mode: Mode, base_path: str = "", nonce: str | None = None, *, language: str = "en") -> None:
        super().__init__()
        self.language = language
        self.mode, self.base_path, self.nonce = mode, base_path.rstrip("/"), nonce

    def render(self, **kwargs: object) -> str:
        """Return the page.

        Raises:
            RemoteAddress: it would load something from another host.
        """
        page = _UNZOOMABLE.sub("", _ASSET.sub(self._asset, str(super().render(**kwargs))))
        # What is data is text, and never loaded: only the page around it is looked at.
        remote = _REMOTE.search(_DATA.sub("", _without_embedded(page)))
        if remote:
            raise RemoteAddress(f"the page would load {page[remote.start() : remote.start() + 80]!r}")
        if self.nonce:
            page = re.sub(r"<script(?=[ >])", f'<script nonce="{self.nonce}"', page)
        return page

    def _asset(self, found: re.Match[str]) -> str:
        script, style = found["js"], found["css"]
        path = script or style
        if re.match(r"(?:https?:)?//", path):
            raise RemoteAddress(f"the page would load {path}")
        if self.mode == "linked":
            address = f"{self.base_path}/static/{path}"
            return f'<script src="{address}"></script>' if script else f'<link rel="stylesheet" href="{address}"/>'
        text = asset(path).decode()
        if script:
            inner = text.replace("</script", "<\\/script")
            return f"<script data-asset>\n{inner}\n</script>"
        folder = path.rsplit("/", 1)[0] + "/" if "/" in path else ""
        inner = _URL.sub(lambda url: f"url({data_uri(folder + url[1])})", text)
        return f"<style data-asset>\n{inner}\n</style>"


def _without_embedded(page: str) -> str:
    """Return the page without our own assets, whose comments name where they come from."""
    return re.sub(r"<(script|style) data-asset>.*?</\1>", "", page, flags=re.DOTALL)


def asset(path: str) -> bytes:
    """Return one of the service's own static files.

    Raises:
        FileNotFoundError: it is not there; `./scripts/setup` unpacks them.
    """
    return (files("geo_service") / "static" / path).read_bytes()


def data_uri(path: str) -> str:
    """Return a static file as an address that holds it."""
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(asset(path)).decode()}"
