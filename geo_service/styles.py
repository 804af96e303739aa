"""The symbols of the field as QGIS styles (QML): fill by class, outline by status, hatch as second channel.

Rules are looked at in order and the last of each layer takes whatever no other took, so that no record is invisible.
"""

from collections.abc import Sequence
from html import escape

from layers.definitions import LAYERS

CONFIRMED, SUSPECTED = "255,0,0,128", "244,167,24,128"
OPEN, WORKED_ON, PLAIN = "200,0,0,255", "255,140,0,255", "90,90,90,255"
GREEN, GREY = "46,125,50,110", "120,120,120,60"
NOTHING, BLUE, BLACK = "0,0,0,0", "70,90,160,255", "20,20,20,255"
ELSE = "ELSE"
"""The filter of what no other rule took."""


def _options(**values: str) -> str:
    return (
        '<Option type="Map">'
        + "".join(f'<Option type="QString" name="{name}" value="{escape(value)}"/>' for name, value in values.items())
        + "</Option>"
    )


def _fill(  # noqa: PLR0913
    name: str, fill: str, outline: str, *, style: str = "solid", hatch: str = "", line: str = "solid"
) -> str:
    layers = (
        '<layer class="SimpleFill" enabled="1" locked="0" pass="0">'
        + _options(color=fill, style=style, outline_color=outline, outline_style=line, outline_width="0.5")
        + "</layer>"
    )
    if hatch:
        layers += (
            '<layer class="SimpleFill" enabled="1" locked="0" pass="0">'
            + _options(color=outline, style=hatch, outline_style="no")
            + "</layer>"
        )
    return f'<symbol type="fill" name="{name}" alpha="1">{layers}</symbol>'


def _marker(name: str, shape: str, color: str) -> str:
    options = _options(name=shape, color=color, outline_color="0,0,0,255", size="3")
    return (
        f'<symbol type="marker" name="{name}" alpha="1"><layer class="SimpleMarker" enabled="1" locked="0" '
        f'pass="0">{options}</layer></symbol>'
    )


def _line(name: str, color: str, width: str, *, style: str = "solid") -> str:
    options = _options(line_color=color, line_width=width, line_style=style, capstyle="round", joinstyle="round")
    return (
        f'<symbol type="line" name="{name}" alpha="1"><layer class="SimpleLine" enabled="1" locked="0" pass="0">'
        f"{options}</layer></symbol>"
    )


def _aliases(layer: str) -> str:
    """Return what the fields of a layer are called for people."""
    fields = LAYERS[layer].fields if layer in LAYERS else ()
    inner = "".join(
        f'<alias field="{one.name}" index="{k}" name="{escape(one.label.en)}{f", {one.unit}" if one.unit else ""}"/>'
        for k, one in enumerate(fields, start=1)
    )
    return f"<aliases>{inner}</aliases>" if inner else ""


def _labels(field: str) -> str:
    """Return labels by the text of a field; it is drawn as text, never as markup."""
    return (
        f'<labeling type="simple"><settings><text-style fieldName="{field}" isExpression="0" fontSize="8" '
        'allowHtml="0" textColor="20,20,20,255"><text-buffer bufferDraw="1" bufferSize="0.8" '
        'bufferColor="255,255,255,255"/></text-style></settings></labeling>'
    )


def _rules(rules: Sequence[tuple[str, str, str]], layer: str, labelled: str = "") -> str:
    """Return a rule-based style of (label, filter, symbol), with the aliases of a layer and labels by a field."""
    inner = "".join(
        f'<rule key="r{k}" symbol="{k}" label="{escape(label)}" filter="{escape(which)}"/>'
        for k, (label, which, _) in enumerate(rules)
    )
    symbols = "".join(symbol for _, _, symbol in rules)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22" styleCategories="Symbology|Labeling|Fields" labelsEnabled="{int(bool(labelled))}">'
        f'<renderer-v2 type="RuleRenderer" forceraster="0" symbollevels="0" enableorderby="0"><rules key="root">{inner}'
        f"</rules><symbols>{symbols}</symbols></renderer-v2>{_labels(labelled) if labelled else ''}{_aliases(layer)}"
        "</qgis>"
    )


_HAZARD_STATUS = (("open", OPEN, "solid"), ("worked on", WORKED_ON, "solid"), ("suspended", OPEN, "dash"))


def _hazards() -> str:
    rules: list[tuple[str, str, str]] = []
    for which, fill, hatch in (("CHA", CONFIRMED, "f_diagonal"), ("SHA", SUSPECTED, "b_diagonal")):
        for status, outline, line in _HAZARD_STATUS:
            word = status.replace(" ", "_")
            condition = f"classification = '{which}' AND status = '{word}' AND state <> 'released'"
            symbol = _fill(str(len(rules)), fill, outline, hatch=hatch, line=line)
            rules.append((f"{which}, {status}", condition, symbol))
    released = _fill(str(len(rules)), NOTHING, PLAIN, style="no", line="dot")
    rules.append(("hazard whose ground was released", "state = 'released'", released))
    rules.append(("hazard", ELSE, _fill(str(len(rules)), CONFIRMED, OPEN)))
    return _rules(rules, "hazards")


