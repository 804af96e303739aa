"""Reports of a period and editions: figures of the balance alone, added up again from the workbook, published once."""

import datetime as dt
import io
import json
import re
import zipfile

import openpyxl
import orjson
import pypdfium2
import pytest
from fastapi.testclient import TestClient
from shapely.geometry import box, mapping
from worked_example import ledger_wanted, write_geojson

from geo_service import editions
from geo_service.app import create_app
from geo_service.balance import Refused
from geo_service.changesets import Upload, receive
from geo_service.editions import Office
from geo_service.reports.making import FORMS, Shape
from geo_service.settings import settings_of
from geo_service.store import open_store
from geo_service.store.errors import NotFound
from geo_service.store.snapshot import Snapshots
from layers.measure import areas

NOW = dt.datetime(2024, 3, 1, 9, tzinfo=dt.UTC)
PERIOD = ("2021-01-01", "2021-06-01")


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        self.now += dt.timedelta(seconds=1)
        return self.now


def load(log, layer, content, clock):
    received = receive(log, Snapshots(log), Upload(layer, content, "a.geojson", "ana"), clock)
    assert received.draft.rejected == 0, received.draft.problems


def office_of(log, clock):
    return Office(log, Snapshots(log), settings_of(log.settings()), clock)


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def example(tmp_path_factory, clock):
    """The worked example in a store."""
    folder = tmp_path_factory.mktemp("reports")
    files = write_geojson(folder)
    with open_store(folder / "data", create=True, clock=clock) as log:
        for layer in ("districts", "hazards", "releases"):
            load(log, layer, files[layer].read_bytes(), clock)
        yield log


@pytest.fixture(scope="module")
def report(example, clock):
    return editions.report_with_history(office_of(example, clock), *PERIOD, None, Shape.article7)


