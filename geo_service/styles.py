"""The symbols of the field as QGIS styles (QML): fill by class, outline by status, hatch as second channel."""

from html import escape

CONFIRMED, SUSPECTED = "255,0,0,128", "244,167,24,128"
OPEN, WORKED_ON, PLAIN = "200,0,0,255", "255,140,0,255", "90,90,90,255"
GREEN, GREY = "46,125,50,110", "120,120,120,60"


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


def _rules(rules: list[tuple[str, str, str]]) -> str:
    """Return a rule-based style of (label, filter, symbol)."""
    inner = "".join(
        f'<rule key="r{k}" symbol="{k}" label="{escape(label)}" filter="{escape(which)}"/>'
        for k, (label, which, _) in enumerate(rules)
    )
    symbols = "".join(symbol for _, _, symbol in rules)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22" styleCategories="Symbology">'
        f'<renderer-v2 type="RuleRenderer" forceraster="0" symbollevels="0" enableorderby="0"><rules key="root">{inner}'
        f"</rules><symbols>{symbols}</symbols></renderer-v2></qgis>"
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
    released = _fill(str(len(rules)), "0,0,0,0", PLAIN, style="no", line="dot")
    rules.append(("hazard whose ground was released", "state = 'released'", released))
    return _rules(rules)


def _releases() -> str:
    passed = "in_effect"
    handed = f"product = 'cleared' AND {passed} AND handed_over"
    return _rules(
        [
            ("cleared and handed over", handed, _fill("0", GREEN, "27,94,32,255")),
            (
                "cleared, not handed over",
                f"product = 'cleared' AND {passed} AND NOT handed_over",
                _fill("1", GREY, PLAIN, hatch="cross"),
            ),
            ("reduced", f"product = 'reduced' AND {passed}", _fill("2", GREY, PLAIN, hatch="horizontal")),
            ("cancelled", f"product = 'cancelled' AND {passed}", _fill("3", "0,0,0,0", PLAIN, style="no", line="dash")),
            (
                "not in effect",
                "NOT in_effect",
                _fill("4", "0,0,0,0", OPEN, style="no", line="dash dot"),
            ),
        ]
    )


STYLES = {
    "hazards": _hazards(),
    "releases": _releases(),
    "surveys": _rules(
        [("surveyed, no evidence found", "TRUE", _fill("0", "0,0,0,0", "70,90,160,255", style="no", line="dash"))]
    ),
    "incidents": _rules(
        [
            ("accident", "kind = 'accident'", _marker("0", "star", "180,0,0,255")),
            ("incident", "kind = 'incident'", _marker("1", "triangle", "255,255,255,255")),
        ]
    ),
    "spots": _rules([("spot", "TRUE", _marker("0", "diamond", "255,255,255,255"))]),
    "districts": _rules([("district", "TRUE", _fill("0", "0,0,0,0", PLAIN, style="no"))]),
}
"""Style documents by layer. Green is for ground that was cleared and handed over, and for nothing else."""
