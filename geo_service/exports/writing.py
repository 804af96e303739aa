"""An export to its place: in one form of several, whole or not at all."""

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from geo_service.balance import Refused
from geo_service.exports.content import Content
from geo_service.exports.readme import readme
from geo_service.store.log import Progress

Writer = Callable[..., dict[str, int]]

MAX_ZOOM = 14
"""The zoom that tiles go up to where nothing else is asked for."""

MOST_TILES = 4_000_000
"""Tiles that an archive may have; more are refused before the first is drawn."""


@dataclass(frozen=True)
class Form:
    """A form of export.

    Attributes:
        module: what writes it, imported when it is wanted.
        suffix: what its files end with.
        media_type: of what is sent over HTTP, a zip where there are several files.
        files: whether it is several files, one per layer, which stand in a folder or a zip with a README.txt.
    """

    module: str
    suffix: str
    media_type: str
    files: bool

    @property
    def sent_as(self) -> str:
        """What the name of one file with all of it ends with."""
        return ".zip" if self.files else self.suffix


FORMS = {
    "gpkg": Form("geopackage", ".gpkg", "application/geopackage+sqlite3", files=False),
    "geojson": Form("geojson", ".geojson", "application/zip", files=True),
    "csv": Form("table", ".csv", "application/zip", files=True),
    "shp": Form("shapefile", ".shp", "application/zip", files=True),
    "kml": Form("kml", ".kml", "application/vnd.google-earth.kml+xml", files=False),
    "parquet": Form("parquet", ".parquet", "application/zip", files=True),
    "pmtiles": Form("pmtiles", ".pmtiles", "application/vnd.pmtiles", files=False),
}
"""The forms of an export by name."""

README = "README.txt"


def form_of(out: Path, named: str | None) -> str:
    """Return the form of an export: the one that is named, else by the end of the file's name.

    Raises:
        Refused: there is no such form, or the name and the form do not go together.
    """
    if named is not None and named not in FORMS:
        raise Refused(f"--format is one of {', '.join(FORMS)}, not {named}")
    suffix = out.suffix.lower()
    if suffix in {"", ".zip"}:
        return named or ("geojson" if not suffix else "shp")
    form = next((name for name, one in FORMS.items() if one.suffix == suffix), None)
    if form is None or (named or form) != form:
        endings = ", ".join(f"OUT{one.suffix}" for one in FORMS.values() if one.suffix != ".shp")
        raise Refused(f"an export is written as {endings}, OUT.zip or into a folder, not as {named or ''} {out.name}")
    if form == "shp":
        raise Refused(f"shapefiles are several files: name a folder or a zip, such as {out.stem}.shp.zip --format shp")
    return form


def write(  # noqa: PLR0913
    out: Path, form: str, content: Content, progress: Progress, *, max_zoom: int = MAX_ZOOM, most: int = MOST_TILES
) -> dict[str, int]:
    """Write an export to a file, a zip or a folder; return how many records of each layer it holds.

    What was there under these names is replaced when all of the new is written.

    Args:
        out: the place; form: as `form_of` returns it.
        content: what is exported.
        progress: is told how far it is.
        max_zoom: the highest zoom of tiles; most: how many tiles there may be.

    Raises:
        Refused: it can't be written so.
        geo_service.exports.content.Incomplete: it would not hold all that is stored.
    """
    known = FORMS[form]
    suffix = out.suffix.lower()
    into = out / f"clearway{known.suffix}" if not suffix and not known.files else out
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        with _beside(into) as folder:
            if not known.files:
                made = folder / into.name if suffix != ".zip" else folder / f"clearway{known.suffix}"
                written = _writer(known)(made, content, progress, **_options(form, max_zoom, most))
                counts = content.check(written, tiled=form == "pmtiles")
                _put([made], into, folder, packed=suffix == ".zip")
                return counts
            parts = folder / "parts"
            parts.mkdir()
            counts = content.check(_files(known, parts, content, progress, single=suffix == known.suffix))
            _put(sorted(parts.iterdir()), into, folder, packed=suffix == ".zip", single=suffix == known.suffix)
            return counts
    except OSError as error:
        raise Refused(f"{out.name} can't be written: {error.strerror or error}") from None


def _options(form: str, max_zoom: int, most: int) -> dict[str, int]:
    return {"max_zoom": max_zoom, "most": most} if form == "pmtiles" else {}


def _writer(form: Form) -> Writer:
    found: Writer = import_module(f"geo_service.exports.{form.module}").write
    return found


def _files(form: Form, folder: Path, content: Content, progress: Progress, *, single: bool) -> dict[str, int]:
    """Write the files of a form and what is to be read with them.

    Raises:
        Refused: one file is wanted and there are several layers.
    """
    if single and len(content.layers) != 1:
        raise Refused(
            f"one {form.suffix} file holds one layer: name it with --layers, such as --layers hazards, or name a "
            "folder or a zip"
        )
    counts = _writer(form)(folder, content, progress)
    if not single:
        remarks: Sequence[str] = getattr(import_module(f"geo_service.exports.{form.module}"), "REMARKS", ())
        (folder / README).write_text(readme(content, counts, remarks), encoding="utf-8")
    return counts


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """Give a folder beside a place, which is gone afterwards with what is left in it."""
    folder = Path(tempfile.mkdtemp(prefix=".clearway-export-", dir=out.resolve().parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(files: Sequence[Path], out: Path, folder: Path, *, packed: bool, single: bool = True) -> None:
    """Move files to their place: as one zip, as the one file, or into a folder."""
    if packed:
        made = folder / "packed.zip"
        pack(files, made)
        made.replace(out)
    elif single:
        files[0].replace(out)
    else:
        out.mkdir(exist_ok=True)
        for one in files:
            one.replace(out / one.name)


def pack(files: Sequence[Path], out: Path) -> None:
    """Write files as a zip, in order of their names; the same files give the same zip."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for path in files:
            about = zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0))
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with path.open("rb") as file, packed.open(about, "w", force_zip64=path.stat().st_size > 2**31 - 1) as entry:
                shutil.copyfileobj(file, entry, 1 << 20)


def written_alone(
    form: str, content: Content, progress: Progress, *, max_zoom: int = MAX_ZOOM, most: int = MOST_TILES
) -> Path:
    """Write an export as one file in a folder of its own among temporary files; whoever asks removes the folder."""
    folder = Path(tempfile.mkdtemp(prefix="clearway-export-"))
    try:
        name = f"clearway-{content.seen.as_of}-r{content.seen.snapshot.number}{FORMS[form].sent_as}"
        write(folder / name, form, content, progress, max_zoom=max_zoom, most=most)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder / name
