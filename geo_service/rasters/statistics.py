"""What a raster holds by district and near open ground: people, m2 of each class of land cover, heights; schools."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from geo_service import balance
from geo_service.api.dependencies import Service, tag_of
from geo_service.balance import Answer, Refused, View
from geo_service.rasters.reading import times_of
from geo_service.rasters.register import Raster, described, named
from geo_service.store.moments import text_of
from geo_service.surroundings.schools import schools_in
from layers.rasters.kinds import PEOPLE, Kind
from layers.rasters.near import within
from layers.rasters.zonal import Sums, sums

FARTHEST_KM = 20.0
MOST_DISTANCES = 10
OPEN = ("CHA", "SHA")

Zone = tuple[str | None, str | None, float | None]
"""A zone: the district's id and name (None: all), and within how many km of open ground (None: anywhere)."""


@dataclass(frozen=True)
class Asked:
    """What is asked: of which raster, whether by district, within which distances of open ground (km)."""

    raster: str
    by_district: bool
    near_km: tuple[float, ...]


def asked(raster: str, by: str | None, near: str | None) -> Asked:
    """Read a question; by district where it says nothing.

    Raises:
        Refused: `by` is not district, or `near` no distances.
    """
    if by not in {None, "", "district"}:
        raise Refused(f"by is district, not {str(by)[:40]!r}")
    try:
        distances = tuple(sorted({float(part) for part in near.split(",")})) if near else ()
    except ValueError:
        distances = (-1.0,)
    if len(distances) > MOST_DISTANCES or not all(0 < one <= FARTHEST_KM for one in distances):
        raise Refused(
            f"near is up to {MOST_DISTANCES} distances in km, above 0 and up to {FARTHEST_KM:g}, such as 0.5,1"
        )
    return Asked(raster, bool(by) or not distances, distances)


def figures(service: Service, seen: View, question: Asked, known_at: str | None) -> Answer:
    """Return what a raster holds at a view.

    Raises:
        NotFound: there is no such raster, or it does not hold then.
    """
    raster = _raster(service, seen, question.raster, known_at)
    seen = _knowing(service, seen, known_at)
    zones = _zones(seen, question)
    around = service.surroundings.at(seen)
    districts = seen.snapshot.in_force("districts", seen.as_of)
    schools = schools_in(around, districts, zones) if around else [{} for _ in zones]
    found = sums(
        service.copies.path(raster),
        raster.facts,
        {str(k): shape for k, (_, shape) in enumerate(zones)},
        by_class=raster.kind is Kind.land_cover,
    )
    settlements = seen.snapshot.in_force("settlements", seen.as_of)
    rows: list[dict[str, object]] = []
    for k, ((district, name, km), shape) in enumerate(zones):
        head: dict[str, object] = {"district": name, "district_id": district, "near_km": km}
        lived = _lived_in(settlements, shape) if km is not None else {}
        rows += [{**head, **row, **lived, **schools[k]} for row in _rows(raster, found[str(k)])]
    # Asked again with this time, the records and the raster are the same: neither changed up to it, and it knows both.
    known = max(seen.known_at, text_of(raster.recorded_at))
    return {
        **balance.times(seen),
        "known_at": known,
        "raster": described(raster),
        "notice": service.settings.sentences(seen.as_of.isoformat(), known),
        "note": "Within a distance of open ground means in it or within the distance: rows of larger distances hold "
        "those of smaller ones. What a raster has no value for is counted as m2 without values, never as 0. Schools "
        "are those that OpenStreetMap records; m2 of which no loaded extract tells are schools_not_known_m2.",
        "not_recorded": [] if around else ["schools"],
        "attribution": list(around.attribution) if around else [],
        "rows": rows,
    }


def tag_for(service: Service, seen: View, question: Asked, known_at: str | None, form: str) -> str:
    """Return the ETag of an answer: it changes with the records, the raster and the question."""
    raster = _raster(service, seen, question.raster, known_at)
    seen = _knowing(service, seen, known_at)
    about = (raster.name, raster.version, raster.sha256, service.surroundings.key(seen))
    return tag_of(seen, "statistics", question, about, service.settings, form)


