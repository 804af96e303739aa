"""The overview map: one page with the situation of a date, its balance and the sentences it must carry."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import shapely
from branca.element import MacroElement
from jinja2 import Environment, PackageLoader, Template
from markupsafe import Markup

from geo_service import features
from geo_service.balance import records
from geo_service.maps.figure import Fixed, Mode, OfflineFigure, OfflineMap, data_uri
from geo_service.maps.situation import Situation
from layers.definitions import LAYERS
from layers.measure import areas

DIGITS = 6
"""Decimals of a degree that the page carries: 11 cm."""

STATES = (
    ("CHA", "confirmed hazardous area, open"),
    ("SHA", "suspected hazardous area, open"),
    ("cancelled", "cancelled after non-technical survey"),
    ("reduced", "reduced after technical survey"),
    ("cleared", "cleared"),
    ("surveyed_no_evidence", "surveyed, no evidence found"),
    ("no_recorded_hazard", "no recorded hazard (not assessed)"),
)
"""The states in the order in which a district's bar shows them, and what they are called."""

DRAWN = ("districts", "surveys", "releases", "hazards", "roads", "settlements", "spots", "incidents")
"""The layers in the order in which they are drawn, the last on top."""


class _Draw(MacroElement):
    """Hands the page's data to the script that draws it on Folium's map."""

    _template = Template("{% macro script(this, kwargs) %}clearway.draw({{ this._parent.get_name() }});{% endmacro %}")


def overview(situation: Situation, *, mode: Mode, base_path: str = "", nonce: str | None = None) -> str:
    """Return the overview map as a page.

    Args:
        situation: what it shows.
        mode: linked to the service's own assets, or with everything embedded in one file.
        base_path: the path that the service is reached under, where it is linked.
        nonce: of the content security policy.
    """
    figure = OfflineFigure(mode, base_path, nonce)
    drawn = OfflineMap(
        tiles=None, control_scale=False, zoom_control=True, prefer_canvas=False, height="100%", zoom_snap=0.25
    )
    drawn._id = "overview"  # noqa: SLF001 - by chance where it is left to Folium: the same view is the same page
    drawn.fit_bounds(_bounds(situation))
    drawn.add_child(_Draw())  # type: ignore[no-untyped-call]
    figure.add_child(drawn)
    icon = data_uri("favicon.svg") if mode == "embedded" else f"{base_path.rstrip('/')}/static/favicon.svg"
    figure.header.add_child(Fixed(_head(situation, icon)), name="head")
    figure.html.add_child(Fixed(_panel(situation, mode, base_path)), name="panel")
    return figure.render()


def _head(situation: Situation, icon: str) -> str:
    mark = "SYNTHETIC - " if situation.synthetic else ""
    template = Template(
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<title>{{ title }}</title><link rel="icon" href="{{ icon }}"/>',
        autoescape=True,
    )
    return str(template.render(title=f"{mark}Clearway, {situation.as_of}", icon=icon))


def _panel(situation: Situation, mode: Mode, base_path: str) -> str:
    environment = Environment(
        loader=PackageLoader("geo_service"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["m2"] = lambda value: f"{value:,.0f}"
    environment.filters["km2"] = _square_kilometres
    page = environment.get_template("overview.html").render(
        situation=situation,
        states=STATES,
        rows=rows_of(situation),
        linked=mode == "linked",
        home=f"{base_path.rstrip('/')}/",
        counts={name: len(situation.frames[name]) for name in DRAWN},
        data=Markup(script_json(page_data(situation))),  # noqa: S704 - escaped for its place by script_json
    )
    return str(page)


def rows_of(situation: Situation) -> list[dict[str, Any]]:
    """Return the districts' rows of the balance, those with open ground first."""
    rows: list[dict[str, Any]] = records(situation.partition)
    return sorted(rows, key=lambda row: (-(row["CHA"] + row["SHA"]), str(row["district"])))


def _square_kilometres(value: float) -> str:
    """Return an area in km2; ground that is there never reads as none."""
    km2 = value / 1e6
    return "0" if value == 0 else f"{km2:,.2f}" if km2 >= 0.01 else "<0.01"


def page_data(situation: Situation) -> dict[str, object]:
    """Return what the script draws: features by layer, and the shares of each district."""
    return {
        "synthetic": situation.synthetic,
        "layers": {name: _features(situation, name) for name in DRAWN},
        "labels": {
            name: {field.name: field.label.en for field in LAYERS[name].fields} | {"layer": LAYERS[name].label.en}
            for name in DRAWN
        },
        "shares": {
            str(row["district_id"]): [[name, float(row[name])] for name, _ in STATES]
            for row in situation.partition.to_dict("records")
        },
        "states": dict(STATES),
    }


def _features(situation: Situation, layer: str) -> list[dict[str, object]]:
    frame = situation.frames[layer]
    if not len(frame):
        return []
    rounded = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.round(xy, DIGITS))
    # Large areas first, so that small ones lie on top and can be clicked.
    order = np.argsort(-areas(rounded), kind="stable") if LAYERS[layer].geometry == "polygon" else range(len(frame))
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    texts = shapely.to_geojson(rounded)
    kept = [{k: v for k, v in one.items() if v not in (None, [], "")} for one in features.properties(frame, layer)]
    return [
        {"p": kept[k], "g": orjson.Fragment(texts[k]), "c": [round(points[k].x, DIGITS), round(points[k].y, DIGITS)]}
        for k in order
    ]


def script_json(data: Mapping[str, object]) -> str:
    """Return data as JSON that can't end the script element it stands in."""
    text = orjson.dumps(data).decode()
    for mark, escaped in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(mark, escaped)
    return text


def _bounds(situation: Situation) -> list[list[float]]:
    """Return the box to show: the hazards' and districts', or the world where there is nothing."""
    boxes = [
        situation.frames[name].total_bounds
        for name in ("districts", "hazards", "releases")
        if len(situation.frames[name])
    ]
    if not boxes:
        return [[-60.0, -170.0], [70.0, 170.0]]
    table = np.array(boxes)
    (west, south), (east, north) = table[:, :2].min(axis=0), table[:, 2:].max(axis=0)
    return [[float(south), float(west)], [float(north), float(east)]]
