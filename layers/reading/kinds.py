"""Which kind of file it is: by its content, whatever it is called."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePath

from layers.reading import zips
from layers.reading.questions import Unreadable

FORMATS = "GeoJSON, GeoPackage, zipped shapefile, FlatGeobuf, GeoParquet, KML, KMZ, GPX, CSV, XLSX, ODS"
"""What is read."""

_MARKS = (
    (b"SQLite format 3\x00", ".gpkg", "gdal"),
    (b"fgb\x03", ".fgb", "gdal"),
    (b"PAR1", ".parquet", "parquet"),
    (b"{", ".geojson", "geojson"),
    (b"[", ".geojson", "geojson"),
    (b"\x1e", ".geojson", "geojson"),
)
_REFUSED = (
    (b"\x1f\x8b", "it is packed with gzip; send the file itself, or a zip"),
    (b"BZh", "it is packed with bzip2; send the file itself, or a zip"),
    (b"7z\xbc\xaf", "it is packed with 7-Zip; send a zip"),
    (b"Rar!", "it is packed with RAR; send a zip"),
    (b"%PDF", "it is a PDF; send the data that it was made from"),
    (b"\xd0\xcf\x11\xe0", "it is an old Excel or Word file (.xls, .doc); save it as .xlsx or CSV"),
    (b"\x00\x00\x27\x0a", "a shapefile is several files; zip all of them together"),
)


@dataclass(frozen=True)
class Source:
    """What is handed to the cage.

    Attributes:
        files: names of our own -> contents.
        main: which of them is opened.
        kind: geojson, csv, parquet or gdal.
        layer: which of its layers was asked for.
    """

    files: dict[str, bytes]
    main: str
    kind: str
    layer: str | None


def opened(content: bytes, name: str, asked: str | None) -> Source:
    """Return what a file is and which parts of it are read.

    Args:
        content, name: the file; its name says nothing that its content does not bear out.
        asked: the layer, or the file of a zip, that was asked for.

    Raises:
        Unreadable: it is empty, or nothing that is read.
        Question: it is a zip with several files.
    """
    if not content.strip(b"\x00 \t\r\n"):
        raise Unreadable("it is empty")
    if content.startswith(b"PK"):
        return _zipped(content, asked)
    ending, kind = _ending(content, PurePath(name).suffix.lower())
    return Source({f"upload{ending}": content}, f"upload{ending}", kind, asked)


def _zipped(content: bytes, asked: str | None) -> Source:
    """Return a zip's files, or the document that a zip is to its readers; both are looked at before unpacking."""
    document = zips.document(content)
    if document:
        return Source({f"upload{document}": content}, f"upload{document}", "gdal", asked)
    found = zips.unpacked(content, asked)
    suffix = PurePath(found.main).suffix
    inner = found.files[found.main]
    if suffix in zips.BY_CONTENT:
        ending, kind = _ending(inner, suffix)
        return Source({f"upload{ending}": inner}, f"upload{ending}", kind, found.layer)
    if suffix in zips.DOCUMENTS and zips.document(inner) != suffix:
        raise Unreadable(f"the {suffix} in the zip is none")
    return Source(found.files, found.main, "gdal", found.layer)


def _ending(content: bytes, suffix: str) -> tuple[str, str]:
    """Return the ending that a file's content deserves, and how to read it.

    Raises:
        Unreadable: it is nothing that is read.
    """
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, why in _REFUSED:
        if content.startswith(mark):
            raise Unreadable(why)
    if content[257:262] == b"ustar":
        raise Unreadable("it is packed with tar; send a zip")
    for mark, ending, kind in _MARKS:
        if head.startswith(mark):
            return ending, kind
    if head.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\x00<")):
        return _markup(head), "gdal"
    if suffix in {".csv", ".tsv", ".txt"}:
        return ".csv", "csv"
    if suffix in {".shp", ".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix"}:
        raise Unreadable("a shapefile is several files; zip all of them together")
    raise Unreadable(f"its content is none of the formats that are read: {FORMATS}")


def _markup(head: bytes) -> str:
    lower = head.replace(b"\x00", b"").lower()
    found = [
        (lower.find(mark), ending)
        for mark, ending in ((b"<kml", ".kml"), (b":kml", ".kml"), (b"<gpx", ".gpx"))
        if mark in lower
    ]
    if not found:
        raise Unreadable(f"it is XML, but neither KML nor GPX. Formats: {FORMATS}")
    return min(found)[1]


def zipped(files: dict[str, bytes]) -> bytes:
    """Return files as a zip, for a folder that is sent as a whole."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
