"""The page of access: settlements that are reached from where people wait, what bars the way, what to clear first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
import shapely

from geo_service.access.public import FullRecords
from geo_service.balance import View
from geo_service.languages.speech import Speech
from geo_service.maps.figures import extent
from geo_service.maps.named import Named, named
from geo_service.maps.routes import one_named
from geo_service.maps.served import WORLD
from geo_service.maps.tiled import Around, tiled_page
from geo_service.travel.tracks import COLOURS, DASHES
from layers.roads.classes import HARD, Evidenced
from layers.roads.rules import Mode

FORM = {"site": "", "place": "", "mode": "car", "as_of": "", "known_at": ""}
"""The fields of the form, empty: `place` goes before `site`."""

VERDICTS = ("no_go", "insufficient_information", "go_with_conditions")
"""The verdicts on reaching a settlement, the worst first."""

RULES = ("smallest_area_first", "most_people_per_m2", "nearest_first", "shared_ground_first", "local_search")

SAID = (
    "plan_working", "plan_refused", "plan_rights", "plan_value", "plan_proven", "plan_bound", "plan_nothing",
    "plan_next", "plan_smallest", "plan_order", "plan_col_order", "plan_col_hazard", "plan_col_m2", "plan_col_days",
    "plan_col_opens", "plan_opens", "plan_opens_none", "plan_days", "plan_chart", "plan_chart_said", "plan_at_once",
    "plan_never", "plan_rules", "plan_col_rule", "plan_col_value", "plan_col_times", "show_on_map", "open_record",
    "show_way", "plan_past",
    *(f"rule_{one}" for one in RULES),
)  # fmt: skip
"""What the script of the plan says."""


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes:
        fields: the form as it was filled in; sites: ids and names of the displacement sites in force.
        rows: a row per settlement (`geo_service.travel.reach.reachable`), none where there is trouble.
        summary: settlements and people by verdict; trouble: why there are no rows.
        historical: it describes another day or an earlier knowledge.
    """

    fields: Mapping[str, str]
    sites: Sequence[tuple[str, str]]
    rows: Sequence[Mapping[str, Any]]
    summary: Mapping[str, Mapping[str, int]]
    trouble: str | None
    historical: bool


def sites_in(seen: View) -> list[tuple[str, str]]:
    """Return the displacement sites in force, id and name, in order of name."""
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    sites = frame[(frame["kind"] == "displacement_site").to_numpy(dtype=bool, na_value=False)]
    return sorted(
        zip(sites["id"].astype(str), sites["name"].astype(str), strict=True),
        key=lambda one: (one[1].casefold(), one[0]),
    )


def access_page(shown: Shown, around: Around) -> str:
    """Return the page, linked to the service's own assets."""
    speech, seen = around.speech, around.seen
    barring = {id_ for row in shown.rows for id_ in row["hazards"]}
    points = {id_ for row in shown.rows for id_ in row["points"]}
    records = {**named(seen, points, "points"), **named(seen, barring, "hazards")}
    ordered = sorted(shown.rows, key=lambda row: (row["reached"], -row["people_waiting"], row["name"].casefold()))
    fields = {**FORM, **shown.fields}
    return tiled_page(
        around,
        "access",
        _box(seen),
        _data(shown, around, records, ordered),
        {
            "shown": shown,
            "fields": fields,
            "sites": shown.sites,
            "modes": [one.value for one in Mode],
            "verdicts": VERDICTS,
            "summary": shown.summary,
            "rows": [_row(speech, row, records, fields) for row in ordered],
            "waiting": [row for row in ordered if row["people_waiting"] > 0],
            "classes": [kind.name for kind in Evidenced if kind > HARD],
            "colours": COLOURS,
            "dashes": DASHES,
        },
    )


def _box(seen: View) -> list[float]:
    """Return the box of all that is recorded and of all settlements (west, south, east, north in degrees)."""
    boxes = [extent(seen, FullRecords()), seen.snapshot.in_force("settlements", seen.as_of).total_bounds.tolist()]
    known = np.array([one for one in boxes if one is not None and np.isfinite(one).all()])
    return [*known[:, :2].min(axis=0).tolist(), *known[:, 2:].max(axis=0).tolist()] if len(known) else list(WORLD)


def _row(
    speech: Speech, row: Mapping[str, Any], records: Mapping[str, Named], fields: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the table says of a settlement, as text beside the figures that it is sorted by."""
    reached = row["reached"]
    way = {
        "from": row["site"],
        "to": row["settlement"],
        **{name: fields[name] for name in ("mode", "as_of", "known_at") if fields[name]},
        "lang": speech.language,
    }
    unproven = row["m2"] is not None and not row["proven"]
    return {
        "id": row["settlement"],
        "name": row["name"],
        "waiting": speech.number(row["people_waiting"]),
        "verdict": row["verdict"],
        "verdict_said": speech.of("verdict", row["verdict"]),
        "worst": speech.t(f"class_{row['worst']}") if row["worst"] else "",
        "why": "" if reached or not row["reason"] else speech.of("short", row["reason"].lower()),
        "time": speech.time(row["duration_s"]) if reached else "",
        "length": speech.metres(row["length_m"]) if reached else "",
        "rest": speech.t("rest_m", distance=speech.metres(row["road_m"])) if row["road_m"] >= 1 else "",
        "hazards": [one_named(speech, id_, records) for id_ in row["hazards"]],
        "points": [one_named(speech, id_, records) for id_ in row["points"]],
        "m2": "" if row["m2"] is None else speech.number(row["m2"]),
        "bound": speech.t("least_unproven", area=speech.area(row["bound_m2"])) if unproven else "",
        "way": urlencode(way),
        "barred": not reached,
        "sort": {
            "name": row["name"],
            "waiting": row["people_waiting"],
            "verdict": VERDICTS.index(row["verdict"]) if row["verdict"] in VERDICTS else -1,
            "worst": int(Evidenced[row["worst"]]) if row["worst"] else -1,
            "time": row["duration_s"] if reached else "",
            "length": row["length_m"] if reached else "",
            "bars": len(row["hazards"]) + len(row["points"]),
            "m2": "" if row["m2"] is None else row["m2"],
        },
    }


def _data(
    shown: Shown, around: Around, records: Mapping[str, Named], rows: Sequence[Mapping[str, Any]]
) -> dict[str, object]:
    seen, speech, fields = around.seen, around.speech, {**FORM, **shown.fields}
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    shapes = shapely.point_on_surface(frame.geometry.to_numpy())
    at = dict(zip(frame["id"].astype(str), np.round(shapely.get_coordinates(shapes), 6).tolist(), strict=True))
    return {
        "settlements": [
            {
                "id": row["settlement"],
                "name": row["name"],
                "at": at[row["settlement"]],
                "verdict": row["verdict"],
                "said": f"{row['name']}: {speech.of('verdict', row['verdict'])}",
                "colour": COLOURS[row["worst"]] if row["worst"] else "#FFFFFF",
            }
            for row in rows
        ],
        "sites": [{"id": id_, "name": name, "at": at[id_]} for id_, name in shown.sites],
        "named": {
            key: {"layer": one.layer, "id": one.id, "box": one.box, "at": one.at, "address": one.address}
            for key, one in records.items()
        },
        "ask": {
            "site": fields["place"].strip() or fields["site"] or None,
            "mode": fields["mode"],
            "as_of": fields["as_of"] or None,
            "known_at": fields["known_at"] or None,
        },
        "historical": shown.historical,
        "say": {key: speech.t(key) for key in SAID},
    }
