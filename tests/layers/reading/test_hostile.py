"""Attacks: refused in seconds with a reason, with nothing of the machine reached and nothing of it used up."""

import contextlib
import io
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from layers import reading
from layers.reading import sandbox

pytestmark = pytest.mark.timeout(60)  # refused in seconds, or the test is

SECRET = "the contents of a local file"
KML = '<?xml version="1.0"?>{doctype}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
POINT = "<Placemark>{more}<Point><coordinates>46,39</coordinates></Point></Placemark>"


class Canary(threading.Thread):
    """Counts who connects to it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(0.1)
        self.port, self.visits, self.over = self.server.getsockname()[1], 0, False

    def run(self):
        while not self.over:
            try:
                self.server.accept()[0].close()
                self.visits += 1
            except TimeoutError:
                continue
        self.server.close()


@pytest.fixture
def canary():
    bird = Canary()
    bird.start()
    yield bird
    bird.over = True
    bird.join()


def refused(content, name, why=None):
    """The file is refused or asked about, soon, in words, without a place of this machine."""
    with pytest.raises((reading.Unreadable, reading.Question)) as said:
        reading.read(content, name)
    assert "clearway-reading" not in str(said.value)
    assert SECRET not in str(said.value)
    if why:
        assert re.search(why, str(said.value))


def packed(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def documents(secret, port):
    """Documents that would have a reader follow them, by what they are."""
    here, away = f"file://{secret}", f"http://127.0.0.1:{port}/x"
    style = f"<styleUrl>{away}.kml#s</styleUrl>"
    return {
        "external style": KML.format(doctype="", body=POINT.format(more=style)),
        "local style": KML.format(doctype="", body=POINT.format(more=f"<styleUrl>{here}#s</styleUrl>")),
        "network link": KML.format(doctype="", body=f"<NetworkLink><Link><href>{away}</href></Link></NetworkLink>"),
        "icon": KML.format(doctype="", body=f"<Style id='s'><IconStyle><Icon><href>{away}</href></Icon></IconStyle></Style>" + POINT.format(more="")),
        "schema": KML.format(doctype="", body=f'<Schema name="x" id="{away}"/>' + POINT.format(more="")),
        "external entity": KML.format(doctype=f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{here}">]>', body="&x;"),
        "external DTD": KML.format(doctype=f'<!DOCTYPE kml SYSTEM "{away}.dtd">', body=POINT.format(more="")),
        "parameter entity": KML.format(doctype=f'<!DOCTYPE kml [<!ENTITY % x SYSTEM "{away}"> %x;]>', body=""),
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(documents("", 0)))
def test_markup_reaches_no_file_and_no_network(kind, tmp_path, canary):
    secret = tmp_path / "secret.kml"
    secret.write_text(KML.format(doctype="", body=POINT.format(more=f"<name>{SECRET}</name>")))
    content = documents(secret, canary.port)[kind].encode()
    for sent, name in ((content, "a.kml"), (packed(("doc.kml", content)), "a.kmz")):
        try:
            table = reading.read(sent, name)
        except (reading.Unreadable, reading.Question) as said:
            assert SECRET not in str(said)
        else:
            assert SECRET not in str(table.columns)
    assert canary.visits == 0


def test_the_readers_own_calls_reach_no_network_and_no_foreign_file(tmp_path):
    """What the kernel saw: strace counts the connections, and names every file that was opened."""
    if not shutil.which("strace"):
        pytest.skip("strace is not here")
    secret = tmp_path / "secret.geojson"
    secret.write_text(SECRET)
    traces = tmp_path / "trace"
    program = (
        "import sys\nfrom layers import reading\nfrom pathlib import Path\n"
        "for name in sys.argv[1:]:\n"
        "    path = Path(name)\n"
        "    try:\n        reading.read(path.read_bytes(), 'a.kml')\n"
        "    except (reading.Unreadable, reading.Question):\n        pass\n"
    )
    files = []
    for kind, text in documents(secret, 9).items():
        path = tmp_path / f"{kind.replace(' ', '-')}.kml"
        path.write_text(text)
        files.append(str(path))
    subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=connect,openat,open", "-o", traces, sys.executable, "-c", program, *files],
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": sandbox._ROOT},
    )
    seen = traces.read_text()
    assert "clearway-reading-" in seen
    assert "sa_family=AF_INET" not in seen
    assert "secret.geojson" not in seen


@pytest.mark.parametrize("levels", [3, 10])
def test_entities_that_multiply_are_refused(levels):
    entities = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10 if k else "lol"}">' for k in range(levels))
    bomb = KML.format(doctype=f"<!DOCTYPE kml [{entities}]>", body=POINT.format(more=f"<name>&l{levels - 1};</name>"))
    refused(bomb.encode(), "a.kml", "entities")
    refused(packed(("doc.kml", bomb)), "a.kmz", "entities")
    gpx = bomb.replace("<kml", "<gpx").replace("</kml", "</gpx")
    refused(gpx.encode(), "a.gpx", "entities")


def test_entities_in_another_encoding_are_refused_too():
    bomb = KML.replace('"1.0"', '"1.0" encoding="UTF-16"').format(
        doctype='<!DOCTYPE kml [<!ENTITY x "y">]>', body=POINT.format(more="<name>&x;</name>")
    )
    refused(bomb.encode("utf-16"), "a.kml", "entities")


def test_a_zip_that_lies_about_its_size_is_refused():
    honest = packed(("a.csv", b"id,lat,lon\n" + b"A,40,46\n" * 1000))
    lying = honest.replace((11 + 8000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != honest
    refused(lying, "a.zip", "does not hold|damaged")


def test_workbooks_that_unpack_to_many_times_their_size_are_refused():
    sheet = b"<worksheet><sheetData>" + b"<row/>" * 40_000_000
    bomb = packed(
        ("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/sheet1.xml", sheet), ("[Content_Types].xml", b"<x/>")
    )
    refused(bomb, "a.xlsx", "many times its size")
    refused(packed(("mimetype", b"x"), ("content.xml", b" " * 50_000_000)), "a.ods", "many times its size")


def test_zips_in_zips_are_not_followed():
    inner = packed(("a.geojson", b"{}"))
    for _ in range(5):
        inner = packed(("again.zip", inner), method=zipfile.ZIP_STORED)
    refused(inner, "a.zip", "no file that is read")


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "C:\\a.csv", "..\\a.csv", "x/../../a.csv"])
def test_zips_that_name_places_outside_themselves_are_refused(name):
    refused(packed((name, b"id,lat,lon\nA,40,46\n")), "a.zip", "outside itself")
    refused(packed((name, b"x"), ("xl/workbook.xml", b"x")), "a.xlsx", "outside itself")


def test_links_in_zips_are_refused():
    link = zipfile.ZipInfo("a.csv")
    link.external_attr = 0o120777 << 16
    refused(packed((link, "/etc/passwd")), "a.zip", "link")


def claims():
    """A billion vertices are claimed, and not sent."""
    many = (10**9).to_bytes(4, "little")
    hexed = (b"\x01\x03\x00\x00\x00\x01\x00\x00\x00" + many).hex()
    shp = bytearray(100)
    shp[0:4], shp[24:28], shp[28:32], shp[32:36] = (9994).to_bytes(4, "big"), (10**8).to_bytes(4, "big"), b"\xe8\x03\x00\x00", b"\x05\x00\x00\x00"  # fmt: skip
    record = (1).to_bytes(4, "big") + (2**30).to_bytes(4, "big") + b"\x05\x00\x00\x00" + bytes(32) + many + many
    shapefile = packed(
        ("a.shp", bytes(shp) + record),
        ("a.shx", bytes(shp) + bytes(8)),
        ("a.dbf", b"\x03" + bytes(3) + many + b"\x41\x00\x0b\x00" + bytes(20)),
    )
    return {
        "wkb in csv": (f"id,wkt\nA,{hexed}\n".encode(), "a.csv"),
        "flatgeobuf": (b"fgb\x03fgb\x00" + (2**31 - 1).to_bytes(4, "little") + bytes(64), "a.fgb"),
        "shapefile": (shapefile, "a.zip"),
        "geojson depth": (b'{"type":"Polygon","coordinates":' + b"[" * 10**6, "a.geojson"),
        "geojson long number": (b'{"type":"Point","coordinates":[' + b"9" * 10**6 + b",1]}", "a.geojson"),
        "wide csv": (b",".join(b"c%d" % k for k in range(50_000)) + b"\n1\n", "a.csv"),
        "wkt depth": (b'id,wkt\nA,"' + b"GEOMETRYCOLLECTION(" * 20_000 + b'"\n', "a.csv"),
        "parquet": (b"PAR1" + b"\x15\x04" * 1000 + (2**31 - 9).to_bytes(4, "little") + b"PAR1", "a.parquet"),
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(claims()))
def test_claims_cost_neither_time_nor_memory(kind):
    content, name = claims()[kind]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        table = reading.read(content, name, crs="EPSG:4326")
    except (reading.Unreadable, reading.Question) as said:
        assert len(str(said)) > 10
    else:
        assert len(table) <= 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000, "kilobytes"


def test_parquet_that_unpacks_to_much_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"lat": pa.array([1.0]).take(pa.array([0] * 60_000_000, pa.int8())), "lon": pa.nulls(60_000_000)}),
        path,
        compression="zstd",
        use_dictionary=True,
    )
    refused(path.read_bytes(), "a.parquet", "too large unpacked")


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.fgb", "a.kml", "a.csv", "a.xlsx", "a.zip", "a.parquet", "a", "../../a.shp"])  # fmt: skip
def test_noise_under_any_name_is_refused(name):
    noise = random.Random(1)
    for size in (1, 100, 100_000):
        for head in (b"", b"PK\x03\x04", b"SQLite format 3\x00", b"fgb\x03fgb\x00", b"PAR1", b"{", b"<kml"):
            refused(head + noise.randbytes(size), name)


def test_a_reader_that_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(sandbox, "SECONDS", 1)
    big = b'{"type":"FeatureCollection","features":[' + b",".join([b'{"type":"Feature","properties":{"a":1},"geometry":null}'] * 400_000) + b"]}"  # fmt: skip
    refused(big, "a.geojson")
    monkeypatch.undo()
    assert len(reading.read(b"id,lat,lon\nA,40,46\n", "a.csv")) == 1


def test_nothing_of_a_file_stays_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for content, name in ((b"id,lat,lon\nA,40,46\n", "a.csv"), (b"SQLite format 3\x00" + bytes(99), "a.gpkg")):
        with contextlib.suppress(reading.Unreadable):
            reading.read(content, name)
        assert list(tmp_path.iterdir()) == []
