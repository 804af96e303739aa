"""Readable pages of the same answers, with a small map that needs no other host and no script.

What was uploaded is text here, never markup: the templates escape it, and the map is drawn from numbers alone.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
from jinja2 import Environment
from numpy.typing import NDArray

from geo_service import features
from geo_service.languages import LANGUAGES
from geo_service.languages.speech import Speech
from geo_service.languages.written import PARTS, choices, layer_name
from geo_service.maps.pages import environment, notice_in
from geo_service.ogc.links import segment
from geo_service.ogc.pages import Page
from geo_service.ogc.reads import Read

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

WIDTH, HEIGHT = 640.0, 400.0
"""Size of the map, in pixels."""

MOST_DRAWN = 1_000
"""Records drawn on a page's map; it says so when there are more."""

STYLES = {
    "CHA": ("#FF0000", 0.5),
    "SHA": ("#F4A718", 0.5),
    "handed over": ("#2E7D32", 0.35),
}
"""Fill and its opacity by class, and of ground that was cleared and handed over; the rest is drawn in grey."""


@lru_cache(maxsize=len(LANGUAGES))
def _environment(language: str) -> Environment:
    return environment(Speech(language, PARTS))


def speech_of(read: Read) -> Speech:
    """Return the language of a page to read."""
    return Speech(read.language or "en", PARTS)


def rendered(name: str, read: Read, **values: object) -> bytes:
    """Return a page made of a template, with what every page says, in the language of whoever reads."""
    seen, settings, speech = read.seen, read.settings, speech_of(read)
    as_of = seen.as_of.isoformat()
    base = read.request.scope.get("root_path", "").rstrip("/")
    published = read.records.notice if speech.language == "en" else f" {speech.t('public_view')}"
    page = (
        _environment(speech.language)
        .get_template(name)
        .render(
            base=base,
            authority=settings.authority,
            synthetic=settings.synthetic,
            speech=speech,
            t=speech.t,
            languages=choices(read.request.url.path, dict(read.request.query_params)),
            as_of=as_of,
            known_at=seen.known_at,
            revision=seen.snapshot.number,
            notice=notice_in(settings, speech, as_of, seen.known_at) + (published if read.records.notice else ""),
            **values,
        )
    )
    return page.encode()


def items(page: Page) -> bytes:
    """Return a page of items to read: a table, a map, the way to the next."""
    layer = page.read.layer()
    frame = page.frame if not page.asked.hits else page.frame.iloc[:0]
    rows = features.properties(frame, layer.name)
    wanted = page.asked.properties
    named = [name for name in (rows[0] if rows else {}) if name != "extra" and (wanted is None or name in wanted)]
    names = [name for name in named if any(row[name] not in (None, [], "") for row in rows)]
    shown = frame.iloc[:MOST_DRAWN] if not page.asked.skip_geometry else frame.iloc[:0]
    kinds = _kinds(rows[:MOST_DRAWN])
    links = {str(one["rel"]): one["href"] for one in page.links() if one["rel"] in {"next", "prev"}}
    return rendered(
        "items.html",
        page.read,
        title=layer_name(speech_of(page.read), layer.name),
        layer=layer.name,
        names=names,
        rows=[(segment(str(row["id"])), row) for row in rows],
        matched=page.matched,
        first=page.start + 1,
        last=page.start + len(rows),
        drawn=drawing(shown.geometry.to_numpy(), kinds),
        undrawn=max(0, len(rows) - MOST_DRAWN),
        links=links,
        forms=[(one["href"], one["type"]) for one in page.links() if one["rel"] == "alternate"],
    )


def item(read: Read, layer: str, row: dict[str, object], shape: shapely.Geometry) -> bytes:
    """Return one record to read."""
    named = [(name, value) for name, value in row.items() if value not in (None, [], "")]
    return rendered(
        "item.html",
        read,
        title=f"{row['id']}",
        kind=layer_name(speech_of(read), layer),
        layer=layer,
        quoted=segment(str(row["id"])),
        pairs=named,
        drawn=drawing(np.array([shape], dtype=object), _kinds([row])),
    )


def _kinds(rows: Sequence[dict[str, object]]) -> list[str]:
    return [
        "handed over"
        if row.get("product") == "cleared" and row.get("in_effect") and row.get("handed_over")
        else str(row.get("classification") or "")
        for row in rows
    ]


def drawing(shapes: NDArray[np.object_], kinds: Sequence[str]) -> list[dict[str, object]]:
    """Return what a small map draws: a path of numbers per record, its colour, and the circle of a point."""
    if not len(shapes) or not np.isfinite(bounds := shapely.total_bounds(shapes)).all():
        return []
    west, south, east, north = bounds.tolist()
    across = max((east - west) * np.cos(np.radians((south + north) / 2)), 1e-9)
    scale = min((WIDTH - 40) / across, (HEIGHT - 40) / max(north - south, 1e-9), 200_000.0)
    middle = np.array([(west + east) / 2, (south + north) / 2])
    factor = np.array([scale * np.cos(np.radians(middle[1])), -scale])

    def place(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((xy - middle) * factor + np.array([WIDTH / 2, HEIGHT / 2]))

    made: list[dict[str, object]] = []
    for shape, kind in zip(shapely.transform(shapes, place), kinds, strict=True):
        fill, opacity = STYLES.get(kind, ("#546E7A", 0.3))
        path = "".join(_path(part) for part in shapely.get_parts(shape))
        dimension = int(shapely.get_dimensions(shape))
        points = [] if dimension else shapely.get_coordinates(shape).round(1).tolist()
        closed = dimension == 2
        made.append(
            {"path": path, "fill": fill if closed else "none", "line": fill, "opacity": opacity, "points": points}
        )
    return made


def _path(part: shapely.Geometry) -> str:
    dimension = int(shapely.get_dimensions(part))
    if dimension == 0:
        return ""
    rings = [part] if dimension == 1 else shapely.get_rings(part).tolist()
    text = ""
    for ring in rings:
        xy = shapely.get_coordinates(ring).round(1)
        text += "M" + "L".join(f"{x:g} {y:g}" for x, y in xy.tolist()) + ("Z" if dimension == 2 else "")
    return text
