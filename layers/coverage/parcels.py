"""Portions of the work as files: GeoParquet partitioned by cells, which any engine on any machine can map over.

A folder holds a portion: `polygons.parquet` (GeoParquet), the versions of `hazards`, `releases` and `surveys`, the
`cells` to work out, and the `runs` of boundary in them with their `points`. What is read is what was written.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from layers import measure
from layers.coverage.cutting import Runs
from layers.coverage.portion import Portion
from layers.coverage.records import Hazards, Releases, Said, Says, Surveys, VersionSequence
from layers.coverage.register import DIGEST

SAID = ("hazards", "releases", "surveys")


def write(portion: Portion, folder: Path) -> None:
    """Write a portion to a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    crs = None if portion.planar else measure.LONLAT
    columns = {
        "layer": portion.layer,
        "shape": portion.shape,
        "record": np.concatenate([*portion.records, np.full((portion.layer == 3).sum(), -1, dtype=np.int64)]),
        "digest": portion.digests.astype(str),
    }
    gpd.GeoDataFrame(columns, geometry=portion.polygons, crs=crs).to_parquet(folder / "polygons.parquet", index=False)
    for name, numbers in zip(SAID, portion.numbers, strict=True):
        about = {"numbers": numbers.tolist()}
        _write(folder / f"{name}.parquet", _columns(getattr(portion, name)), about)
    runs = portion.runs
    _write(folder / "runs.parquet", {"cell": runs.cell, "polygon": runs.polygon, "begin": runs.begin[:-1]}, {})
    _write(folder / "points.parquet", {"x": runs.xy[:, 0], "y": runs.xy[:, 1]}, {})
    about = {"size": portion.size, "planar": portion.planar, "named": portion.named.tolist()}
    _write(folder / "cells.parquet", {"cell": portion.cells, "end": portion.ends}, about)


def read(folder: Path) -> Portion:
    """Read the portion that was written to a folder."""
    polygons = gpd.read_parquet(folder / "polygons.parquet")
    layer = polygons["layer"].to_numpy(np.int64)
    record = polygons["record"].to_numpy(np.int64)
    cells, about = _read(folder / "cells.parquet")
    said = {name: _read(folder / f"{name}.parquet") for name in SAID}
    runs, _ = _read(folder / "runs.parquet")
    points, _ = _read(folder / "points.parquet")
    return Portion(
        runs=Runs(
            runs["cell"],
            runs["polygon"],
            np.append(runs["begin"], len(points["x"])),
            np.column_stack([points["x"], points["y"]]),
        ),
        cells=cells["cell"],
        ends=cells["end"],
        size=float(about["size"]),
        planar=bool(about["planar"]),
        polygons=polygons.geometry.to_numpy(),
        digests=polygons["digest"].to_numpy(str).astype(DIGEST),
        layer=layer,
        shape=polygons["shape"].to_numpy(np.int64),
        records=tuple(record[layer == place] for place in range(len(SAID))),
        hazards=_said(Hazards, said["hazards"][0]),
        releases=_said(Releases, said["releases"][0]),
        surveys=_said(Surveys, said["surveys"][0]),
        numbers=tuple(np.array(found[1]["numbers"], dtype=np.int64) for found in said.values()),
        named=np.array(about["named"], dtype=np.int64),
    )


def _columns(says: Said) -> dict[str, NDArray[Any]]:
    """Return what versions say as columns; those of the versions themselves carry `version_` before their name."""
    own = {one.name: getattr(says, one.name) for one in fields(says) if one.name != "versions"}
    return {f"version_{name}": column for name, column in vars(says.versions).items()} | own


def _said(kind: type[Says], columns: Mapping[str, NDArray[Any]]) -> Says:
    seq = VersionSequence(**{one.name: columns[f"version_{one.name}"] for one in fields(VersionSequence)})
    return kind(versions=seq, **{one.name: columns[one.name] for one in fields(kind) if one.name != "versions"})


def _write(path: Path, columns: Mapping[str, NDArray[Any]], about: Mapping[str, object]) -> None:
    arrays = {
        name: pa.array([list(one) for one in column], pa.list_(pa.string())) if name == "named" else pa.array(column)
        for name, column in columns.items()
    }
    table = pa.table(arrays).replace_schema_metadata({"clearway": json.dumps(about)})
    pq.write_table(table, path)


def _read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    table = pq.read_table(path, partitioning=None)
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names if name != "named"}
    if "named" in table.column_names:
        named = np.empty(len(table), dtype=object)
        named[:] = [tuple(one) for one in table["named"].to_pylist()]
        columns["named"] = named
    return columns, json.loads(table.schema.metadata[b"clearway"])
