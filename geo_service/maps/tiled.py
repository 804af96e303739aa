"""Pages with a map of tiles beside a panel, in the language of whoever looks; Folium draws the map."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from jinja2 import Template
from markupsafe import Markup

from geo_service.access.public import FullRecords
from geo_service.balance import View
from geo_service.languages import LANGUAGES
from geo_service.languages.speech import Speech
from geo_service.maps.figure import Fixed, OfflineFigure
from geo_service.maps.figures import extent, sentences
from geo_service.maps.ground import tiled_map
from geo_service.maps.overview import DRAWN, script_json
from geo_service.maps.pages import environment
from geo_service.maps.served import WORLD, is_offered
from geo_service.maps.ways import looks
from geo_service.settings import Settings

Box = Sequence[float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True)
class Around:
    """What a page stands on, whatever it shows.

    Attributes:
        seen: the view that it shows; settings: who answers for it.
        today: the last date that can be asked for.
        speech: its language; base: the path that the service is reached under; nonce: of its security policy.
        asked: its address' query, so that it may be had in another language.
        rasters: whether the store keeps rasters, such as the shading of the terrain.
        water: whom surface water is owed to and when it changes, None where there is none to draw.
    """

    seen: View
    settings: Settings
    today: str
    speech: Speech
    base: str
    nonce: str
    asked: Mapping[str, str]
    rasters: bool = False
    water: Mapping[str, object] | None = None

    def given(self) -> dict[str, Any]:
        """Return what the scripts of every map begin with."""
        seen, settings = self.seen, self.settings
        return {
            "base": self.base,
            "as_of": seen.as_of.isoformat(),
            "known_at": seen.known_at,
            "revision": seen.snapshot.number,
            "today": self.today,
            "extent": list(extent(seen, FullRecords()) or WORLD),
            "language": self.speech.language,
            "layers": [name for name in DRAWN if is_offered(name, seen, FullRecords())],
            "evidence": looks(),
            "whole": True,
            "synthetic": settings.synthetic,
            "basemap": settings.basemap and asdict(settings.basemap),
            "under": [
                *(["background"] if settings.basemap else []),
                *(["hillshade"] if self.rasters else []),
                *(["water"] if self.water else []),
            ],
            "water": self.water,
        }

    def in_page(self, here: str) -> dict[str, Any]:
        """Return what the templates of every page need."""
        seen, speech = self.seen, self.speech
        return {
            "base": self.base,
            "here": here,
            "synthetic": self.settings.synthetic,
            "authority": self.settings.authority,
            "speech": speech,
            "t": speech.t,
            "languages": {code: (name, urlencode({**self.asked, "lang": code})) for code, name in LANGUAGES.items()},
            "when": speech.t(
                "ground_when",
                date=speech.date(seen.as_of),
                known=seen.known_at[:16].replace("T", " "),
                revision=seen.snapshot.number,
            ),
            "notice": sentences(seen, FullRecords(), self.settings, speech.language),
            "today": self.today,
        }


def tiled_page(  # noqa: PLR0913 - what its map and its panel show, and two with a default
    around: Around,
    here: str,
    box: Box,
    data: Mapping[str, Any],
    shown: Mapping[str, Any],
    *,
    title: str | None = None,
    style: str = "ways/ways.css",
) -> str:
    """Return a page: its template is `here`.html, which names its script.

    Args:
        around: what it stands on.
        here: its name, of template and script and among the pages.
        box: the ground to show first.
        data: what its script is given, beside what every map's is.
        shown: what its template is given, beside what every page's is.
        title: the key of its title; None: `here`_title.
        style: its own sheet under static, beside those of every map.
    """
    figure = OfflineFigure("linked", around.base, around.nonce, language=around.speech.language)
    figure.add_child(tiled_map(box, ("review.css", "overview/overview.css", style)))
    figure.header.add_child(Fixed(_head(around, around.speech.t(title or f"{here}_title"))), name="head")
    every = Markup(script_json({**around.given(), **data}))  # noqa: S704 - escaped for its place by script_json
    page = environment().get_template(f"{here}.html")
    body = page.render(**around.in_page(here), **shown, data=every)
    figure.html.add_child(Fixed(str(body)), name="panel")
    return figure.render()


def _head(around: Around, title: str) -> str:
    template = Template(
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<title>{{ title }}</title><link rel="icon" href="{{ base }}/static/favicon.svg"/>'
        '<link rel="preload" as="fetch" crossorigin href="{{ base }}/maps/words/{{ language }}"/>',
        autoescape=True,
    )
    mark = "SYNTHETIC - " if around.settings.synthetic else ""
    title = f"{mark}{title} - Clearway"
    return str(template.render(title=title, base=around.base, language=around.speech.language))


def signed_out_page(around: Around, here: str) -> str:
    """Return the page for those who may see what is published alone: why there is nothing here, and how to come in."""
    page = environment().get_template("signed_out.html")
    return str(page.render(**around.in_page(here), title=around.speech.t(f"{here}_title")))
