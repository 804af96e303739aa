"""Zips from strangers: looked at before they are unpacked, and unpacked into memory under names of our own."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from layers.reading.questions import Question, Unreadable

MOST_FILES = 1_000
MOST_BYTES = 2 * 2**30
"""What a zip may hold unpacked."""
MOST_RATIO = 200
"""How many times its size a member may unpack to; text with long runs reaches some 100."""
MAIN = (
    ".shp",
    ".gpkg",
    ".fgb",
    ".kml",
    ".gpx",
    ".geojson",
    ".json",
    ".geojsonl",
    ".csv",
    ".tsv",
    ".parquet",
    ".xlsx",
    ".ods",
)
"""Files of a zip that can be read."""
BY_CONTENT = (".gpkg", ".fgb", ".kml", ".gpx", ".geojson", ".json", ".geojsonl", ".csv", ".tsv", ".parquet")
"""Files that are what their content says."""
DOCUMENTS = (".xlsx", ".ods")
"""Zips that are one file to their readers."""
SIDECARS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


@dataclass(frozen=True)
class Unpacked:
    """Files of a zip under names of our own, the one to open, and which of its layers was asked for."""

    files: dict[str, bytes]
    main: str
    layer: str | None


def document(content: bytes) -> str | None:
    """Return the ending of the document that a zip is to its readers; None where it is just a zip.

    Raises:
        Unreadable: as `unpacked`, for one that harms is refused whatever it is.
    """
    with _archive(content) as archive:
        members = archive.infolist()
        _checked(members)
        names = {one.filename for one in members}
        if "xl/workbook.xml" in names:
            return ".xlsx"
        return ".ods" if {"mimetype", "content.xml"} <= names else None


def unpacked(content: bytes, asked: str | None) -> Unpacked:
    """Return what to read of a zip.

    Args:
        content: the zip.
        asked: which file of it to read, where it holds several, or `FILE:LAYER`; else the layer of its only file.

    Raises:
        Unreadable: it is no zip, too large unpacked, or holds nothing that is read.
        Question: it holds several files that could be read.
    """
    with _archive(content) as archive:
        members = [one for one in archive.infolist() if not one.is_dir() and not _hidden(one.filename)]
        _checked(members)
        mains = [one for one in members if PurePosixPath(one.filename).suffix.lower() in MAIN]
        if not mains:
            raise Unreadable(f"the zip holds no file that is read{_said(members)}")
        chosen, layer = _chosen(mains, asked)
        suffix = PurePosixPath(chosen.filename).suffix.lower()
        if suffix == ".shp":
            return Unpacked(_shapefile(archive, members, PurePosixPath(chosen.filename)), "upload.shp", layer)
        return Unpacked({f"upload{suffix}": _content(archive, chosen)}, f"upload{suffix}", layer)


def _archive(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise Unreadable("it is not a whole zip; send it again") from None


def _said(members: list[zipfile.ZipInfo]) -> str:
    """Say which parts of a shapefile are there without their main file."""
    parts = sorted({PurePosixPath(one.filename).suffix.lower() for one in members} & set(SIDECARS))
    return f": it has {', '.join(parts)} and lacks the .shp" if parts else f" ({', '.join(MAIN)})"


def _chosen(mains: list[zipfile.ZipInfo], asked: str | None) -> tuple[zipfile.ZipInfo, str | None]:
    """Return the file to read, and the layer in it that was asked for."""
    if len(mains) == 1:
        name = mains[0].filename
        inner = asked.removeprefix(name).removeprefix(":") if asked else None
        return mains[0], inner or None
    for one in mains:
        if asked is not None and (asked == one.filename or asked.startswith(f"{one.filename}:")):
            return one, asked.removeprefix(one.filename).removeprefix(":") or None
    root = [one for one in mains if one.filename.lower() == "doc.kml"]
    if asked is None and root and all(one.filename.lower().endswith(".kml") for one in mains):
        return root[0], None  # a KMZ: its root document is called so
    names = [one.filename for one in mains]
    raise Question("source_layer", "the zip holds several files: send it again with source_layer, one of them", names)


def _shapefile(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], main: PurePosixPath) -> dict[str, bytes]:
    parts = {}
    for one in members:
        path = PurePosixPath(one.filename)
        if path.parent == main.parent and path.stem.lower() == main.stem.lower() and path.suffix.lower() in SIDECARS:
            parts[f"upload{path.suffix.lower()}"] = _content(archive, one)
    missing = [one for one in (".shx", ".dbf") if f"upload{one}" not in parts]
    if missing:
        raise Unreadable(f"the shapefile lacks its {' and '.join(missing)}; zip all of its files together")
    return parts


def _hidden(name: str) -> bool:
    return "__MACOSX" in name or PurePosixPath(name).name.startswith(".")


def _checked(members: list[zipfile.ZipInfo]) -> None:
    """Refuse what a stranger's zip must not hold, by what it declares."""
    if len(members) > MOST_FILES:
        raise Unreadable(f"the zip holds {len(members)} files; {MOST_FILES} are allowed")
    for one in members:
        path = PurePosixPath(one.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in one.filename:
            raise Unreadable("the zip names a place outside itself")
        if (one.external_attr >> 16) & 0o170000 == 0o120000:
            raise Unreadable("the zip holds a link; put the files themselves in")
        if one.flag_bits & 0x1:
            raise Unreadable("the zip is encrypted; send it without a password")
        if one.file_size > max(one.compress_size, 2**16) * MOST_RATIO:
            raise Unreadable("the zip unpacks to many times its size; send the file itself")
    if sum(one.file_size for one in members) > MOST_BYTES:
        raise Unreadable("the zip is too large unpacked; send it in smaller parts")


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Unpack a member, and no more of it than it declared."""
    try:
        with archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise Unreadable(f"the zip is damaged: {error}") from None
    if len(content) != member.file_size:
        raise Unreadable("the zip does not hold what it declares")
    return content
