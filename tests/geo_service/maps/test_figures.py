"""The figures beside the map are those of the balance, and the page that asks for them stays small."""

import datetime as dt

import orjson
import pytest
from shapely.geometry import Point, box
from starlette.testclient import TestClient

from geo_service import balance
from geo_service.access import tokens
from geo_service.access.public import FullRecords
from geo_service.app import create_app
from geo_service.clock import utc_now
from geo_service.maps.figures import SHOWN, figures
from geo_service.settings import Settings
from geo_service.store.snapshot import Snapshots
from tests.clients.test_map_browser import feature, fill, load

HTML = {"Accept": "text/html"}


@pytest.fixture
def client(log):
    with TestClient(create_app(log, local=True), base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as one:
        yield one


def test_figures_are_those_of_the_balance(log, client):
    fill(log)
    for day in ("2020-06-01", "2021-03-01", utc_now().date().isoformat()):
        shown = client.get("/maps/figures", params={"as_of": day}).json()
        said = client.get("/coverage", params={"as_of": day, "by": "district"}).json()
        assert shown["total"] == {name: said["total"][name] for name in SHOWN}
        assert [(row["id"], row["CHA"], row["SHA"]) for row in shown["rows"]] == [
            (row["district_id"], row["CHA"], row["SHA"]) for row in said["rows"]
        ]
        assert (shown["known_at"], shown["revision"]) == (said["known_at"], said["revision"])
        assert shown["coverage_gap"] is said["coverage_gap"]


def test_incidents_count_for_twelve_months_and_information_ages(log):
    days = ("2020-03-01", "2020-03-02", "2021-03-01", "2021-03-02")
    load(log, "incidents", [feature(Point(46, 39), day, kind="accident", occurred_on=day) for day in days])
    settings = Settings()

    def on(day):
        return figures(balance.view(Snapshots(log), settings, utc_now, day), FullRecords(), settings, "en")

    assert on("2021-03-01")["incidents_12_months"] == 2
    assert on("2021-03-01")["newest"] == "2021-03-01"
    assert on("2022-03-01")["incidents_12_months"] == 1
    assert on("2019-01-01")["newest"] is None


def test_the_public_is_told_no_count_of_incidents(log, client):
    fill(log)
    log.set_setting("public_access", value=True)
    tokens.create(log.tokens, utc_now, "somebody", "viewer")
    assert client.get("/maps/figures").json()["incidents_12_months"] is None
    assert client.get("/maps/search", params={"q": "V"}).json()["found"] == []


def test_the_page_holds_nothing_of_the_records(log, client):
    fill(log, "TEXT-OF-A-RECORD", hazards=40)
    page = client.get("/", headers=HTML)
    assert "TEXT-OF-A-RECORD" not in page.text
    assert len(page.content) < 12_000
    few = len(page.content)
    load(log, "hazards", [
        feature(box(46 + k / 1e3, 39, 46 + k / 1e3 + 5e-4, 39.001), f"more-{k}", classification="SHA", opened_on="2020-01-01")
        for k in range(400)
    ])  # fmt: skip
    assert abs(len(client.get("/", headers=HTML).content) - few) < 100


@pytest.mark.parametrize(("asked", "language", "word"), [
    ("?lang=az", "az", "Xəritə"), ("?lang=ru", "ru", "Карта"), ("?lang=xx", "en", "Map"), ("", "en", "Map"),
])  # fmt: skip
def test_the_page_speaks_the_language_asked_for_and_remembers_it(client, asked, language, word):
    page = client.get(f"/{asked}", headers=HTML)
    assert f'<html lang="{language}">' in page.text
    assert f">{word}</a>" in page.text
    again = client.get("/", headers=HTML).text
    assert f'<html lang="{language}">' in again


def test_words_come_with_the_names_of_layers_and_fields(client):
    answer = client.get("/maps/words/ru")
    found = answer.json()
    assert found["words"]["page_map"] == "Карта"
    assert found["labels"]["hazards"][""]
    assert client.get("/maps/words/ru", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get("/maps/words/xx").status_code == 404


def test_half_a_coordinate_is_answered_not_refused(client):
    answer = client.get("/maps/search", params={"q": "38S PK 2168 0"})
    assert answer.status_code == 200
    assert answer.json() == {"q": "38S PK 2168 0", "found": [], "message": answer.json()["message"]}
    assert "even number" in answer.json()["message"]


def test_figures_are_kept_by_a_client_until_something_changes(log, client):
    fill(log, hazards=1)
    first = client.get("/maps/figures")
    tag = first.headers["ETag"]
    assert client.get("/maps/figures", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/maps/figures?lang=az", headers={"If-None-Match": tag}).status_code == 200
    load(log, "spots", [feature(Point(46.2, 39.3), "new", found_on="2021-06-01")])
    assert client.get("/maps/figures", headers={"If-None-Match": tag}).status_code == 200
    assert orjson.loads(first.content)["as_of"] == dt.datetime.now(dt.UTC).date().isoformat()
