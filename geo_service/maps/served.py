"""The overview map as it is served: a small page that asks for tiles and figures; nothing of the records lies in it."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, Template
from markupsafe import Markup

from geo_service.access.public import FIELDS, FullRecords, Records
from geo_service.balance import View
from geo_service.languages import LANGUAGES, words
from geo_service.maps.figure import Fixed, OfflineFigure
from geo_service.maps.figures import beginning, extent, sentences
from geo_service.maps.ground import tiled_map
from geo_service.maps.overview import DRAWN, script_json
from geo_service.maps.ways import looks
from geo_service.settings import Settings

WORLD = (-170.0, -60.0, 170.0, 70.0)
"""What is shown where nothing is recorded (west, south, east, north in degrees)."""

SCRIPTS = ("main",)
"""The modules that the page begins with; they import the rest."""


def served(  # noqa: PLR0913 - all of them are what the page stands on
    seen: View,
    shown: Records,
    settings: Settings,
    *,
    today: str,
    language: str,
    base: str = "",
    nonce: str | None = None,
    rasters: bool = False,
    water: Mapping[str, object] | None = None,
) -> str:
    """Return the overview page, linked to the service's own assets.

    Args:
        seen: the view that it begins with.
        shown: the records as the one who asks may see them.
        settings: of the store.
        today: the last date that can be asked for.
        language: of the page.
        base: the path that the service is reached under.
        nonce: of the content security policy.
        rasters: whether the service can be asked for rasters.
        water: whom surface water is owed to and when it changes, None where there is none to draw.
    """
    base = base.rstrip("/")
    figure = OfflineFigure("linked", base, nonce, language=language)
    west, south, east, north = extent(seen, shown) or WORLD
    figure.add_child(tiled_map((west, south, east, north), ("overview/overview.css",)))
    catalogue = words(language)
    given = {
        "base": base,
        "as_of": seen.as_of.isoformat(),
        "known_at": seen.known_at,
        "revision": seen.snapshot.number,
        "today": today,
        "begins": beginning(seen, shown),
        "extent": [west, south, east, north],
        "language": language,
        "layers": [name for name in DRAWN if is_offered(name, seen, shown)],
        "evidence": looks(),
        "whole": isinstance(shown, FullRecords),
        "synthetic": settings.synthetic,
        "basemap": settings.basemap and asdict(settings.basemap),
        "under": [
            *(["background"] if settings.basemap else []),
            *(["hillshade"] if rasters and isinstance(shown, FullRecords) else []),
            *(["water"] if water and isinstance(shown, FullRecords) else []),
        ],
        "water": water if isinstance(shown, FullRecords) else None,
    }
    figure.header.add_child(Fixed(_head(settings, seen, base, language)), name="head")
    figure.html.add_child(
        Fixed(_body(given, settings, catalogue, sentences(seen, shown, settings, language))), name="panel"
    )
    return figure.render()


def is_offered(layer: str, seen: View, shown: Records) -> bool:
    """Say whether the map offers a layer: of what is not published none, and roads only where there are any."""
    if not isinstance(shown, FullRecords):
        return layer in FIELDS and layer != "incidents"
    return layer != "roads" or len(seen.snapshot.frames["roads"]) > 0


def _head(settings: Settings, seen: View, base: str, language: str) -> str:
    # Modules and words are named at once, so that none waits for another that asks for it.
    template = Template(
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<title>{{ title }}</title><link rel="icon" href="{{ base }}/static/favicon.svg"/>'
        '<link rel="preload" as="fetch" crossorigin href="{{ base }}/maps/words/{{ language }}"/>'
        '{% for name in modules %}<link rel="modulepreload" href="{{ base }}/static/overview/{{ name }}"/>{% endfor %}',
        autoescape=True,
    )
    mark = "SYNTHETIC - " if settings.synthetic else ""
    modules = sorted(one.name for one in (files("geo_service") / "static" / "overview").iterdir() if ".js" in one.name)
    title = f"{mark}Clearway, {seen.as_of}"
    return str(template.render(title=title, base=base, language=language, modules=modules))


def _body(given: dict[str, Any], settings: Settings, catalogue: Any, notice: str) -> str:
    environment = Environment(
        loader=PackageLoader("geo_service"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("served.html").render(
        given=given,
        t=lambda key, **put: catalogue[key].format(**put) if put else catalogue[key],
        languages=LANGUAGES,
        synthetic=settings.synthetic,
        notice=notice,
        scripts=SCRIPTS,
        data=Markup(script_json(given)),  # noqa: S704 - escaped for its place by script_json
    )
    return str(page)
