"""The answer about return: components apart, and an index only by weights that somebody gives."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson
import shapely

from geo_service import formats
from geo_service.balance import Refused, View
from geo_service.languages.speech import Speech
from geo_service.returning.components import COMPONENTS, DISTANCES_M, Asked, Components
from geo_service.returning.nearest import REACH_M
from geo_service.settings import Settings
from geo_service.travel import reach
from layers.returning.index import BY, Moved, Ranked, ranked

PARTS = ("returning",)
"""The catalogue that holds the words of this answer."""

Weights = Mapping[str, float]

STANDING = MappingProxyType(
    {
        "water 500 m": "water_open_500_m2",
        "water 1 km": "water_open_1000_m2",
        "school 500 m": "school_open_500_m2",
        "school 1 km": "school_open_1000_m2",
    }
)
"""Columns of the table for people where schools and water points are known."""

WAY = ("reached", "verdict", "worst", "site", "length_m", "road_m", "reason", "hazards", "points")
"""What a flat row says of access."""


def weights_of(text: str | None) -> dict[str, float]:
    """Return the weights that a JSON object names, in order of component; none where there is no text.

    Raises:
        Refused: it is no such object; the message names the component.
    """
    if text is None or not text.strip():
        return {}
    shape = 'weights: a JSON object of component and number, such as {"open_500_m2": 1, "people_waiting": 2}'
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Refused(shape) from None
    if not isinstance(found, dict):
        raise Refused(shape)
    return checked(found)


def weights_given(pairs: Sequence[str]) -> dict[str, float]:
    """Return the weights that pairs NAME=VALUE name.

    Raises:
        Refused: one is no such pair, or names a component twice.
    """
    found: dict[str, float] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        try:
            number = float(value) if equals else math.nan
        except ValueError:
            number = math.nan
        if math.isnan(number):
            raise Refused(f"--weights is NAME=VALUE, such as open_500_m2=1, not {pair[:60]}")
        if name.strip() in found:
            raise Refused(f"--weights: {name.strip()[:40]} is given twice")
        found[name.strip()] = number
    return checked(found)


def checked(weights: Mapping[str, Any]) -> dict[str, float]:
    """Return weights in the order of the components.

    Raises:
        Refused: there is no such component, or a weight is no number, 0 or too large.
    """
    for name, value in weights.items():
        if name not in COMPONENTS:
            raise Refused(f"weights: there is no component {name[:40]}; there are {', '.join(COMPONENTS)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 1e-9 <= abs(value) <= 1e9:
            raise Refused(
                f"weights: {name} needs a number from 1e-9 to 1e9, or below 0; to leave it out, do not name it"
            )
    return {name: float(weights[name]) for name in COMPONENTS if name in weights}


def answered(found: Components, seen: View, settings: Settings, asked: Asked, weights: Weights) -> dict[str, Any]:
    """Return the answer.

    `settlements` holds a row each, the first of an index first, else in order of id. `index` is None without weights.
    """
    made = ranked(found.table(), weights) if weights else None
    rows = [dict(row) for row in found.rows]
    if made is not None:
        for row, value, rank in zip(rows, made.value.tolist(), made.rank.tolist(), strict=True):
            row |= {"index": value if rank else None, "rank": rank or None}
        last = len(rows) + 1
        rows.sort(key=lambda row: row["rank"] or last)
    said = reach.about(seen, settings, asked.mode)
    return {
        **said,
        "site": asked.site,
        "coverage_gap": found.gap,
        "attribution": list(found.attribution),
        "distances_m": list(DISTANCES_M),
        "components": dict(COMPONENTS),
        "not_recorded": list(found.not_recorded),
        "reach_m": REACH_M,
        "access_not_assessed": found.access_trouble,
        "summary": summary(found.rows),
        "index": None if made is None else told(made, found, weights),
        "settlements": rows,
    }


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how many settlements there are, how they are reached, and how many people wait where that is recorded."""
    waiting = [row["people_waiting"] for row in rows if row["people_waiting"] is not None]
    ways = [row["access"] for row in rows if row["access"] is not None]
    return {
        "settlements": len(rows),
        "reached": sum(way["reached"] for way in ways),
        "not_reached": sum(not way["reached"] for way in ways),
        "access_not_assessed": len(rows) - len(ways),
        "people_waiting": sum(waiting) if waiting else None,
        "people_not_recorded": len(rows) - len(waiting),
    }


def told(made: Ranked, found: Components, weights: Weights) -> dict[str, Any]:
    """Return what is said of an index: weights, scale, who is not ranked, how far it hangs on each weight."""
    return {
        "weights": dict(weights),
        "scale": {name: [None if math.isnan(one) else one for one in ends] for name, ends in made.scale.items()},
        "ranked": int((made.rank > 0).sum()),
        "not_assessed": [
            {"settlement": row["settlement"], "name": row["name"], "missing": list(lacking)}
            for row, lacking in zip(found.rows, made.lacking, strict=True)
            if lacking
        ],
        "sensitivity": [
            {
                "component": one.component,
                "factor": one.factor,
                "rank_correlation": one.correlation,
                "stay": one.stay,
                "of": one.of,
            }
            for one in made.moved
        ],
        "sentence": sentence(made.moved, Speech("en", PARTS)),
    }


