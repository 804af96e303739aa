"""Traverses: a start point, then bearing and distance from turning point to turning point, become polygons.

True bearings are walked on the ellipsoid, magnetic ones after adding the declination, grid ones in the plane of their
grid. A traverse ends where it began; by how much it does not is measured (m) and said.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

from layers.reading import notations
from layers.reading.found import Columns, Found, Request, answer
from layers.reading.naming import simple
from layers.reading.questions import Question

BEARING = ("bearing", "azimuth", "azimut", "brg", "азимут", "istiqamət", "istiqamet", "bearing deg")
DISTANCE = ("distance", "dist", "distance m", "dist m", "расстояние", "дальность", "məsafə", "mesafe", "length m")
NORTH = ("north type", "bearing type", "north ref", "north reference", "norths", "вид севера", "şimal növü")
DECLINATION = (
    "declination",
    "magnetic declination",
    "decl",
    "склонение",
    "магнитное склонение",
    "meyl",
    "maqnit meyli",
)
RECORD = ("id", "polygon id", "hazard id", "area id", "ha id", "sha id", "cha id", "kod", "код")
TRUE, GRID, MAGNETIC = "true", "grid", "magnetic"
_WORDS = {
    "true": TRUE, "t": TRUE, "geographic": TRUE, "истинный": TRUE, "həqiqi": TRUE,
    "grid": GRID, "g": GRID, "map": GRID, "дирекционный": GRID, "şəbəkə": GRID,
    "magnetic": MAGNETIC, "mag": MAGNETIC, "m": MAGNETIC, "магнитный": MAGNETIC, "maqnit": MAGNETIC,
}  # fmt: skip
_GEOD = Geod(ellps="WGS84")
LEAST_M, SHARE = 2.0, 0.01
"""A traverse closes within the larger of these: metres, and a share of its length."""


@dataclass(frozen=True)
class _Columns:
    """The columns of a traverse."""

    bearing: str
    distance: str
    north: str | None
    declination: str | None
    record: str | None


def walked(columns: Columns, request: Request, start: Callable[[Columns], Found]) -> Found | None:
    """Return a polygon per traverse, or None where the table has no bearings and distances.

    Rows that follow each other with one id are the legs of one traverse; its first row says where it starts, and its
    number is that row's.

    Raises:
        Question: which north the bearings are from, the declination, or the grid must be known.
    """
    named = _named(columns, request)
    if named is None:
        return None
    groups = _groups(columns[named.record]) if named.record else [list(range(len(columns[named.bearing])))]
    firsts = [places[0] for places in groups]
    began = start({name: [values[k] for k in firsts] for name, values in columns.items()})
    north = _north(columns, named, groups, request)
    aside = {named.bearing, named.distance, named.north, named.declination}
    found = Found(
        {name: values for name, values in began.columns.items() if name not in aside},
        np.full(len(groups), None, dtype=object),
        "OGC:CRS84",
        settled=True,
        defects=dict(began.defects),
        notices=[
            *began.notices,
            ("traverses", f"{len(columns[named.bearing])} legs were walked as {len(groups)} traverses"),
        ],
        numbers=[k + 1 for k in firsts],
    )
    source = _source(began, request)
    for place, legs in enumerate(groups):
        if place in found.defects:
            continue
        try:
            point = began.geometry[place]
            bearings, distances = _legs(columns, named, legs)
            turned = bearings + _declination(columns, named, legs, request) if north[place] == MAGNETIC else bearings
            grid = _grid(point, source, request) if north[place] == GRID else None
            lonlat = Transformer.from_crs(source, "OGC:CRS84", always_xy=True).transform(point.x, point.y)
            xy, gap = _in_plane(lonlat, turned, distances, grid) if grid else _on_ellipsoid(lonlat, turned, distances)
        except Question:
            raise
        except ValueError as error:
            found.defects[place] = ("traverse", str(error))
            continue
        _close(found, place, xy, gap, float(distances.sum()))
    return found


def _named(columns: Columns, request: Request) -> _Columns | None:
    mapping = request.get("mapping")
    asked = mapping if isinstance(mapping, dict) else {}
    names_ = {simple(name): name for name in reversed(columns)}

    def column(role: str, names: tuple[str, ...]) -> str | None:
        if asked.get(role) in columns:
            return str(asked[role])
        return next((names_[name] for name in names if name in names_), None)

    bearing, distance = column("bearing", BEARING), column("distance", DISTANCE)
    if bearing is None or distance is None:
        return None
    return _Columns(bearing, distance, column("north", NORTH), column("declination", DECLINATION), column("id", RECORD))


def _groups(ids: list[object]) -> list[list[int]]:
    """Return the places of each traverse: rows that follow each other with one id, or with none after the first."""
    groups: list[list[int]] = []
    last: object = None
    for place, one in enumerate(ids):
        if groups and one in {last, None}:
            groups[-1].append(place)
        else:
            groups.append([place])
            last = one
    return groups


def _north(columns: Columns, named: _Columns, groups: list[list[int]], request: Request) -> list[str]:
    """Return from which north each traverse's bearings are."""
    said = answer(request, "north")
    norths = []
    for legs in groups:
        given = (
            next((columns[named.north][k] for k in legs if columns[named.north][k] is not None), None)
            if named.north
            else None
        )
        word = _WORDS.get(str(given).strip().lower()) if given is not None else said
        if word is None:
            what = f"{given!r} is no north" if given is not None else "it does not say from which north"
            message = (
                f"row {legs[0] + 1}: bearings are from true, grid or magnetic north; {what}: send it again with north"
            )
            raise Question("north", message, (TRUE, GRID, MAGNETIC))
        norths.append(word)
    return norths