def _raster(service: Service, seen: View, name: str, known_at: str | None) -> Raster:
    return named(service.log, name, times_of(service.settings, service.clock, seen.as_of.isoformat(), known_at))


def _knowing(service: Service, seen: View, known_at: str | None) -> View:
    """Return a view in which all surroundings that were filed up to now are known, where nobody pinned another time."""
    return seen if known_at else service.surroundings.now(seen)


def _zones(seen: View, question: Asked) -> list[tuple[Zone, shapely.Geometry]]:
    """Return the ground of each row, the rows of all districts last."""
    frame = seen.snapshot.in_force("districts", seen.as_of) if question.by_district else None
    wholes: list[tuple[float | None, shapely.Geometry | None]] = [(None, None)]
    if question.near_km:
        states = balance.zones(seen, ())
        ground = shapely.union_all(states.geometry.to_numpy()[states["state"].isin(OPEN).to_numpy()])
        wholes = [(km, within(ground, km * 1000)) for km in question.near_km]
    found: list[tuple[Zone, shapely.Geometry]] = []
    districts = () if frame is None else list(zip(frame["id"], frame["name"], frame.geometry, strict=True))
    if frame is not None and not districts and not question.near_km:
        raise Refused("there are no districts to sum up by: load some, or ask near open ground (near=0.5,1)")
    every = shapely.union_all([shape for *_, shape in districts])
    for km, whole in wholes:
        rest = whole
        for number, name, shape in districts:
            part = shape if whole is None else _polygons(shapely.intersection(whole, shape))
            found.append(((str(number), str(name), km), part))
        if districts and rest is not None:
            left = _polygons(shapely.difference(rest, every))
            if not shapely.is_empty(left):
                found.append((("", "", km), left))
        found.append(((None, None, km), every if whole is None else whole))
    return found


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Return what of a shape has area."""
    parts = shapely.get_parts(shape)
    flat = shapely.get_parts(parts) if len(parts) else parts
    return shapely.MultiPolygon([one for one in flat if one.geom_type == "Polygon" and one.area > 0])


def _rows(raster: Raster, one: Sums) -> list[dict[str, object]]:
    m2: dict[str, object] = {
        "area_m2": one.area_m2,
        "with_values_m2": one.with_values_m2,
        "without_values_m2": one.without_values_m2,
    }
    if raster.kind is Kind.population:
        people = one.total if raster.unit == PEOPLE else one.per_m2 / 1e6
        return [{**m2, "people": people if one.known else None}]
    if raster.kind is Kind.land_cover:
        names: Mapping[str, str] = raster.class_names
        return [
            {**m2, "class": number, "class_name": names.get(str(number), ""), "m2": found}
            for number, found in sorted(one.classes.items())
        ] or [{**m2, "class": None, "class_name": "", "m2": None}]
    suffix = "_m" if raster.kind is Kind.terrain else ""
    return [
        {
            **m2,
            f"lowest{suffix}": one.lowest if one.known else None,
            f"mean{suffix}": one.mean if one.known else None,
            f"highest{suffix}": one.highest if one.known else None,
        }
    ]


def _lived_in(settlements: gpd.GeoDataFrame, ground: shapely.Geometry) -> dict[str, object]:
    """Return the settlements that meet some ground, and the people who lived there as far as that is known."""
    if not len(settlements):
        return {"settlements": 0, "population_before": None, "population_not_known": 0}
    met = shapely.intersects(settlements.geometry.to_numpy(), ground)
    before = settlements["population_before"].to_numpy(dtype=np.float64, na_value=np.nan)[met]
    known = before[~np.isnan(before)]
    return {
        "settlements": int(met.sum()),
        "population_before": math.fsum(known) if len(known) else None,
        "population_not_known": len(before) - len(known),
    }
