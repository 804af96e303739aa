"""The page of one changeset: what it changes on a map, what becomes of the balance, its report, and the decision."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import shapely
from branca.element import MacroElement
from jinja2 import Template
from markupsafe import Markup

from geo_service import features
from geo_service.differences import MEASURED, Change, Difference
from geo_service.languages.speech import Speech
from geo_service.languages.written import label, words_for
from geo_service.maps.figure import Fixed, OfflineFigure, OfflineMap
from geo_service.maps.overview import DIGITS, script_json
from geo_service.maps.pages import SPOKEN, around_page, environment
from geo_service.settings import Settings
from geo_service.store.log import Changeset, ReportLine, Step
from layers.definitions import LAYERS

MOST = 1000
"""Changes, lines of the report and records around that one page carries; the largest come first."""

AROUND = ("districts", "releases", "hazards")

ROUND = 0.005
"""How much ground (degrees) the map shows around what changes, at the least: a point alone shows nothing around it."""

EDGE = 0.25
"""How far around the changes records are shown, as a part of their extent."""


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes:
        difference: what the changeset changes; lines: its report; history: its steps.
        records: layer -> records in force today.
        steps: (step, class) of each button.
        trouble: why the last step was not taken.
        may_edit: whether who looks may make changesets; four_eyes: that they can't approve this one.
    """

    difference: Difference
    lines: Sequence[ReportLine]
    history: Sequence[Step]
    records: Mapping[str, gpd.GeoDataFrame]
    settings: Settings
    notice: str
    today: dt.date
    steps: Sequence[tuple[str, str]]
    may_edit: bool
    four_eyes: bool
    trouble: str | None = None

    @property
    def changeset(self) -> Changeset:
        """The changeset."""
        return self.difference.changeset


class _Draw(MacroElement):
    """Hands the page's data to the script that draws it on Folium's map."""

    _template = Template(
        "{% macro script(this, kwargs) %}clearwayReview.draw({{ this._parent.get_name() }});{% endmacro %}"
    )


def review_page(shown: Shown, base: str, nonce: str, speech: Speech) -> str:
    """Return the page of a changeset in a language, linked to the service's own assets."""
    changes = largest(shown.difference.changes)
    near, lacking = around(shown.records, changes)
    figure = OfflineFigure("linked", base, nonce, language=speech.language)
    drawn = OfflineMap(
        scripts=("map.js", "say.js", "report.js", "review.js"),
        styles=("map.css", "review.css"),
        tiles=None,
        control_scale=False,
        height="100%",
        zoom_snap=0.25,
    )
    drawn.fit_bounds(_bounds(changes, shown.records))
    drawn.add_child(_Draw())  # type: ignore[no-untyped-call]
    figure.add_child(drawn)
    figure.header.add_child(Fixed(_head(shown, base, speech)), name="head")
    figure.html.add_child(Fixed(_panel(shown, changes, near, lacking, base=base, speech=speech)), name="panel")
    return figure.render()


def largest(changes: Sequence[Change]) -> list[Change]:
    """Return the changes of the most m2, as many as a page carries."""
    sizes = [
        -max(side.m2 for side in (one.before, one.after) if side) if one.before or one.after else 0.0 for one in changes
    ]
    return [changes[k] for k in np.argsort(sizes, kind="stable")[:MOST].tolist()]


def around(
    records: Mapping[str, gpd.GeoDataFrame], changes: Sequence[Change], most: int = MOST
) -> tuple[dict[str, gpd.GeoDataFrame], int]:
    """Return the records near the changes, of each layer the nearest `most`, and how many are left out.

    Returns:
        by layer the records; how many hazards and releases of the same box are not among them.
    """
    if not changes:
        return {name: records[name].iloc[: most if name == "districts" else 0] for name in AROUND}, 0
    shapes = np.array([one.shape for one in changes], dtype=object)
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    by = max(EDGE * max(east - west, north - south), 4 * ROUND)  # all that the map shows at first, whatever its form
    box = shapely.box(west - by, south - by, east + by, north + by)
    tree, found, lacking = shapely.STRtree(shapes), {}, 0
    for name in AROUND:
        frame = records[name]
        ground = frame.geometry.to_numpy()
        inside = np.flatnonzero(shapely.intersects(ground, box)) if len(frame) else np.zeros(0, dtype=np.int64)
        if len(inside) > most:
            _, distance = tree.query_nearest(ground[inside], return_distance=True, all_matches=False)
            lacking += len(inside) - most if name != "districts" else 0
            inside = np.sort(inside[np.argsort(distance, kind="stable")[:most]])
        found[name] = frame.iloc[inside]
    return found, lacking