def summed(sheet):
    """A sheet's rows by their headings, with its formulas worked out as a spreadsheet would."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    head, body = rows[0], rows[1:]
    for row in body:
        for place, value in enumerate(row):
            if isinstance(value, str) and value.startswith("=SUM("):
                first, last = map(int, re.fullmatch(r"=SUM\([A-Z]+(\d+):[A-Z]+(\d+)\)", value).groups())
                assert (first, last) == (5, 4 + len(body) - 1)
                row[place] = sum(other[place] for other in body[:-1])
    return [dict(zip(head, row, strict=True)) for row in body]


def test_the_worked_example_as_a_workbook_opened_again_and_summed(report):
    book = openpyxl.load_workbook(io.BytesIO(FORMS["xlsx"][0](report)))
    wanted = {kind: ledger_wanted(kind) for kind in ("SHA", "CHA", "total")}
    released = summed(book["released"])
    assert [row["District"] for row in released] == ["D1", "All"]
    for row in released:
        assert row["Cancelled, m²"] == pytest.approx(1_000_000, rel=1e-6)
        assert row["Reduced, m²"] == pytest.approx(500_000, rel=1e-6)
        assert row["Cleared, m²"] == pytest.approx(312_000, rel=1e-6)
        assert row["Released, m²"] == pytest.approx(1_812_000, rel=1e-6)
    assert isinstance(book["released"].cell(6, 2).value, str)  # the total is a formula
    for row in summed(book["areas"]):
        assert row["Confirmed to contain mines, m²"] == pytest.approx(255_000, rel=1e-6)
        assert row["Suspected to contain mines, m²"] == pytest.approx(1_588_000, rel=1e-6)
        assert row["Hazards with open ground"] == 5
    for row in summed(book["balance"]):
        lines = wanted[{"Confirmed (CHA)": "CHA", "Suspected (SHA)": "SHA"}.get(row["Class"], "total")]
        figures = [
            row[f"{name}, m²"]
            for name in (
                "At the beginning",
                "New",
                "Expansion",
                "Reclassified",
                "Cancelled",
                "Reduced",
                "Cleared",
                "Reopened",
                "Corrected",
                "At the end",
            )
        ]
        names = (
            "opening",
            "new",
            "expansion",
            "reclassified",
            "cancelled",
            "reduced",
            "cleared",
            "reopened",
            "corrected",
            "closing",
        )
        assert figures == pytest.approx([lines.get(name, 0.0) for name in names], rel=1e-6, abs=1e-2)
        assert sum(figures[:-1]) == pytest.approx(figures[-1], abs=1e-2)
    by_device = summed(book["devices"])
    assert sum(row["At the end, m²"] for row in by_device[:-1]) == pytest.approx(1_843_000, rel=1e-6)
    assert {row["Result"] for row in summed(book["certificate"])} == {"passed"}
    about = dict(book["about"].values)
    assert about["known_at"] == report.period.view.known_at
    assert "No recorded hazard is not absence of hazard" in about["notice"]
    assert [row["Layer"] for row in summed(book["sources"])] == ["districts", "hazards", "releases"]


def test_the_same_report_is_the_same_file_and_says_the_same_in_every_form(report, example, clock):
    again = editions.report_with_history(office_of(example, clock), *PERIOD, None, Shape.article7)
    made = {form: write(report) for form, (write, _) in FORMS.items()}
    for form, (write, _) in FORMS.items():
        assert write(again) == made[form], form
    told = orjson.loads(made["json"])
    with zipfile.ZipFile(io.BytesIO(made["csv"])) as archive:
        assert set(archive.namelist()) == {f"{one['name']}.csv" for one in told["tables"]} | {"about.csv"}
        assert "1588000" in archive.read("areas.csv").decode().replace("1587999.9", "1588000")
    pages = pypdfium2.PdfDocument(made["pdf"])
    text = "".join(page.get_textpage().get_text_range() for page in pages).replace("\xa0", " ")
    for words in (
        "Report in the shape of Article 7",
        "1 588 000",
        "255 000",
        "residual risk remains",
        "SHA-2",
        "The certificate: passed",
    ):
        assert words in text


def test_weekly_figures_in_hectares_add_up_to_the_period(example, clock):
    made = editions.report_with_history(office_of(example, clock), *PERIOD, None, Shape.weekly)
    weeks, districts = made.tables
    assert len(weeks.rows) == 22
    assert (weeks.rows[0]["after"], weeks.rows[-1]["to"]) == PERIOD
    for key, hectares in (("cancelled_ha", 100.0), ("reduced_ha", 50.0), ("cleared_ha", 31.2), ("released_ha", 181.2)):
        assert sum(row[key] for row in weeks.rows) == pytest.approx(hectares, rel=1e-6)
        assert weeks.total[key] == pytest.approx(hectares, rel=1e-6)
        assert sum(row[key] for row in districts.rows) == pytest.approx(hectares, rel=1e-6)
    assert weeks.rows[-1]["open_ha"] == pytest.approx(184.3, rel=1e-6)


def rectangle_of(km2, west):
    """A rectangle of so many km² by the measure of the register."""
    low, high = 0.0, 2.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if areas([box(west, 39, west + 0.2, 39 + middle)])[0] < km2 * 1e6 else (low, middle)
    return box(west, 39, west + 0.2, 39 + low)


def test_the_landmine_monitors_figures_balance_when_typed_in(tmp_path, clock):
    typed = (("cleared", 219.31, 46.0), ("reduced", 121.11, 46.4), ("cancelled", 156.92, 46.8))
    hazards, releases = [], []
    for product, km2, west in typed:
        shape = mapping(rectangle_of(km2, west))
        qc = {"qc_status": "passed", "qc_on": "2022-06-01"} if product == "cleared" else {}
        said = {"classification": "SHA", "opened_on": "2020-01-01"}
        hazards.append({"type": "Feature", "id": f"H-{product}", "geometry": shape, "properties": said})
        said = {"product": product, "completed_on": "2022-06-01", **qc}
        releases.append({"type": "Feature", "id": f"R-{product}", "geometry": shape, "properties": said})
    district = {
        "type": "Feature",
        "id": "W",
        "geometry": mapping(box(45.9, 38.9, 47.1, 40.9)),
        "properties": {"name": "W"},
    }
    with open_store(tmp_path / "data", create=True, clock=clock) as log:
        for layer, rows in (("districts", [district]), ("hazards", hazards), ("releases", releases)):
            load(log, layer, json.dumps({"type": "FeatureCollection", "features": rows}).encode(), clock)
        made = editions.report_with_history(office_of(log, clock), "2021-12-31", "2022-12-31", None, Shape.article7)
        book = openpyxl.load_workbook(io.BytesIO(FORMS["xlsx"][0](made)))
    total = summed(book["released"])[-1]
    for product, km2, _ in typed:
        assert total[f"{product.capitalize()}, m²"] / 1e6 == pytest.approx(km2, abs=1e-6)
    assert total["Released, m²"] / 1e6 == pytest.approx(497.34, abs=1e-6)
    assert summed(book["balance"])[-1]["At the end, m²"] == pytest.approx(0, abs=1)
    assert made.period.passed


def hazard(identifier, valid_from, shape, **more):
    said = {"classification": "SHA", "opened_on": "2021-02-01", "valid_from": valid_from, **more}
    feature = {"type": "Feature", "id": identifier, "geometry": mapping(shape), "properties": said}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def test_an_edition_is_published_once_reproduced_and_restated(tmp_path, clock):
    files = write_geojson(tmp_path)
    with open_store(tmp_path / "data", create=True, clock=clock) as log:
        for layer in ("districts", "hazards", "releases"):
            load(log, layer, files[layer].read_bytes(), clock)
        office = office_of(log, clock)
        first = editions.publish(office, *PERIOD, signer="ben", title="Director")
        assert (first.subject, first.author, first.body["signer"]) == ("1", "ben", "ben")
        assert set(first.files) == {"edition-1.json", "edition-1.xlsx", "edition-1.pdf"}
        assert editions.verify(office, 1)["verified"]
        assert editions.compare(office, 1)["changesets"] == []
        # A report that comes late: the published edition stays, and the change is explained.
        ground = json.loads(files["districts"].read_text())["features"][0]["geometry"]["coordinates"][0]
        x, y = ground[0]
        late = box(x + 0.08, y + 0.08, x + 0.082, y + 0.082)
        load(log, "hazards", hazard("LATE", "2021-02-01", late), clock)
        log.set_setting("authority", "Another name")
        office = office_of(log, clock)
        assert editions.verify(office, 1) == {**editions.verify(office, 1), "verified": True, "reasons": []}
        told = editions.compare(office, 1)
        (changed,) = told["changesets"]
        assert changed["difference"]["SHA"] == pytest.approx(areas([late])[0], rel=1e-9)
        second = editions.publish(office, *PERIOD, signer="ben")
        tables = {one["name"]: one for one in orjson.loads(editions.file_of(log, second, "json"))["tables"]}
        assert tables["restatement"]["total"]["SHA"] == pytest.approx(areas([late])[0], rel=1e-9)
        assert "restatement" not in {
            one["name"] for one in orjson.loads(editions.file_of(log, first, "json"))["tables"]
        }
        assert [one["number"] for one in editions.listed(log)] == [2, 1]
        assert editions.compare(office, 1, 2)["difference"] == told["difference"]
        assert editions.name_of(log, editions._view_of(office, second)) == 2
        assert log.check() == []
        with pytest.raises(NotFound, match="no edition 3"):
            editions.edition_of(log, 3)


def example_corner(log):
    return Snapshots(log).newest().in_force("districts", "2021-06-01").total_bounds[:2]


def test_what_can_not_be_reported_is_refused_and_nothing_is_kept(example, clock, tmp_path):
    office = office_of(example, clock)
    before = len(example.filing.all("edition"))
    for period, words in (
        (("2021-06-01", "2021-01-01"), "before anything of it began"),
        (("2021-06-01", "2021-06-01"), "before anything of it began"),
        (("2021-01-01", "2030-01-01"), "after today"),
        (("1990-01-01", "2021-06-01"), "before the first record"),
        (("soon", "2021-06-01"), "from, to"),
    ):
        with pytest.raises(Refused, match=words):
            editions.publish(office, *period, signer="ben")
    with pytest.raises(Refused, match="signed"):
        editions.publish(office, *PERIOD, signer=" ")
    x, y = example_corner(example)
    load(
        example, "hazards", hazard("OLD", "1950-01-01", box(x, y, x + 0.001, y + 0.001), opened_on="1950-01-01"), clock
    )
    with pytest.raises(Refused, match="weeks"):
        editions.report_with_history(office_of(example, clock), "1950-01-02", "2021-06-01", None, Shape.weekly)
    with open_store(tmp_path / "empty", create=True) as empty, pytest.raises(Refused, match="Nothing is recorded"):
        editions.publish(office_of(empty, clock), *PERIOD, signer="ben")
    assert len(example.filing.all("edition")) == before


def test_over_http_and_by_command(tmp_path, clock, clearway, data):
    files = write_geojson(tmp_path)
    for layer in ("districts", "hazards", "releases"):
        clearway("load", layer, files[layer], check=0)
    period = ("--from", PERIOD[0], "--to", PERIOD[1])
    assert "1,588,000" in clearway("report", *period, check=0).stdout
    assert clearway("report", *period, "--format", "xlsx", "--out", tmp_path / "a.xlsx", check=0).returncode == 0
    assert "edition 1" in clearway("edition", "publish", *period, check=0).stdout
    assert "verified" in clearway("edition", "verify", "1", check=0).stdout
    clearway("edition", "show", "1", "--format", "pdf", "--out", tmp_path / "a.pdf", check=0)
    with (
        open_store(data) as log,
        TestClient(create_app(log, local=True), base_url="http://127.0.0.1", client=("127.0.0.1", 5)) as client,
    ):
        listed = client.get("/editions").json()["editions"]
        assert [one["number"] for one in listed] == [1]
        kept = client.get("/editions/1?f=pdf")
        assert kept.content == (tmp_path / "a.pdf").read_bytes()
        assert client.get("/editions/1?f=pdf", headers={"If-None-Match": kept.headers["etag"]}).status_code == 304
        answer = client.get(f"/reports?from={PERIOD[0]}&to={PERIOD[1]}&f=xlsx")
        assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames[1] == "areas"
        assert (
            client.get(
                f"/reports?from={PERIOD[0]}&to={PERIOD[1]}&f=xlsx", headers={"If-None-Match": answer.headers["etag"]}
            ).status_code
            == 304
        )
        made = client.post("/editions", json={"from": PERIOD[0], "to": PERIOD[1], "form": "weekly"})
        assert (made.status_code, made.headers["location"]) == (201, "/editions/2")
        for body in (
            {"from": PERIOD[0]},
            [],
            {"from": 1, "to": 2},
            {"from": PERIOD[1], "to": PERIOD[0]},
            {"when": "now"},
        ):
            assert client.post("/editions", json=body).status_code == 422, body
        assert len(client.get("/editions").json()["editions"]) == 2
        assert client.get("/editions/1/verify").json()["verified"]
        assert client.get("/editions/1/compare?with=2").json()["difference"]["SHA"] == 0
