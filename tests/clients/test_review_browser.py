"""Sending in and reviewing records in a real browser, by keyboard; uploaded text that stays text."""

import json
import socket
import threading
import time

import orjson
import pytest
import uvicorn
from playwright.sync_api import expect
from shapely.geometry import box, mapping

from geo_service.access import tokens
from geo_service.app import create_app
from geo_service.changesets import Upload, receive
from geo_service.clock import utc_now
from geo_service.store import open_store
from geo_service.store.snapshot import Snapshots
from tests.clients.browser import browsing, chosen

PAYLOADS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror='window.pwned=1'>",
    "${window.pwned=1}",
    "`${window.pwned=1}`",
    "</script><script>window.pwned=1</script>",
    "<svg onload=window.pwned=1>",
    "{{ 7*7 }}{% for x in [] %}",
    "\"' autofocus onfocus='window.pwned=1",
    "\u2028</textarea><!--",
)

pytestmark = pytest.mark.browser


@pytest.fixture
def log(tmp_path):
    one = open_store(tmp_path / "data", create=True)
    yield one
    one.close()


def serving(app):
    sock = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    sock.close()


@pytest.fixture
def served(log):
    """A service that runs open for one person."""
    yield from serving(create_app(log, local=True))


@pytest.fixture
def shared_service(log):
    """A service for people with tokens, where review is on: the address, Ana's token, Ben's token."""
    log.set_setting("review", value=True)
    ana, ben = (
        tokens.create(log.tokens, utc_now, name, role)[1] for name, role in (("ana", "editor"), ("ben", "reviewer"))
    )
    for address in serving(create_app(log)):
        yield address, ana, ben


def written(*rows):
    return orjson.dumps({"type": "FeatureCollection", "features": list(rows)})


def feature(shape, identifier, **properties):
    return {"type": "Feature", "id": identifier, "geometry": mapping(shape), "properties": properties}


def hazard(identifier, x=46.0, **more):
    values = {"classification": "SHA", "opened_on": "2020-01-01", **more}
    return feature(box(x, 39, x + 0.02, 39.02), identifier, **values)


def load(log, layer, *rows, **more):
    received = receive(log, Snapshots(log), Upload(layer, written(*rows), "a.geojson", "test", **more), utc_now)
    assert received.draft.rejected == 0, received.draft.problems
    return received.changeset


def tab_to(page, fits, most=150):
    """Press Tab until the element in focus fits; answers after how many."""
    for count in range(most):
        if page.evaluate(fits):
            return count
        page.keyboard.press("Tab")
    raise AssertionError(
        f"the keyboard does not reach {fits}: {page.evaluate('document.activeElement.outerHTML')[:200]}"
    )


def on(identifier):
    return f"document.activeElement.id === '{identifier}'"


def quiet(seen, address, questions=0):
    """Nothing was complained of, but by Chromium itself of each answer that is a question (422); nothing left the host."""
    asked = [line for line in seen.complaints if "status of 422" in line]
    assert len(asked) == questions
    assert seen.complaints == asked
    assert seen.dialogs == []
    assert all(one.startswith((address, "data:", "blob:" + address)) for one in seen.requests), seen.requests


