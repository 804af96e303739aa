"""Finding things on the map by what people type: coordinates, settlements and districts by any name, records by id."""

import heapq
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import mgrs
import shapely
from pyproj import Transformer

from geo_service.access.principals import NotAllowed
from geo_service.access.public import Records
from geo_service.balance import View
from layers.definitions import LAYERS
from layers.reading import notations

MOST = 20
"""Answers at most."""

LONGEST = 200
"""Characters of a question at most."""

NAMED = ("settlements", "districts")
"""Layers that are looked up by name and aliases."""

_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ғ": "gh", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z", "и": "i",
    "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e",
    "ю": "yu", "я": "ya", "ә": "a", "ө": "o", "ү": "u", "һ": "h", "ҹ": "j", "ҝ": "g",
}  # fmt: skip
"""Letters of Russian and of the older Azerbaijani alphabet, as they are commonly written in Latin ones."""

_LATIN = {"ə": "a", "ı": "i", "ş": "sh", "ç": "ch", "ğ": "gh", "ö": "o", "ü": "u", "đ": "d", "ø": "o", "ł": "l"}
"""Latin letters that Unicode does not part into a plain one and a mark, and the Azerbaijani ones as sounds."""


@dataclass(frozen=True)
class Found:
    """Something found: what it is, its id and name, where it is (degrees), and its box where it has room."""

    kind: str
    id: str
    name: str
    detail: str
    at: tuple[float, float]
    box: tuple[float, float, float, float] | None = None


def plain(text: str) -> str:
    """Return a name reduced to the letters that all its spellings share: Latin, lower case, no marks."""
    folded = "".join(_CYRILLIC.get(letter, _LATIN.get(letter, letter)) for letter in text.casefold().replace("i̇", "i"))
    bare = "".join(one for one in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(one))
    return re.sub(r"[^0-9a-z]+", " ", bare).strip()


def search(text: str, seen: View, shown: Records) -> list[Found]:
    """Return what a text may mean, the likeliest first: a coordinate, then names and ids that begin with it or hold it.

    Args:
        text: what was typed; a coordinate in decimal degrees, degrees-minutes-seconds, UTM or MGRS.
        seen: the view.
        shown: the records as the one who asks may see them.

    Raises:
        ValueError: it is a coordinate that can't be; the message says why.
    """
    asked = " ".join(text.split())[:LONGEST]
    if not asked:
        return []
    places = list(coordinates(asked))
    return [*places, *_records(asked, seen, shown)][:MOST]


def coordinates(text: str) -> Iterator[Found]:
    """Return the places that a text gives in coordinates; two where it can be read both ways round.

    Raises:
        ValueError: it is of a notation but can't be.
    """
    for notation, lon, lat in _read(text):
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise ValueError(f"{text}: there is no such place; longitude is within 180 and latitude within 90 degrees")
        yield Found("coordinate", text, f"{lat:.6f}, {lon:.6f}", notation, (lon, lat))


def _read(text: str) -> Iterator[tuple[str, float, float]]:
    grid = notations.mgrs(text)
    if grid:
        zone, rest, _ = grid
        if zone is None:
            raise ValueError(f"{text}: a grid reference needs its zone and band in front, such as 38S")
        try:
            lat, lon = mgrs.MGRS().toLatLon(f"{zone}{rest}")
        except mgrs.core.MGRSError:
            raise ValueError(f"{text}: there is no such square in that grid zone") from None
        yield "MGRS", lon, lat
        return
    metres = notations.utm(text)
    if metres:
        zone_number, letter, east, north = metres
        if not 1 <= zone_number <= 60:
            raise ValueError(f"{text}: zones of UTM are 1 to 60, such as 38N 600000 4400000")
        # S is a latitude band of the north to some, and the southern half to others; no letter says neither.
        southern = {None: (False, True), "S": (False, True)}.get(letter, (str(letter) < "N",))
        for half in southern:
            system = f"EPSG:{(32700 if half else 32600) + zone_number}"
            lon, lat = Transformer.from_crs(system, "EPSG:4326", always_xy=True).transform(east, north)
            yield f"UTM, {'southern' if half else 'northern'} half", float(lon), float(lat)
        return
    both = notations.pair(text)
    if both:
        yield from _angles(*both)