def _bounds(changes: Sequence[Change], records: Mapping[str, gpd.GeoDataFrame]) -> list[list[float]]:
    shapes = [one.shape for one in changes] or list(records["districts"].geometry)
    if not shapes:
        return [[-60.0, -170.0], [70.0, 170.0]]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    by = max(0.15 * (east - west), 0.15 * (north - south), ROUND)
    return [[south - by, west - by], [north + by, east + by]]


def _head(shown: Shown, base: str, speech: Speech) -> str:
    template = Template(
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<title>{{ title }}</title><link rel="icon" href="{{ base }}/static/favicon.svg"/>',
        autoescape=True,
    )
    mark = "SYNTHETIC - " if shown.settings.synthetic else ""
    return str(template.render(title=f"{mark}{speech.t('changeset', id=shown.changeset.id)} - Clearway", base=base))


def _panel(  # noqa: PLR0913 - all of them are what the panel shows
    shown: Shown,
    changes: Sequence[Change],
    near: Mapping[str, gpd.GeoDataFrame],
    lacking: int,
    *,
    base: str,
    speech: Speech,
) -> str:
    total = len(shown.difference.changes)
    kinds = [one.diff for one in shown.difference.changes]
    page = environment(speech).get_template("changeset.html")
    return str(
        page.render(
            made=shown.changeset,
            balance=shown.difference.balance,
            changed_since=shown.difference.changed_since,
            moved=moved(shown.difference.balance),
            changes=changes,
            total=total,
            counts={kind: kinds.count(kind) for kind in ("added", "changed", "removed")},
            lines_total=len(shown.lines),
            history=shown.history,
            steps=shown.steps,
            may_edit=shown.may_edit,
            four_eyes=shown.four_eyes,
            review=shown.settings.review,
            trouble=shown.trouble,
            today=shown.today.isoformat(),
            notice=shown.notice,
            lacking=lacking,
            data=Markup(script_json(_data(shown, changes, near, speech))),  # noqa: S704 - escaped for its place by script_json
            **around_page(shown.settings, base, "review", speech, f"{base}/maps/review/{shown.changeset.id}"),
        )
    )


def moved(balance: Mapping[str, Any]) -> list[tuple[object, str, float, float, float]]:
    """Return the figures that change: district, state, before, after, change; the total first."""
    return [
        (row["district"], name, row["before"][name], row["after"][name], row["change"][name])
        for row in [balance["total"], *balance["rows"]]
        for name in MEASURED
        if abs(row["change"][name]) >= 0.001
    ]


def _data(
    shown: Shown, changes: Sequence[Change], near: Mapping[str, gpd.GeoDataFrame], speech: Speech
) -> dict[str, object]:
    layer = shown.changeset.layer
    return {
        "layer": layer,
        "language": speech.language,
        "words": words_for(speech, *SPOKEN, "diff_", "word_", "field_", "synthetic_data", "recorded_only", "zoom_"),
        "synthetic": shown.settings.synthetic,
        "labels": {
            name: {field.name: label(speech, field.label) for field in LAYERS[name].fields}
            | {"layer": label(speech, LAYERS[name].label)}
            for name in {*AROUND, layer}
        },
        "around": {name: drawn_records(near[name], name) for name in AROUND},
        "changes": [
            {
                "id": one.id,
                "diff": one.diff,
                "valid_from": one.valid_from,
                "before": _told(one.before.fields) if one.before else None,
                "after": _told(one.after.fields) if one.after else None,
                "was": _geometry(one.before.shape) if one.before else None,
                "g": _geometry(one.shape),
            }
            for one in changes
        ],
        "report": [
            {name: getattr(one, name) for name in ("row", "id", "level", "code", "message")}
            for one in shown.lines[:MOST]
        ],
        "report_lines": len(shown.lines),
    }


def _told(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value not in (None, [], "")}


def _geometry(shape: shapely.Geometry) -> orjson.Fragment:
    return orjson.Fragment(shapely.to_geojson(shapely.transform(shape, lambda xy: np.round(xy, DIGITS))))


def drawn_records(frame: gpd.GeoDataFrame, layer: str) -> list[dict[str, object]]:
    """Return records as a page's script draws them: `p` what they say, `g` their geometry."""
    kept = [_told(one) for one in features.properties(frame, layer)] if len(frame) else []
    return [{"p": one, "g": _geometry(shape)} for one, shape in zip(kept, frame.geometry, strict=True)]
