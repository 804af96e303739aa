"""Zips from strangers: looked at before they are unpacked, and unpacked into memory under names of our own."""

import io
import zipfile
from pathlib import PurePosixPath

from layers.reading.questions import Question, Unreadable

MOST_FILES = 1_000
MOST_BYTES = 2 * 2**30
"""What a zip may hold unpacked."""
MOST_RATIO = 200
"""How many times its size a member may unpack to; text with long runs reaches some 100."""
MAIN = {
    ".shp": "gdal",
    ".gpkg": "gdal",
    ".fgb": "gdal",
    ".kml": "gdal",
    ".geojson": "geojson",
    ".json": "geojson",
    ".csv": "csv",
}
SIDECARS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def unpacked(content: bytes, asked: str | None) -> tuple[dict[str, bytes], str, str]:
    """Return the files of a zip under safe names, the one to open, and how to read it.

    Args:
        content: the zip.
        asked: which file of it to read, where it holds several.

    Raises:
        Unreadable: it is no zip, too large unpacked, or holds nothing that is read.
        Question: it holds several files that could be read.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        raise Unreadable("it is not a whole zip; send it again") from None
    with archive:
        members = [one for one in archive.infolist() if not one.is_dir() and not _hidden(one.filename)]
        _checked(members)
        mains = [one for one in members if PurePosixPath(one.filename).suffix.lower() in MAIN]
        chosen = [one for one in mains if asked is None or one.filename == asked]
        if not mains:
            raise Unreadable("the zip holds no GeoJSON, GeoPackage, shapefile, FlatGeobuf, KML or CSV")
        if len(chosen) != 1:
            names = [one.filename for one in mains]
            raise Question(
                "source_layer", "the zip holds several files: send it again with source_layer, one of them", names
            )
        main = PurePosixPath(chosen[0].filename)
        suffix = main.suffix.lower()
        if suffix != ".shp":
            return {f"upload{suffix}": _content(archive, chosen[0])}, f"upload{suffix}", MAIN[suffix]
        parts = {}
        for one in members:
            path = PurePosixPath(one.filename)
            if (
                path.parent == main.parent
                and path.stem.lower() == main.stem.lower()
                and path.suffix.lower() in SIDECARS
            ):
                parts[f"upload{path.suffix.lower()}"] = _content(archive, one)
        missing = [one for one in (".shx", ".dbf") if f"upload{one}" not in parts]
        if missing:
            raise Unreadable(f"the shapefile lacks its {' and '.join(missing)}; zip all of its files together")
        return parts, "upload.shp", "gdal"


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