def test_upload_question_report_diff_and_approval_by_keyboard_alone(log, shared_service, tmp_path):  # noqa: PLR0915 - one walk
    address, ana, ben = shared_service
    table = tmp_path / "hazards.csv"
    table.write_text(
        "id,classification,opened_on,Zzz,wkt\n"
        'H1,SHA,2020-01-01,seen from the road,"POLYGON((46.02 39.02,46.05 39.02,46.05 39.05,46.02 39.02))"\n'
        "H2,CHA,2020-01-01,,\n",
        encoding="utf-8",
    )
    with browsing() as opened:
        page, seen = opened(f"{address}/maps/upload", ana)
        tab_to(page, on("file"))
        chosen(page, seen, table)
        tab_to(page, on("layer"))
        page.keyboard.type("Hazardous")
        tab_to(page, on("message"))
        page.keyboard.type("Survey of May")
        tab_to(page, on("check"))
        page.keyboard.press("Enter")
        # The file does not say its coordinate system: it is asked, and nothing is kept.
        page.wait_for_selector("#question:not([hidden])")
        assert page.evaluate(on("asked"))
        tab_to(page, "document.activeElement.type === 'radio'")
        page.keyboard.press("Space")
        assert page.evaluate("document.querySelector('#ask-choices input:checked').value") == "EPSG:4326"
        tab_to(page, "document.activeElement.textContent === 'Answer and check again'")
        page.keyboard.press("Enter")
        page.wait_for_selector("#result:not([hidden])")
        assert "1 of 2 rows" in page.inner_text("#outcome")
        # A column has a name of its own: say in the table of columns which field it is.
        tab_to(page, "document.activeElement.dataset.field === 'evidence'")
        page.keyboard.type("Zzz")
        tab_to(page, "document.activeElement.textContent === 'Check again with these columns'")
        page.keyboard.press("Enter")
        expect(page.locator("#result")).to_be_visible()
        expect(page.locator("#report-rows")).to_contain_text("evidence <- Zzz")
        assert log.changesets() == []
        tab_to(page, on("report-level"))
        page.keyboard.type("repairs")
        assert page.locator("#report-rows tr").count() == 0
        page.keyboard.press("ArrowUp")
        assert page.locator("#report-rows tr").count() == 1
        assert page.locator("#report-rows tr").inner_text().startswith("2\t")
        tab_to(page, on("report-csv"))
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        lines = download.value.path().read_text().splitlines()
        assert lines[0] == "row,id,level,code,message,values"
        assert any(line.startswith('"2","H2","error"') for line in lines[1:])
        tab_to(page, on("send"))
        page.keyboard.press("Enter")
        page.wait_for_selector("#sent:not([hidden])")
        assert "submitted" in page.inner_text("#sent-title")
        tab_to(page, on("sent-link"))
        page.keyboard.press("Enter")
        page.wait_for_selector("body[data-ready]")
        (made,) = log.changesets()
        assert (made.author, made.message, made.accepted, made.rejected) == ("ana", "Survey of May", 1, 1)
        # Its author sees what would change, and can't approve it.
        assert page.get_by_role("button", name="Approve").count() == 0
        assert "somebody other than ana" in page.inner_text(".cw-panel")
        assert page.evaluate("window.clearway.drawn.length") == 1
        quiet(seen, address, questions=1)

        page, seen = opened(f"{address}/maps/review", ben)
        tab_to(page, f"document.activeElement.textContent === '{made.id}'")
        page.keyboard.press("Enter")
        page.wait_for_selector("body[data-ready]")
        assert page.inner_text(".cw-added b") == "1"
        shown = page.inner_text("section[aria-labelledby=balance]")
        assert "suspected hazardous area, open" in shown
        tab_to(page, "document.activeElement.textContent === 'Approve'")
        page.keyboard.press("Enter")
        expect(page.locator("#state")).to_have_text("approved")
        page.wait_for_selector("body[data-ready]")
        assert "by ben" in page.inner_text(".cw-steps")
        tab_to(page, "document.activeElement.dataset.zoom === '0'")
        page.keyboard.press("Enter")
        page.wait_for_selector(".cw-popup")
        assert "H1" in page.inner_text(".cw-popup")
        quiet(seen, address)
    assert log.changeset(made.id).reviewed_by == "ben"
    assert log.history("hazards", "H1")["evidence"].tolist() == ["seen from the road"]
    assert log.check() == []


def test_a_changeset_is_taken_back_on_its_page(log, served):
    load(log, "hazards", hazard("H"))
    with browsing() as opened:
        page, seen = opened(f"{served}/maps/review/1")
        page.wait_for_selector("body[data-ready]")
        page.locator("summary").click()
        page.fill("#why", "wrong file")
        page.get_by_role("button", name="Make the changeset that reverses this one").click()
        page.wait_for_url("**/maps/review/2")
        assert page.inner_text("#state") == "approved"
        assert page.inner_text(".cw-removed b") == "1"
        # Once more there is nothing left: the page says so and stays.
        page.goto(f"{served}/maps/review/1")
        page.locator("summary").click()
        page.fill("#why", "again")
        page.get_by_role("button", name="Make the changeset that reverses this one").click()
        page.wait_for_selector("[role=alert]")
        assert "changed again since" in page.inner_text("[role=alert]")
        assert [line for line in seen.complaints if "409" not in line] == []


def test_a_large_file_is_followed_until_it_is_done(log, served, tmp_path):
    log.set_setting("background_rows", 50)
    path = tmp_path / "many.geojson"
    path.write_bytes(written(*(hazard(f"H{k}", 46 + k / 50) for k in range(60))))
    with browsing() as opened:
        page, seen = opened(f"{served}/maps/upload")
        page.set_input_files("#file", path)
        page.select_option("#layer", "hazards")
        page.click("#check")
        page.wait_for_selector("#result:not([hidden])")
        page.click("#send")
        expect(page.locator("#sent-title")).to_contain_text("approved")
        assert page.locator("#sent-progress").is_hidden()
        quiet(seen, served)
    assert log.head().number == 1


def test_a_file_can_be_dropped_and_what_cannot_be_read_is_said(log, served):
    with browsing() as opened:
        page, seen = opened(f"{served}/maps/upload")
        page.select_option("#layer", "hazards")
        dropped = page.evaluate_handle(
            """() => { const data = new DataTransfer(); data.items.add(new File(['rubbish'], 'a.bin')); return data; }"""
        )
        page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
        assert "a.bin" in page.inner_text("#file-name")
        page.click("#check")
        page.wait_for_selector("#trouble:not([hidden])")
        assert "formats" in page.inner_text("#trouble")
        assert page.evaluate(on("trouble"))
        assert [line for line in seen.complaints if "422" not in line] == []
    assert log.changesets() == []


