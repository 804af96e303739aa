"""An arrangement's tables in a file, so that a start does not work them out again.

The file holds what it was made from and by: the mark of the log's revision, how many versions it arranged, a
fingerprint of this code and its libraries, and a digest of itself. A file that does not fit in all of these is not
believed; whoever asks arranges anew.
"""

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from layers.coverage.arrangement import FRAMES, Arranged, Kind, registered
from layers.coverage.cells import by_block
from layers.coverage.cutting import isin_sorted
from layers.coverage.tables import NAMES, TYPES, Tables

_MAGIC = b"clearway arrangement\n"
_DIGEST = hashlib.sha256().digest_size


@cache
def fingerprint() -> str:
    """Return what changes whenever the code or a library that works cells out does."""
    digest = hashlib.sha256()
    for module in ("layers.coverage", "layers"):
        for one in sorted(files(module).iterdir(), key=lambda path: path.name):
            if one.name.endswith(".py"):
                digest.update(one.name.encode() + one.read_bytes())
    parts = (shapely.__version__, shapely.geos_version_string, np.__version__, pyproj.__version__)
    digest.update("|".join(parts).encode())
    return digest.hexdigest()


def keep(arrangement: Arranged, path: Path, mark: str) -> None:
    """Write an arrangement's tables to a file; it appears whole or not at all.

    Args:
        arrangement: whose tables.
        path: the file.
        mark: what its versions are: the same mark, the same versions.
    """
    about = {
        "fingerprint": fingerprint(),
        "mark": mark,
        "lengths": arrangement.lengths(),
        "planar": arrangement.planar,
        "size": arrangement.size,
        "borders": arrangement.borders,
    }
    out = io.BytesIO()
    out.write(_MAGIC + json.dumps(about).encode() + b"\n")
    for name in NAMES:
        np.lib.format.write_array(out, getattr(arrangement.tables, name), allow_pickle=False)
    content = out.getbuffer()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.write(hashlib.sha256(content).digest())
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def mark_of(path: Path) -> str | None:
    """Return the mark of the file, None where there is none that can be believed."""
    found = _read(path)
    return None if found is None else str(found[0]["mark"])


def kept(kind: type[Kind], frames: Mapping[str, gpd.GeoDataFrame], path: Path, mark: str) -> Kind | None:
    """Return the arrangement that a file holds, None where it holds another one or can't be believed.

    Args:
        kind: what to return.
        frames: the version frames that were arranged, in order of recording.
        path: the file.
        mark: the mark that it was written with.
    """
    found = _read(path)
    if found is None:
        return None
    about, tables = found
    lengths = [len(frames[name]) if name in frames else 0 for name in FRAMES]
    if about["mark"] != mark or about["lengths"] != lengths:
        return None
    bare = registered(kind, frames, planar=bool(about["planar"]), size=float(about["size"]))
    return replace(bare, blocks=_by_block(tables), borders=tuple(tuple(one) for one in about["borders"]))


def _by_block(tables: Tables) -> dict[int, Tables]:
    """Return tables block by block."""
    found = {}
    for block, cells in by_block(tables.cells["cell"]):
        part = {name: rows[isin_sorted(rows["cell"], cells)] for name, rows in tables.items()}
        found[block] = Tables(**part)
    return found


def _read(path: Path) -> tuple[dict[str, Any], Tables] | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    body, digest = content[:-_DIGEST], content[-_DIGEST:]
    if not body.startswith(_MAGIC) or hashlib.sha256(body).digest() != digest:
        return None
    start = body.index(b"\n", len(_MAGIC))
    about = json.loads(body[len(_MAGIC) : start])
    if about["fingerprint"] != fingerprint():
        return None
    rest = io.BytesIO(body[start + 1 :])
    tables = {name: np.lib.format.read_array(rest, allow_pickle=False) for name in NAMES}
    if any(tables[name].dtype != TYPES[name] for name in NAMES):
        return None
    return about, Tables(**tables)
