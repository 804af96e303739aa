"""The symbols of the field as Mapbox styles, which QGIS and MapLibre apply to vector tiles (domain rules, section 9).

Fill shows the class and outline the status; a dash is the second channel, since hatches need pictures. Filters are in
the older form, which both read. Cells are graded by how many records they count; never by the worst of them.
"""

from collections.abc import Sequence

RED, AMBER, GREEN, ORANGE, GREY = "#FF0000", "#F4A718", "#2E7D32", "#FF8C00", "#4A5568"
HALF = 0.5
Piece = dict[str, object]
Filter = list[object]


def style(layer: str, title: str, attribution: str, tiles: str, highest: int) -> Piece:
    """Return the style of a layer.

    Args:
        layer: its name.
        title: of the style.
        attribution: whose tiles they are.
        tiles: their address with {z}, {y} and {x}.
        highest: the highest zoom that they are made for.
    """
    source: Piece = {"type": "vector", "tiles": [tiles], "minzoom": 0, "maxzoom": highest, "attribution": attribution}
    layers = [{"source": "clearway", "source-layer": layer, **one} for one in [*_counted(layer), *DRAWN[layer]]]
    return {"version": 8, "name": title, "sources": {"clearway": source}, "layers": layers}


def _fill(name: str, where: Filter, colour: str, opacity: object = HALF) -> Piece:
    return {
        "id": name,
        "type": "fill",
        "filter": where,
        "paint": {"fill-color": colour, "fill-opacity": opacity},
    }


def _line(name: str, where: Filter, colour: str, width: float = 1.5, dash: Sequence[float] = ()) -> Piece:
    paint: Piece = {"line-color": colour, "line-width": width}
    return {"id": name, "type": "line", "filter": where, "paint": paint | ({"line-dasharray": [*dash]} if dash else {})}


def _circle(name: str, where: Filter, colour: str, radius: float = 4) -> Piece:
    paint: Piece = {"circle-color": colour, "circle-radius": radius, "circle-stroke-color": "#111111"}
    return {"id": name, "type": "circle", "filter": where, "paint": {**paint, "circle-stroke-width": 1.5}}


def _counted(layer: str) -> list[Piece]:
    cells: Filter = ["has", layer]
    graded = ["interpolate", ["linear"], ["get", layer], 0, 0.05, 1, 0.15, 10, 0.3, 100, 0.5, 1000, 0.7]
    found = [_fill(f"{layer}, counted", cells, "#5B2A86" if layer == "hazards" else GREY, graded)]
    if layer == "hazards":
        found.append(_line("cells with an open hazard", ["all", cells, ["==", "open", True]], "#C80000", 0.8))
    return found


def _is(name: str, value: str) -> Filter:
    return ["==", name, value]


def _yes(name: str) -> Filter:
    return ["==", name, True]


def _no(name: str) -> Filter:
    return ["==", name, False]


def _all(*conditions: Filter) -> Filter:
    return ["all", *conditions]


_LEFT: Filter = ["!=", "state", "released"]
_RECORD: Filter = ["has", "id"]

DRAWN: dict[str, list[Piece]] = {
    "hazards": [
        _fill("suspected", _all(_RECORD, _is("classification", "SHA"), _LEFT), AMBER),
        _fill("confirmed", _all(_RECORD, _is("classification", "CHA"), _LEFT), RED),
        _line("open", _all(_RECORD, _is("status", "open"), _LEFT), "#C80000"),
        _line("worked on", _all(_RECORD, _is("status", "worked_on"), _LEFT), ORANGE),
        _line("suspended", _all(_RECORD, _is("status", "suspended"), _LEFT), "#C80000", 1.5, (4, 3)),
        _line("hazard whose ground was released", _is("state", "released"), "#5A5A5A", 1, (1, 3)),
    ],
    "releases": [
        _fill("cleared and handed over", _all(_is("product", "cleared"), _yes("handed_over")), GREEN, 0.4),
        _fill(
            "cleared, not handed over",
            _all(_is("product", "cleared"), _yes("in_effect"), _no("handed_over")),
            "#8892A0",
            0.45,
        ),
        _fill("reduced", _all(_is("product", "reduced"), _yes("in_effect")), "#A0AEC0", 0.3),
        _line("in effect", _yes("in_effect"), GREY, 1.2),
        _line("not in effect", _no("in_effect"), "#C80000", 1.4, (6, 2, 1, 2)),
    ],
    "surveys": [
        _fill("surveyed, no evidence found", _RECORD, "#4F6BB5", 0.12),
        _line("surveyed", _RECORD, "#4F6BB5", 1.2, (2, 3)),
    ],
    "incidents": [
        _circle("accident", _is("kind", "accident"), "#111111", 4.5),
        _circle("incident", _is("kind", "incident"), "#FFFFFF", 4.5),
        _fill("incidents, published by cell", ["has", "count"], GREY, 0.3),
    ],
    "spots": [_circle("spot", _RECORD, "#FFFFFF", 3.5)],
    "districts": [_line("district", _RECORD, "#52606D", 1.4)],
    "settlements": [
        _circle("settlement", _RECORD, "#FFFFFF", 3),
        _line("outline of a settlement", _RECORD, "#333333", 1),
    ],
    "roads": [
        _line("not assessed", _is("eo_status", "not_assessed"), "#8795A1", 1.4),
        _line("verified or cleared", ["in", "eo_status", "verified", "cleared"], "#1E5AA8", 2),
        _line("restricted", _is("eo_status", "restricted"), "#B7791F", 2, (7, 3)),
        _line("closed", _is("eo_status", "closed"), "#C00000", 2, (2, 2)),
    ],
}
"""How the records of each layer are drawn, from below to the top."""
