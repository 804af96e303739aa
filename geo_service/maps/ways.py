"""How roads look by what is known of them: the colours of the page of routes, and a dash of its own for each."""

from geo_service.travel.tracks import COLOURS, DASHES
from layers.roads.classes import HARD, Evidenced

BROKEN = {
    **DASHES,
    Evidenced.closed.name: "3 6",
    Evidenced.inside_buffer.name: "7 3",
    Evidenced.verified.name: "20 3",
}
"""Dashes tell classes apart in grey print too; unbroken are the worst, which is the widest, and the best."""

WIDEST, WIDE, PLAIN, THIN = 4.0, 3.4, 2.4, 1.7


def looks() -> dict[str, dict[str, object]]:
    """Return the colour, the dash and the width (pixels) of each class of evidence, the worst first."""
    return {
        one.name: {"color": COLOURS[one.name], "weight": _width(one), "dashArray": BROKEN.get(one.name)}
        for one in Evidenced
    }


def _width(one: Evidenced) -> float:
    if one == Evidenced.inside_hazard:
        return WIDEST
    if one <= HARD:
        return WIDE
    return THIN if one == Evidenced.unsurveyed else PLAIN