def _legs(columns: Columns, named: _Columns, legs: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return bearings (degrees) and distances (m) of the legs; rows with neither are passed over."""
    bearings, distances = [], []
    for k in legs:
        bearing, distance = columns[named.bearing][k], columns[named.distance][k]
        if bearing is None and distance is None:
            continue
        bearings.append(_angle(bearing, k))
        distances.append(_length(distance, k))
    if len(bearings) < 3:
        raise ValueError(f"a traverse around ground has three legs or more; this one has {len(bearings)}")
    return np.array(bearings), np.array(distances)


def _angle(value: object, place: int) -> float:
    read = None if value is None or isinstance(value, int | float) else notations.degrees(str(value))
    number = value if isinstance(value, int | float) else read.value if read and not read.axis else None
    if number is None or not -360 <= number <= 360:
        raise ValueError(f"row {place + 1}: {str(value)[:40]} is no bearing in degrees")
    return float(number)


def _length(value: object, place: int) -> float:
    try:
        length = float(str(value))
    except ValueError:
        length = -1.0
    if not 0 < length < 100_000:
        raise ValueError(f"row {place + 1}: {str(value)[:40]} is no distance in metres (write a decimal point)")
    return length


def _declination(columns: Columns, named: _Columns, legs: list[int], request: Request) -> float:
    """Return the magnetic declination in degrees, east positive."""
    given = (
        next((columns[named.declination][k] for k in legs if columns[named.declination][k] is not None), None)
        if named.declination
        else None
    )
    said = given if given is not None else answer(request, "declination")
    if said is None:
        message = (
            f"row {legs[0] + 1}: bearings from magnetic north need the declination: send it again with declination in "
            "degrees, east positive"
        )
        raise Question("declination", message, ())
    read = notations.degrees(str(said))
    if read is None or abs(read.value) > 180:
        raise ValueError(f"row {legs[0] + 1}: {str(said)[:40]} is no declination in degrees")
    return read.value


def _source(began: Found, request: Request) -> CRS:
    """Return the coordinate system of the start points."""
    text = request.get("crs") or began.crs
    if not text:
        raise Question("crs", "the file does not say the coordinate system of its start points: send it again with crs",
                       ("EPSG:4326", "EPSG:32638", "EPSG:32639"))  # fmt: skip
    return _known(str(text), "crs")


def _known(text: str, code: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError:
        raise Question(code, f"no coordinate system is known as {text[:80]!r}", ("EPSG:32638", "EPSG:32639")) from None


def _grid(point: shapely.Point, source: CRS, request: Request) -> CRS:
    """Return the grid whose north the bearings are from: the start points' own, or what was answered."""
    if source.is_projected:
        return source
    said = answer(request, "grid")
    if said is None:
        zone = min(int((point.x + 180) // 6) + 1, 60)
        message = "bearings from grid north need their grid: send it again with grid"
        raise Question("grid", message, (f"EPSG:{(32600 if point.y >= 0 else 32700) + zone}",))
    found = _known(said, "grid")
    if not found.is_projected:
        raise Question(
            "grid", f"{found.name} is no grid in metres: send it again with grid", ("EPSG:32638", "EPSG:32639")
        )
    return found


def _on_ellipsoid(start: tuple[float, float], bearings: np.ndarray, distances: np.ndarray) -> tuple[np.ndarray, float]:
    xy = [start]
    for bearing, distance in zip(bearings.tolist(), distances.tolist(), strict=True):
        lon, lat, _ = _GEOD.fwd(*xy[-1], bearing, distance)
        xy.append((lon, lat))
    return np.array(xy), float(_GEOD.inv(*xy[-1], *start)[2])


def _in_plane(
    start: tuple[float, float], bearings: np.ndarray, distances: np.ndarray, grid: CRS
) -> tuple[np.ndarray, float]:
    to = Transformer.from_crs("OGC:CRS84", grid, always_xy=True)
    unit = grid.axis_info[0].unit_conversion_factor or 1.0
    steps = np.column_stack([np.sin(np.radians(bearings)), np.cos(np.radians(bearings))]) * (distances / unit)[:, None]
    xy = np.vstack([[0.0, 0.0], np.cumsum(steps, axis=0)])
    ends = (xy + to.transform(*start)).T
    lonlat = np.column_stack(to.transform(ends[0], ends[1], direction="INVERSE"))
    return lonlat, float(np.hypot(*xy[-1]) * unit)


def _close(found: Found, place: int, xy: np.ndarray, gap: float, length: float) -> None:
    """Make the ring: an end within the tolerance is the start; one beyond it stays a turning point, and is named."""
    within = max(LEAST_M, SHARE * length)
    if gap > within:
        message = f"the traverse ends {gap:,.1f} m from its start after {length:,.0f} m; up to {within:,.1f} m is usual"
        found.notes.append((place, "traverse_closure", message))
        ring = np.vstack([xy, xy[:1]])
    else:
        if gap > 0.01:
            message = f"the traverse ended {gap:,.2f} m from its start; its end was put there"
            found.notes.append((place, "traverse_closed", message))
        ring = np.vstack([xy[:-1], xy[:1]])
    found.geometry[place] = shapely.Polygon(ring)
