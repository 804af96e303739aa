"""Making a stranger's raster fit to keep: one grid, one band, true numbers, voids marked, a cloud-optimised GeoTIFF.

It runs in the cage (`layers.rasters.cage`): files are opened by the one driver that their first bytes call for, without
a look at files beside them. Numbers are neither resampled nor transformed: the raster stays in its own coordinates.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window

from layers.questions import Question, Unreadable
from layers.rasters.headers import Header, bounds_of, cell_m, header, refuse_large
from layers.rasters.kinds import MOST_CLASSES, Facts, Kind, Wish
from layers.terrain.elevation import HIGHEST_M, LOWEST_M
from layers.terrain.files import opened

Cells = NDArray[Any]
Bools = NDArray[np.bool_]

_STRIP = 2_048
"""Cells of a side of what is in memory at once; a whole number of tiles."""
_TILE = 512
_ALIGNED = 0.01
"""How far tiles of one grid may lie beside it, in cells."""
_ROUGH = 8
"""A terrain this many times smoother with its bytes swapped has them in the wrong order."""
_CLIFF_M = 500.0
"""No terrain rises by so much from one cell to the next throughout."""
_WIDER = {"uint8": "int16", "int8": "int16", "uint16": "int32", "int16": "int32"}
_SAMPLE = 1_000


@dataclass(frozen=True)
class _Part:
    """A file and where its first row and column lie in the whole."""

    head: Header
    row: int
    column: int


@dataclass(frozen=True)
class _Plan:
    """What is written: the grid, and how values and voids are kept."""

    parts: tuple[_Part, ...]
    transform: Affine
    width: int
    height: int
    dtype: str
    nodata: float | None


@dataclass
class _Seen:
    """What the cells held."""

    valid: int = 0
    lowest: float = np.inf
    highest: float = -np.inf
    classes: set[int] = field(default_factory=set)
    below: int = 0
    differ: int = 0
    steps: float = 0.0
    swapped: float = 0.0
    pairs: int = 0


def prepare(files: Sequence[Path], out: Path, wish: Wish) -> Facts:
    """Write one cloud-optimised GeoTIFF of one raster, or of the tiles of one grid.

    Args:
        files: GeoTIFF, or tiles of SRTM (.hgt, .hgt.zip).
        out: the file to write; a draft is written beside it.
        wish: what is wished of it.

    Raises:
        Unreadable: it can't be read or used; the message says what to do.
        Question: something must be answered first.
        layers.terrain.files.NoTerrain: a file is of another format, or damaged.
    """
    with ExitStack() as stack:
        heads = [header(stack.enter_context(opened(path)), path, wish) for path in files]
        plan = _planned(heads, wish)
        bounds = bounds_of(heads[0].name, heads[0].crs, plan.transform, plan.width, plan.height)
        draft, seen = out.with_suffix(".draft.tif"), _Seen()
        invented = next((text for one in heads if (text := one.dataset.tags().get("SYNTHETIC"))), "")
        try:
            _write(plan, draft, heads[0].crs.to_wkt(), wish, seen, invented)
            low, high = _finished(draft, out, wish, seen, heads[0].name)
        finally:
            draft.unlink(missing_ok=True)
    code = heads[0].crs.to_authority(min_confidence=100)
    return Facts(
        width=plan.width,
        height=plan.height,
        dtype=plan.dtype,
        nodata="nan" if plan.nodata is not None and np.isnan(plan.nodata) else plan.nodata,
        crs=":".join(code) if code else heads[0].crs.to_wkt(),
        transform=tuple(map(float, plan.transform))[:6],
        bounds=bounds,
        cell_m=cell_m(bounds, plan.width, plan.height),
        valid=seen.valid,
        lowest=seen.lowest,
        highest=seen.highest,
        low=low,
        high=high,
        classes=tuple(sorted(seen.classes)),
        notices=tuple(_notices(heads, seen)),
        synthetic=bool(invented),
    )


def _planned(heads: Sequence[Header], wish: Wish) -> _Plan:
    first = heads[0]
    parts, a, e = [], first.transform.a, first.transform.e
    for one in heads:
        right, down = (one.transform.c - first.transform.c) / a, (one.transform.f - first.transform.f) / e
        size = max(abs(one.transform.a / a - 1) * one.dataset.width, abs(one.transform.e / e - 1) * one.dataset.height)
        off = max(abs(right - round(right)), abs(down - round(down)), size)
        same = one.crs.equals(first.crs, ignore_axis_order=True) and one.dataset.dtypes == first.dataset.dtypes
        if off > _ALIGNED or not same or one.scaled != first.scaled:
            raise Unreadable(
                f"{one.name}: it is no tile of the grid of {first.name} (another coordinate system, cell size, type of "
                "numbers, or beside its lines). Send it under a name of its own."
            )
        parts.append(_Part(one, round(down), round(right)))
    top, left = min(one.row for one in parts), min(one.column for one in parts)
    height = max(one.row + one.head.dataset.height for one in parts) - top
    width = max(one.column + one.head.dataset.width for one in parts) - left
    parts = [_Part(one.head, one.row - top, one.column - left) for one in parts]
    dtype, nodata = _kept_as(heads, wish, gaps=len(parts) > 1)
    refuse_large("all files together", width, height, np.dtype(dtype).itemsize, wish.limits)
    north, west = first.transform.f + e * top, first.transform.c + a * left
    return _Plan(tuple(parts), Affine(a, 0, west, 0, e, north), width, height, dtype, nodata)


def _kept_as(heads: Sequence[Header], wish: Wish, *, gaps: bool) -> tuple[str, float | None]:
    """Return the type of what is kept, and the value in it that means none: one that no true number has."""
    dtype = str(heads[0].dataset.dtypes[0])
    if heads[0].scaled and not dtype.startswith("float"):
        return ("float32" if np.dtype(dtype).itemsize < 4 else "float64"), np.nan
    if dtype.startswith("float"):
        return dtype, np.nan
    if wish.kind is Kind.terrain:
        return "int16", -32768.0
    named = {one.nodata for one in heads}
    if len(named) == 1 and len(heads[0].nodata) == 1:
        return dtype, heads[0].nodata[0]
    if not gaps and named == {()}:
        return dtype, None
    wider = _WIDER.get(dtype)
    return (wider, float(np.iinfo(wider).min)) if wider else ("float64", np.nan)


def _write(plan: _Plan, path: Path, crs: str, wish: Wish, seen: _Seen, invented: str) -> None:  # noqa: PLR0913, PLR0917
    profile = {
        "driver": "GTiff", "height": plan.height, "width": plan.width, "count": 1, "dtype": plan.dtype, "crs": crs,
        "transform": plan.transform, "nodata": plan.nodata, "tiled": True, "blockxsize": _TILE, "blockysize": _TILE,
        "compress": "lzw", "bigtiff": "if_safer", "sparse_ok": True,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as copy:
        copy.update_tags(**(wish.tags or {}), **({"SYNTHETIC": invented} if invented else {}))
        for window in _windows(plan):
            values, known = _whole(plan, window, wish, seen)
            _look(values[known], wish, seen)
            copy.write(values, 1, window=window)


def _whole(plan: _Plan, window: Window, wish: Wish, seen: _Seen) -> tuple[Cells, Bools]:
    """Return the cells of a window of the whole, and which of them have a value."""
    shape = (int(window.height), int(window.width))
    values = np.full(shape, 0 if plan.nodata is None else plan.nodata, dtype=plan.dtype)
    known = np.zeros(shape, dtype=bool)
    for part in plan.parts:
        height, width = part.head.dataset.height, part.head.dataset.width
        top, left = max(int(window.row_off), part.row), max(int(window.col_off), part.column)
        bottom = min(int(window.row_off) + shape[0], part.row + height)
        right = min(int(window.col_off) + shape[1], part.column + width)
        if top >= bottom or left >= right:
            continue
        inside = Window(left - part.column, top - part.row, right - left, bottom - top)
        found, has = _read(part.head, inside, wish, plan, seen)
        place = (slice(top - int(window.row_off), bottom - int(window.row_off)),
                 slice(left - int(window.col_off), right - int(window.col_off)))  # fmt: skip
        both = known[place] & has
        seen.differ += int((values[place][both] != found[both]).sum())
        new = has & ~known[place]
        values[place][new] = found[new]
        known[place] |= has
    return values, known


def _read(head: Header, window: Window, wish: Wish, plan: _Plan, seen: _Seen) -> tuple[Cells, Bools]:
    """Return cells of one file as true numbers, and which have a value; rows from north to south."""
    data = head.dataset
    if head.flipped:
        window = Window(window.col_off, data.height - window.row_off - window.height, window.width, window.height)
    raw = data.read(1, window=window)
    if head.flipped:
        raw = raw[::-1]
    void = np.zeros(raw.shape, dtype=bool)
    for none in head.nodata:
        void |= raw == raw.dtype.type(none)
    if raw.dtype.kind == "f":
        void |= ~np.isfinite(raw)
    if wish.kind is Kind.terrain and raw.dtype.kind in "iu" and raw.dtype.itemsize == 2:
        _steps(raw, void, seen)
    if head.scaled:
        raw = raw.astype(np.float64) * data.scales[0] + data.offsets[0]
    if wish.kind is Kind.terrain:
        with np.errstate(invalid="ignore"):
            void |= ~((raw >= LOWEST_M) & (raw <= HIGHEST_M))
        raw = np.where(void, 0, raw)
    return raw.astype(plan.dtype), ~void


def _steps(raw: Cells, void: Bools, seen: _Seen) -> None:
    """Add up how far neighbours lie from each other, as the numbers stand and with their bytes swapped."""
    # A void of the usual kind, with its bytes swapped, is 128.
    out = void | (raw == 128) | (raw.byteswap() == 128)
    pair = ~(out[:, 1:] | out[:, :-1])
    seen.pairs += int(pair.sum())
    seen.steps += _far(raw, pair)
    seen.swapped += _far(raw.byteswap(), pair)


def _far(raw: Cells, pair: Bools) -> float:
    return float(np.abs(np.diff(raw.astype(np.float64), axis=1))[pair].sum())


def _look(values: Cells, wish: Wish, seen: _Seen) -> None:
    if not len(values):
        return
    seen.valid += len(values)
    seen.lowest, seen.highest = min(seen.lowest, float(values.min())), max(seen.highest, float(values.max()))
    if wish.kind is Kind.population:
        seen.below += int((values < 0).sum())
    if wish.kind is Kind.land_cover and len(seen.classes) <= MOST_CLASSES:
        found = np.unique(values)
        if (found != np.floor(found)).any():
            raise Unreadable("a land cover has whole numbers, one per class; these are fractions. Load it as other.")
        seen.classes |= set(found[: MOST_CLASSES + 1].astype(np.int64).tolist())


def _finished(draft: Path, out: Path, wish: Wish, seen: _Seen, name: str) -> tuple[float, float]:
    """Refuse what turned out to be nothing; write the file that is kept; return its 2nd and 98th percentile."""
    if seen.steps > _CLIFF_M * seen.pairs and seen.swapped * _ROUGH < seen.steps:
        raise Unreadable(
            f"{name}: its numbers make sense only with their two bytes swapped. Write the file anew in the right byte "
            "order (an .hgt tile has the high byte first)."
        )
    if not seen.valid:
        raise Unreadable(f"{name}: none of its cells has a value. Look whether it is the right file, and its nodata.")
    if seen.below:
        message = (
            f"{name}: {seen.below:,} cells have fewer than 0 people, down to {seen.lowest:g}: if that means none, "
            "send it again with nodata"
        )
        raise Question("nodata", message, (f"{seen.lowest:g}",))
    if len(seen.classes) > MOST_CLASSES:
        raise Unreadable(f"{name}: more than {MOST_CLASSES} classes are no land cover. Load it as other.")
    method = "mode" if wish.kind is Kind.land_cover else "average"
    rasterio.shutil.copy(
        draft, out, driver="COG", compress="deflate", predictor="yes", blocksize=_TILE, bigtiff="if_safer",
        overviews="ignore_existing", overview_resampling=method, num_threads="1", sparse_ok="yes",
    )  # fmt: skip
    with opened(out) as made:
        shape = (min(made.height, _SAMPLE), min(made.width, _SAMPLE))
        sample = made.read(1, out_shape=shape, masked=True).compressed()
    if not len(sample):
        return seen.lowest, seen.highest
    low, high = np.percentile(sample.astype(np.float64), [2, 98])
    return float(low), float(high)


def _notices(heads: Sequence[Header], seen: _Seen) -> Iterator[str]:
    if any(one.flipped for one in heads):
        yield "its rows ran from south to north and were turned round; no value changed"
    if any(one.scaled for one in heads):
        yield "its numbers were multiplied and shifted as the file says, so that they are true ones"
    if seen.differ:
        yield f"{seen.differ:,} cells that lie in two files differ there; those of the file named first were kept"


def _windows(plan: _Plan) -> Iterator[Window]:
    for top in range(0, plan.height, _STRIP):
        for left in range(0, plan.width, _STRIP):
            yield Window(left, top, min(_STRIP, plan.width - left), min(_STRIP, plan.height - top))
