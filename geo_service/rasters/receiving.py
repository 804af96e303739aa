"""A raster that comes: looked at in the cage, filed as a version of its name, or nothing."""

import datetime as dt
import json
import math
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from geo_service.balance import Refused
from geo_service.clock import Clock
from geo_service.rasters.register import FILE, FILED, Raster, versions
from geo_service.settings import Settings
from geo_service.store.errors import explained_files
from geo_service.store.log import Log
from layers.questions import Question, Unreadable
from layers.rasters.kinds import UNITS, Facts, Kind, Limits, Wish
from layers.rasters.sandbox import prepared
from layers.terrain.files import NoTerrain, digest
from layers.versions import as_date

ALWAYS = dt.date(1, 1, 1)
"""From when terrain describes the ground where nothing else is said."""

MOST_FILES = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ENDINGS = re.compile(r"(\.hgt)?\.(zip|tif|tiff|hgt)$", re.IGNORECASE)


@dataclass(frozen=True)
class Sent:
    """A raster as it is sent.

    Attributes:
        files: where they lie, under names that may be shown; several are tiles of one grid.
        name: what the raster is called; kind: what its numbers are.
        unit, source, valid_from, crs, nodata: said of it.
        class_names: what the classes of a land cover are called, by their number.
        author: who sends it.
    """

    files: Sequence[Path]
    name: str
    kind: str
    unit: str = ""
    source: str = ""
    valid_from: str | None = None
    crs: str | None = None
    nodata: float | None = None
    class_names: Mapping[str, str] = field(default_factory=dict)
    author: str = ""


Prepare = Callable[[Sequence[Path], Path, Wish], Facts]


def receive(log: Log, sent: Sent, settings: Settings, clock: Clock, prepare: Prepare = prepared) -> tuple[Raster, bool]:
    """File a raster as the next version of its name; return it, and whether it is new.

    Sending again what is filed already adds nothing. `prepare` makes it ready: in the cage, but for files of our own.

    Raises:
        Refused: its name, kind, unit or date is none that it can have.
        Unreadable: a file can't be read or used.
        Question: something must be answered first.
        StoreError: the disk is full, or may not be written.
    """
    kind, unit = _kind(sent.kind), sent.unit.strip()
    _check(sent)
    unit = _unit(kind, unit)
    before = [one for one in versions(log) if one.name == sent.name]
    if before and before[-1].kind is not kind:
        raise Refused(f"the raster {sent.name} is {before[-1].kind.value}: give what is {kind.value} another name")
    with tempfile.TemporaryDirectory(prefix="clearway-raster-") as folder, explained_files():
        told = [{"name": path.name[:200], "sha256": _digest(path)} for path in sent.files]
        said = {
            "kind": kind.value,
            "unit": unit,
            "source": sent.source.strip(),
            "files": told,
            "class_names": {str(k): str(v) for k, v in sent.class_names.items()},
            "crs": sent.crs,
            "nodata": sent.nodata,
        }
        same = next((one for one in before if _same(log, one, said, sent.valid_from)), None)
        if same:
            return same, False
        day = _day(sent, kind, settings.today(clock), known=bool(before))
        wish = Wish(
            kind=kind,
            unit=unit,
            crs=sent.crs,
            nodata=sent.nodata,
            limits=Limits(settings.raster_cells, settings.raster_megabytes * 1_000_000),
            tags={"name": sent.name, "kind": kind.value, "unit": unit, "source": said["source"]},  # type: ignore[dict-item]
        )
        out = Path(folder) / "made.tif"
        facts = prepare(sent.files, out, wish)
        body = said | {"valid_from": day.isoformat(), "facts": asdict(facts)}
        log.filing.add(FILED, sent.name, json.loads(json.dumps(body)), {FILE: out}, author=sent.author)
    return [one for one in versions(log) if one.name == sent.name][-1], True


def name_of(file: str) -> str:
    """Return the name that a file gives to its raster, where none is said."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", _ENDINGS.sub("", Path(file).name)).strip("-_")[:64]
    return plain or "raster"


def _check(sent: Sent) -> None:
    if not _NAME.fullmatch(sent.name):
        raise Refused(f"name: {sent.name[:70]!r} is no name of a raster: up to 64 letters (a-z), digits, - and _")
    if not 0 < len(sent.files) <= MOST_FILES:
        raise Refused(f"file: a raster is made of 1 to {MOST_FILES} files")
    if sent.nodata is not None and not math.isfinite(sent.nodata):
        raise Refused("nodata is a number; what is no number (NaN) means none by itself")
    if len(sent.source) > 1000 or len(sent.unit) > 40:
        raise Refused("source has up to 1,000 letters, unit up to 40")
    for number, called in sent.class_names.items():
        if not re.fullmatch(r"-?\d{1,9}", number) or not isinstance(called, str) or len(called) > 200:
            raise Refused('classes is a JSON object of numbers and names, such as {"40": "cropland"}')


def _kind(text: str) -> Kind:
    if text not in set(Kind):
        raise Refused(f"kind is one of {', '.join(Kind)}, not {text[:40]!r}")
    return Kind(text)


def _unit(kind: Kind, unit: str) -> str:
    known = UNITS.get(kind)
    if known and not unit and len(known) == 1:
        return known[0]
    if known and unit not in known:
        message = f"unit: what are the numbers of a raster of kind {kind.value}, {' or '.join(known)}?"
        raise Question("unit", message, known)
    return unit


def _day(sent: Sent, kind: Kind, today: dt.date, *, known: bool) -> dt.date:
    if not sent.valid_from:
        if known or kind is not Kind.terrain:
            why = (
                f"there is a raster {sent.name} already" if known else f"a raster of kind {kind.value} is of some date"
            )
            raise Refused(f"valid_from: {why}; say from when this one describes the ground")
        return ALWAYS
    try:
        day = as_date(sent.valid_from)
    except ValueError as error:
        raise Refused(f"valid_from: {error}") from None
    if day > today:
        raise Refused(f"valid_from is after today ({today.isoformat()})")
    return day


def _same(log: Log, one: Raster, said: Mapping[str, object], valid_from: str | None) -> bool:
    """Say whether a version holds what is sent again."""
    filed = log.filing.all(FILED, one.name)[one.version - 1]
    return all(filed.body[name] == value for name, value in said.items()) and (
        not valid_from or valid_from == one.valid_from.isoformat()
    )


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file that is sent, with what its name says where that counts."""
    if not path.is_file():
        raise Unreadable(f"{path.name}: there is no such file")
    try:
        return digest(path)
    except NoTerrain as error:
        raise Unreadable(str(error)) from None