def _releases() -> str:
    handed = "product = 'cleared' AND in_effect AND handed_over"
    rules = [
        ("cleared and handed over", handed, _fill("0", GREEN, "27,94,32,255")),
        (
            "cleared, not handed over",
            "product = 'cleared' AND in_effect AND NOT handed_over",
            _fill("1", GREY, PLAIN, hatch="cross"),
        ),
        ("reduced", "product = 'reduced' AND in_effect", _fill("2", GREY, PLAIN, hatch="horizontal")),
        ("cancelled", "product = 'cancelled' AND in_effect", _fill("3", NOTHING, PLAIN, style="no", line="dash")),
        ("not in effect", ELSE, _fill("4", NOTHING, OPEN, style="no", line="dash dot")),
    ]
    return _rules(rules, "releases")


def _roads() -> str:
    rules = [
        ("closed", "eo_status = 'closed'", _line("0", "122,0,0,255", "0.7")),
        ("restricted", "eo_status = 'restricted'", _line("1", WORKED_ON, "0.6", style="dash")),
        ("verified", "eo_status = 'verified'", _line("2", BLUE, "0.6")),
        ("cleared", "eo_status = 'cleared'", _line("3", BLUE, "0.6", style="dash dot")),
        ("not assessed", ELSE, _line("4", PLAIN, "0.3")),
    ]
    return _rules(rules, "roads")


def _states() -> str:
    """Return the style of the ground by state: green is not among them, since they do not say what was handed over."""
    rules = [
        ("confirmed", "state = 'CHA'", _fill("0", CONFIRMED, OPEN, hatch="f_diagonal", line="no")),
        ("suspected", "state = 'SHA'", _fill("1", SUSPECTED, OPEN, hatch="b_diagonal", line="no")),
        ("cleared", "state = 'cleared'", _fill("2", GREY, PLAIN, hatch="cross")),
        ("reduced", "state = 'reduced'", _fill("3", GREY, PLAIN, hatch="horizontal")),
        ("cancelled", "state = 'cancelled'", _fill("4", NOTHING, PLAIN, style="no", line="dash")),
        ("surveyed, no evidence found", "state = 'surveyed_no_evidence'", _fill("5", NOTHING, BLUE, style="no")),
        ("no recorded hazard (not assessed)", ELSE, _fill("6", NOTHING, PLAIN, style="no", line="dot")),
    ]
    return _rules(rules, "states")


STYLES = {
    "hazards": _hazards(),
    "releases": _releases(),
    "surveys": _rules(
        [("surveyed, no evidence found", ELSE, _fill("0", NOTHING, BLUE, style="no", line="dash"))], "surveys"
    ),
    "incidents": _rules(
        [
            ("accident", "kind = 'accident'", _marker("0", "star", "180,0,0,255")),
            ("incident", ELSE, _marker("1", "triangle", "255,255,255,255")),
        ],
        "incidents",
    ),
    "spots": _rules(
        [
            (
                "removed or destroyed",
                "disposition IN ('removed', 'destroyed')",
                _marker("0", "diamond", "190,190,190,255"),
            ),
            ("in place, or not known", ELSE, _marker("1", "diamond", "255,255,255,255")),
        ],
        "spots",
    ),
    "districts": _rules([("district", ELSE, _fill("0", NOTHING, PLAIN, style="no"))], "districts", "name"),
    "settlements": _rules(
        [
            ("settlement drawn as an area", "area($geometry) > 0", _fill("0", NOTHING, "90,90,90,255", style="no")),
            ("displacement site", "kind = 'displacement_site'", _marker("1", "triangle", "255,255,255,255")),
            ("settlement", ELSE, _marker("2", "square", "90,90,90,255")),
        ],
        "settlements",
        "name",
    ),
    "roads": _roads(),
    "states": _states(),
}
"""Style documents by layer. Green is for ground that was cleared and handed over, and for nothing else."""

COUNTED = _rules([("incidents, counted by cell", ELSE, _fill("0", GREY, PLAIN))], "", "count")
"""The style of incidents as the public sees them."""


def styles_of(layers: Sequence[str], *, published: bool = False) -> dict[str, str]:
    """Return the style documents of some layers; `published`: as the public sees them."""
    found = {name: STYLES[name] for name in layers if name in STYLES}
    return found | {"incidents": COUNTED} if published and "incidents" in found else found
