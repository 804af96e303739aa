"""Places as people name them: a settlement by any of its names in any spelling, or coordinates in any notation."""

import geopandas as gpd
import shapely

from geo_service.balance import Refused, View
from geo_service.maps.search import coordinates, plain
from geo_service.travel.question import Place, place_in, shown


def place_named(text: str, seen: View, name: str) -> Place:
    """Return the place that a text names.

    It is a settlement in force by id, name or alias; else by a name in another alphabet or spelling, where only one has
    it; else LON,LAT in degrees, or coordinates as degrees-minutes-seconds, UTM or MGRS.

    Raises:
        Refused: it names none, or several; the message says which.
    """
    asked = " ".join(text.split()).casefold()
    if not asked:
        raise Refused(f"{name}: where? It is LON,LAT in degrees, or the name of a settlement")
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    found = _called(frame, asked)
    if len(found) > 1:
        ids = ", ".join(f"{id_} ({called})" for id_, called, _ in found[:20])
        raise Refused(f"{name}: several settlements are called {shown(text)}: {ids}; give the id")
    if found:
        point = shapely.point_on_surface(found[0][2])
        return float(point.x), float(point.y)
    if "," in text and not any(letter.isalpha() or letter in "°'′\"″" for letter in text):
        return place_in(text, name)
    return _noted(text, name)


def _called(frame: gpd.GeoDataFrame, asked: str) -> list[tuple[str, str, shapely.Geometry]]:
    """Return the settlements (id, name, shape) that are called so to the letter, else those that sound so."""
    rows = [
        (id_, called, shape, {str(one).casefold() for one in (id_, called, *(more if isinstance(more, list) else ()))})
        for id_, called, more, shape in zip(
            frame["id"].tolist(), frame["name"].tolist(), frame["aliases"].tolist(), frame.geometry, strict=True
        )
    ]
    key = plain(asked)
    found = [one for one in rows if asked in one[3]]
    if not found and key:
        found = [one for one in rows if key in {plain(name) for name in one[3]}]
    return [(id_, called, shape) for id_, called, shape, _ in found]


def _noted(text: str, name: str) -> Place:
    """Return the place of coordinates with letters or signs.

    Raises:
        Refused: they are none, or can be read in two ways.
    """
    try:
        read = list(coordinates(text))
    except ValueError as error:
        raise Refused(f"{name}: {error}") from None
    if len(read) > 1:
        ways = "; ".join(f"{one.name} ({one.detail})" for one in read)
        raise Refused(f"{name}: {shown(text)} can be read as {ways}; give LON,LAT in degrees, such as 46.1,39.2")
    if read:
        return read[0].at
    raise Refused(f"{name}: no settlement in force is called {shown(text)}; give LON,LAT in degrees, such as 46.1,39.2")