def sentence(moved: Sequence[Moved], speech: Speech) -> str:
    """Return how far the order hangs on the weights, in words."""
    known = [one for one in moved if one.correlation is not None]
    if not moved[0].of:
        return speech.t("return_none_ranked")
    if not known:
        return speech.t("return_no_order")
    if len({one.component for one in moved}) == 1:
        return speech.t("return_one_weight")
    by = f"{100 * BY:.0f}"
    loosest = min(known, key=lambda one: (one.correlation or 0.0, one.stay))
    fewest = min(moved, key=lambda one: one.stay)
    return speech.t(
        "return_sensitivity",
        by=by,
        correlation=speech.number(math.floor(1000 * (loosest.correlation or 0.0)) / 1000, 3),
        stay=fewest.stay,
        of=fewest.of,
        component=speech.t(f"return_c_{loosest.component}"),
        moved=speech.t("return_less" if loosest.factor < 1 else "return_more", by=by),
    )


def flat(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of an answer with a plain value in each column, as tables hold them."""
    rows = []
    for row in answer["settlements"]:
        way = row["access"] or {}
        rows.append(
            {
                **{k: v for k, v in row.items() if k not in {"access", "missing"}},
                **{name: _joined(way.get(name)) for name in WAY},
                "missing": ";".join(f"{name}: {why}" for name, why in row["missing"].items()),
                "as_of": answer["as_of"],
                "known_at": answer["known_at"],
            }
        )
    return rows


def _joined(value: object) -> object:
    return ";".join(map(str, value)) if isinstance(value, list) else value


def to_geojson(answer: Mapping[str, Any], found: Components) -> bytes:
    """Return the rows as a GeoJSON collection (RFC 7946) with the settlements' geometries."""
    ids = [row["settlement"] for row in found.rows]
    shapes = dict(zip(ids, shapely.to_geojson(found.shapes.to_numpy()).tolist(), strict=True))
    features = [
        {
            "type": "Feature",
            "id": row["settlement"],
            "properties": row,
            "geometry": orjson.Fragment(shapes[row["settlement"]]),
        }
        for row in answer["settlements"]
    ]
    about = {name: value for name, value in answer.items() if name != "settlements"}
    return orjson.dumps({"type": "FeatureCollection", **about, "features": features})


def to_text(answer: Mapping[str, Any]) -> str:
    """Return the answer as a table for people, and what is said of it."""
    lines = []
    if answer["synthetic"]:
        lines.append("SYNTHETIC: invented data, no real place\n")
    if answer["coverage_gap"]:
        lines.append("COVERAGE GAP: this date lies before the first record; nothing is known of the ground then.\n")
    index = answer["index"]
    columns = {
        "open 500 m": "open_500_m2",
        "open 1 km": "open_1000_m2",
        "road 500 m": "road_open_500_m2",
        "road 1 km": "road_open_1000_m2",
        **({} if answer["not_recorded"] else STANDING),
        "clear m2": "clear_m2",
        "before": "population_before",
        "returned": "returned",
        "waiting": "people_waiting",
    }
    rows = []
    for row in answer["settlements"]:
        ranked_as = {} if index is None else {"rank": str(row["rank"] or "-")}
        told_row = {"settlement": row["settlement"], "name": row["name"]}
        figures = {title: _figure(row[name], row["missing"].get(name)) for title, name in columns.items()}
        way = row["access"] or {"verdict": "not assessed", "worst": None, "reason": None}
        rows.append(
            {**ranked_as, **told_row, "access": way["verdict"], "by": way["worst"] or way["reason"] or "", **figures}
        )
    lines.append(formats.to_table(rows).rstrip("\n"))
    if answer["not_recorded"]:
        lines.append("\nWater and school: not recorded. Load them with the roads: clearway roads FILE.osm.pbf.")
    else:
        far = f"{answer['reach_m'] / 1000:g}"
        lines.append(f"\nWater and school: around the nearest recorded one within {far} km of the settlement.")
    lines.append("Open ground in m2; 0 is no recorded open ground, not its absence.")
    if answer["access_not_assessed"]:
        lines.append(f"Access was not assessed: {answer['access_not_assessed']}")
    if index is not None:
        lines.append(index["sentence"])
        lines += [
            f"not ranked, {one['settlement']} {one['name']}: not assessed in {', '.join(one['missing'])}"
            for one in index["not_assessed"]
        ]
    lines.append(f"as of {answer['as_of']}, known at {answer['known_at']} (revision {answer['revision']})")
    lines += answer["attribution"]
    return "\n".join([*lines, answer["notice"]]) + "\n"


def _figure(value: float | None, missing: str | None) -> str:
    """Return a figure as text, or why there is none; ground that is there never reads as none."""
    if value is None:
        return (missing or "").replace("_", " ")
    return "<1" if 0 < value < 1 else f"{value:,.0f}"