def test_uploaded_text_stays_text(log, served, tmp_path):
    load(log, "districts", *(feature(box(45.9, 38.9, 46.3, 39.3), f"D {text}", name=text) for text in PAYLOADS))
    load(log, "hazards", *(hazard(f"H {text}", evidence="plain") for text in PAYLOADS))
    rows = []
    for text in PAYLOADS:
        own = {"note": text, "evidence": text, "source": text, text: text}
        rows += [
            hazard(f"H {text}", 46.005, valid_from="2021-01-01", change="survey", **own),
            hazard(f"N {text}", 46.1, note=text),
            {**hazard(f"bad {text}"), "properties": {"classification": text, "opened_on": text}},
        ]
    path, everything = tmp_path / "a.geojson", " ".join(PAYLOADS)
    path.write_bytes(written(*rows))
    with browsing() as opened:
        page, seen = opened(f"{served}/maps/upload")
        page.set_input_files("#file", path)
        page.select_option("#layer", "hazards")
        page.fill("#message", everything)
        page.click("#check")
        page.wait_for_selector("#result:not([hidden])")
        # As characters of the page, each payload stands in the report and among the columns.
        for visible in (
            "document.getElementById('report-rows').textContent",
            "[...document.querySelectorAll('option')].map((o) => o.value).join()",
        ):
            said = page.evaluate(visible)
            assert [text for text in PAYLOADS if text.strip()[:20] not in said] == []
        page.click("#send")
        page.wait_for_selector("#sent:not([hidden])")
        page.click("#sent-link")
        page.wait_for_selector("body[data-ready]")
        assert page.locator("[data-zoom]").count() == 2 * len(PAYLOADS)
        page.locator("[data-zoom]").first.click()
        page.wait_for_selector(".cw-popup")
        # One button after another, each popup read while it is the open one.
        shown = page.evaluate("""() => window.clearway.drawn.map((group, k) => {
            document.querySelector(`[data-zoom="${k}"]`).click();
            return group.getPopup().getElement().textContent;
        })""")
        assert [text for text in PAYLOADS if not any(text.strip() in one for one in shown)] == []
        page.wait_for_timeout(200)  # whatever a popup could start has started
        assert page.evaluate("window.pwned") is None
        lead = page.evaluate("document.querySelector('.cw-lead').textContent")
        assert [text for text in PAYLOADS if text.strip() not in lead] == []
        page.goto(f"{served}/maps/review")
        main = page.evaluate("document.querySelector('main').textContent")
        assert [text for text in PAYLOADS if text.strip() not in main] == []
        assert page.evaluate("window.pwned") is None
        quiet(seen, served)


def test_a_question_whose_text_is_a_payload_stays_text(log, served, tmp_path):
    path = tmp_path / "a.geojson"
    path.write_bytes(written(hazard("H", colour=1)))
    with browsing() as opened:
        page, seen = opened(f"{served}/maps/upload")
        page.route("**/changesets", lambda route: route.fulfill(
            status=422, content_type="application/problem+json",
            body=json.dumps({"detail": PAYLOADS[1], "errors": [{"code": PAYLOADS[1], "message": PAYLOADS[1], "choices": list(PAYLOADS)}]}),
        ))  # fmt: skip
        page.set_input_files("#file", path)
        page.select_option("#layer", "hazards")
        page.click("#check")
        page.wait_for_selector("#question:not([hidden])")
        assert PAYLOADS[1] in page.inner_text("#ask-text")
        assert page.locator("#ask-choices input").count() == len(PAYLOADS)
        page.wait_for_timeout(100)
        assert page.evaluate("window.pwned") is None
        assert seen.dialogs == []


def test_everything_has_a_label_and_fits_a_narrow_screen(log, served):
    load(log, "districts", feature(box(45.9, 38.9, 46.3, 39.3), "D", name="West"))
    load(log, "hazards", hazard("H"), message="a message without a place to break it" + "x" * 120)
    unlabelled = """() => [...document.querySelectorAll('input, select, button, textarea, progress')]
        .filter((one) => !one.labels?.length && !one.getAttribute('aria-label') && !one.textContent.trim()).map((one) => one.outerHTML)"""
    with browsing() as opened:
        for place in ("/maps/upload", "/maps/review", "/maps/review/2"):
            page, seen = opened(served + place, width=390, height=800)
            assert page.evaluate(unlabelled) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            assert page.evaluate("document.documentElement.lang") == "en"
            assert page.locator("h1").count() == 1
            quiet(seen, served)


def test_the_pages_allow_no_script_but_their_own(log, served):
    import httpx

    load(log, "hazards", hazard("H"))
    for place in ("/maps/upload", "/maps/review", "/maps/review/1"):
        answer = httpx.get(served + place)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert answer.headers["cache-control"].endswith("no-store")
    assert httpx.get(f"{served}/maps/review/99").status_code == 404
    # Another site's page can't press the buttons.
    crossed = httpx.post(f"{served}/maps/review/1/reverse", headers={"Origin": "https://example.org"})
    assert crossed.status_code == 403
    crossed = httpx.post(f"{served}/maps/review/1/reverse", headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 403
    assert len(log.changesets()) == 1
