"""Records that an answer names by id: what they are, where they lie, and the address of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import shapely

from geo_service.balance import View
from geo_service.features import in_force

LAYERS_OF = {"hazards": ("hazards",), "points": ("incidents", "spots"), "roads": ("roads",)}
"""Where a name is looked for: hazards in the way, reports, closed roads."""


@dataclass(frozen=True)
class Named:
    """A record that is named.

    Attributes:
        layer, id: which.
        at: a place on it (lon, lat); box: west, south, east, north in degrees.
        open_m2: of a hazard, its ground that is open, None where it is no hazard.
        address: its page, under the service's own base.
    """

    layer: str
    id: str
    at: tuple[float, float]
    box: tuple[float, float, float, float]
    open_m2: float | None
    address: str


def named(seen: View, ids: Iterable[str], kind: str) -> dict[str, Named]:
    """Return the records in force that names stand for: the name as it was given -> the record.

    Args:
        seen: the view.
        ids: names, bare or as `layer/id`.
        kind: what they are: hazards, points or roads.
    """
    wanted = set(ids)
    found: dict[str, Named] = {}
    for layer in LAYERS_OF[kind] if wanted else ():
        frame = in_force(seen, layer)
        of = frame["id"].isin({one.removeprefix(f"{layer}/") for one in wanted}).to_numpy()
        rows = frame[of]
        open_m2 = rows["open_m2"].tolist() if layer == "hazards" else [None] * len(rows)
        for id_, shape, m2 in zip(rows["id"].astype(str), rows.geometry, open_m2, strict=True):
            one = _named(seen, layer, id_, shape, m2)
            found |= {name: one for name in (id_, f"{layer}/{id_}") if name in wanted}
    return found


def _named(seen: View, layer: str, id_: str, shape: shapely.Geometry, open_m2: float | None) -> Named:
    inside = shapely.point_on_surface(shape)
    west, south, east, north = (round(one, 6) for one in shapely.bounds(shape).tolist())
    times = {"as_of": seen.as_of.isoformat(), "known_at": seen.known_at, "f": "html"}
    address = f"/collections/{layer}/items/{quote(id_, safe='')}?{urlencode(times)}"
    if "/" in id_:
        # A slash in an id would part an address: such a record is filtered for.
        filtered = {"filter-lang": "cql2-text", "filter": f"id = '{id_.replace(chr(39), chr(39) * 2)}'"}
        address = f"/collections/{layer}/items?{urlencode({**filtered, **times})}"
    return Named(layer, id_, (round(inside.x, 6), round(inside.y, 6)), (west, south, east, north), open_m2, address)
