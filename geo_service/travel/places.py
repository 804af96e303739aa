"""Places as people name them: a settlement by any of its names, or longitude and latitude."""

import shapely

from geo_service.balance import Refused, View
from geo_service.travel.question import Place, place_in, shown


def place_named(text: str, seen: View, name: str) -> Place:
    """Return the place that a text names: LON,LAT, or a settlement in force by id, name or alias.

    Raises:
        Refused: it names none, or several; the message says which.
    """
    asked = " ".join(text.split()).casefold()
    if not asked:
        raise Refused(f"{name}: where? It is LON,LAT in degrees, or the name of a settlement")
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    rows = zip(frame["id"].tolist(), frame["name"].tolist(), frame["aliases"].tolist(), frame.geometry, strict=True)
    found = [
        (id_, called, shape)
        for id_, called, aliases, shape in rows
        if asked in {str(one).casefold() for one in (id_, called, *(aliases if isinstance(aliases, list) else ()))}
    ]
    if len(found) > 1:
        ids = ", ".join(f"{id_} ({called})" for id_, called, _ in found)
        raise Refused(f"{name}: several settlements are called {shown(text)}: {ids}; give the id")
    if found:
        point = shapely.point_on_surface(found[0][2])
        return float(point.x), float(point.y)
    if "," in text and not any(letter.isalpha() for letter in text):
        return place_in(text, name)
    raise Refused(f"{name}: no settlement in force is called {shown(text)}; give LON,LAT in degrees, such as 46.1,39.2")