def _angles(first: notations.Degrees, second: notations.Degrees) -> Iterator[tuple[str, float, float]]:
    how = "decimal degrees" if first.parts == 1 else "degrees, minutes, seconds"
    if first.axis or second.axis:
        turned = first.axis == "lon" or second.axis == "lat"
        lat, lon = (second, first) if turned else (first, second)
        yield how, lon.value, lat.value
        return
    # Without letters both orders are offered where both can be; the map shows which is meant.
    if abs(first.value) <= 90 or abs(second.value) > 90:
        yield f"{how}: latitude, longitude", second.value, first.value
    if abs(second.value) <= 90 and first.value != second.value:
        yield f"{how}: longitude, latitude", first.value, second.value


def _records(text: str, seen: View, shown: Records) -> Iterator[Found]:
    ranked: list[tuple[tuple[int, int, str], str, gpd.GeoDataFrame, int, Sequence[str]]] = []
    key, exact = plain(text), text.casefold()
    for layer in LAYERS:
        try:
            shown.refuse(seen, layer)
        except NotAllowed:
            continue
        if layer == "incidents" and shown.form == "public":
            continue
        frame = seen.snapshot.in_force(layer, seen.as_of)
        for place, names, rank in _matching(frame, layer, key, exact):
            ranked.append(((rank, 0 if layer in NAMED else 1, names[0]), layer, frame, place, names))
    best = heapq.nsmallest(MOST, ranked, key=lambda one: one[0])
    return (_of(frame, layer, place, names, shown) for _, layer, frame, place, names in best)


def _matching(frame: gpd.GeoDataFrame, layer: str, key: str, exact: str) -> Iterator[tuple[int, Sequence[str], int]]:
    """Return the rows that fit: place in the frame, names, and how well (0 the very one, 2 somewhere in it)."""
    ids = frame["id"].tolist()
    if layer not in NAMED:
        for place, name in enumerate(ids):
            lowered = name.casefold()
            if exact in lowered:
                yield place, [name], 0 if lowered == exact else 1 if lowered.startswith(exact) else 2
        return
    for place, (id_, name, aliases) in enumerate(
        zip(ids, frame["name"].tolist(), frame["aliases"].tolist(), strict=True)
    ):
        names = [str(name), *(aliases if isinstance(aliases, list) else ()), id_]
        keys = [plain(one) for one in names]
        if key and any(key in one for one in keys):
            best = 0 if key in keys else 1 if any(one.startswith(key) for one in keys) else 2
            yield place, names, best
        elif exact == id_.casefold():
            yield place, names, 0


def _of(frame: gpd.GeoDataFrame, layer: str, place: int, names: Sequence[str], shown: Records) -> Found:
    row = frame.iloc[[place]]
    if layer == "hazards":
        row = shown.published(row, layer)
    shape = row.geometry.iloc[0]
    inside = shapely.point_on_surface(shape)
    west, south, east, north = (round(one, 6) for one in shapely.bounds(shape).tolist())
    box = None if (west, south) == (east, north) else (west, south, east, north)
    id_ = str(frame["id"].iloc[place])
    others = [one for one in names[1:] if one not in (names[0], id_)]
    return Found(layer, id_, names[0], ", ".join(others)[:200], (round(inside.x, 6), round(inside.y, 6)), box)


def told(found: Sequence[Found]) -> list[Mapping[str, Any]]:
    """Return what was found as plain values."""
    return [{"kind": one.kind, "id": one.id, "name": one.name, "detail": one.detail, "at": one.at, "box": one.box}
            for one in found]  # fmt: skip
