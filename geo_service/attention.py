"""What a person must look at once new versions hold, found before they do."""

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_service.clock import Clock
from geo_service.nearby import POINTS, POLYGONS, drawn, touching, with_new
from geo_service.settings import Settings
from geo_service.store.snapshot import Snapshots
from layers.coverage import arrange
from layers.reading import Problem

LOOKED_AT = (*POLYGONS, *POINTS)
"""Layers whose changes can put something on the list that a person must look at."""


def looked_at(
    snapshots: Snapshots, layer: str, new: gpd.GeoDataFrame, settings: Settings, clock: Clock
) -> list[Problem]:
    """Return what a person must look at once these versions hold, as lines of the report with their m2."""
    if layer not in LOOKED_AT or not len(new):
        return []
    snapshot = snapshots.newest()
    frames = {name: snapshot.frames[name] for name in LOOKED_AT}
    frames[layer] = with_new(frames[layer], new, snapshot, clock)
    ids = set(new["id"])
    near = concerned(frames, layer, ids)
    if not any(map(len, near.values())):
        return []
    given = {name: frame if len(frame) else None for name, frame in near.items()}
    arrangement = arrange(
        given["hazards"], given["releases"], given["surveys"], incidents=given["incidents"], spots=given["spots"]
    )
    listed = arrangement.attention(settings.today(clock))
    rows = dict(zip(new["id"], new["source_row"], strict=True)) if "source_row" in new else {}
    found = []
    for one in listed.to_dict("records"):
        mine = one["layer"] == layer and one["id"] in ids
        if not mine and one["other"] not in ids:
            continue
        size = f", {one['m2']:,.1f} m2" if one["m2"] else ""
        other = f" and {one['other']}" if one["other"] else ""
        message = f"{one['message']}: {one['layer']} {one['id']}{other}{size}"
        row = int(rows[one["id"]]) if mine and one["id"] in rows else None
        found.append(Problem(row, str(one["id"]), "notice", str(one["code"]), message))
    return found


def concerned(frames: dict[str, gpd.GeoDataFrame], layer: str, ids: set[str]) -> dict[str, gpd.GeoDataFrame]:
    """Return the records that decide what must be looked at about some records of a layer.

    That is decided where they meet a release, a survey or a point, and by what else lies there. A hazard that meets
    none of these can only be listed for what became of itself, which takes more than one version.
    """
    mine = frames[layer][frames[layer]["id"].isin(ids)]
    if layer == "hazards":
        answers = {name: touching(frames[name], drawn(mine)) for name in ("releases", "surveys")}
        ground = np.concatenate([drawn(one) for one in answers.values()])
        over = touching(frames["hazards"], ground)
        changed = mine[mine["id"].duplicated(keep=False)]
        hazards = _either(frames["hazards"], over, changed)
    else:
        answers = {name: touching(frames[name], drawn(mine)) for name in ("releases", "surveys")}
        hazards = _either(frames["hazards"], touching(frames["hazards"], drawn(mine)))
    named = {name for names in answers["releases"]["hazards"] for name in names}
    hazards = _either(frames["hazards"], hazards, frames["hazards"][frames["hazards"]["id"].isin(named)])
    answers |= {layer: _either(frames[layer], answers[layer], mine)} if layer in answers else {}
    points = {name: touching(frames[name], drawn(answers["releases"])) for name in POINTS}
    return {"hazards": hazards, **answers, **points}


def _either(all_: gpd.GeoDataFrame, *some: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the versions that are in any of some parts of a frame, in the frame's order."""
    labels = set().union(*(one.index for one in some))
    return all_[all_.index.isin(labels)]
