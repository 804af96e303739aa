"""Text that would run, in every text field of every layer, on every page: it stays text everywhere.

One store, one browser. A page's policy would stop most of it and complain: that nothing complains says that nothing was
even tried. The file of `clearway map` has no policy, so there only our own care stands between.
"""

from urllib.parse import quote, urlencode

import orjson
import pytest
from shapely.geometry import LineString, Point, box, mapping

from geo_service import balance
from geo_service.app import create_app
from geo_service.changesets import Upload, receive
from geo_service.clock import utc_now
from geo_service.maps.overview import overview
from geo_service.settings import Settings
from geo_service.situations import situation
from geo_service.store import open_store
from geo_service.store.snapshot import Snapshots
from layers.definitions import LAYERS, Kind
from tests.clients.browser import browsing, until
from tests.clients.test_map_browser import PAYLOADS as SHORT
from tests.clients.test_review_browser import serving

pytestmark = pytest.mark.browser

PAYLOADS = (
    *SHORT,
    "\"' autofocus onfocus='window.pwned=1",
    "<a href='javascript:window.pwned=1' id=cw-bait>x</a>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<details open ontoggle=window.pwned=1>",
    "<math><mtext><style><img src=x onerror=window.pwned=1></style></mtext></math>",
    "url(javascript:window.pwned=1)",
    '=HYPERLINK("javascript:window.pwned=1")',
    "--><img src=x onerror=window.pwned=1><!--",
)

OWN = {
    "hazards": {"classification": "SHA", "opened_on": "2020-01-01"},
    "releases": {"product": "reduced", "completed_on": "2021-01-01"},
    "surveys": {"surveyed_on": "2021-01-01"},
    "incidents": {"kind": "accident", "occurred_on": "2021-06-01"},
    "spots": {"found_on": "2021-06-01"},
    "districts": {},
    "settlements": {"kind": "home"},
    "roads": {},
}
"""What a record needs beside its texts."""


def ground(layer, k):
    """Where record `k` of a layer lies: all in one view, none over another of its layer."""
    x, y = 46.2 + 0.01 * (k % 6), 39.2 + 0.01 * (k // 6)
    if layer == "districts":
        return box(x, y, x + 0.01, y + 0.01)
    if layer == "roads":
        return LineString([(x, y + 0.002), (x + 0.008, y + 0.002)])
    if layer in {"incidents", "spots", "settlements"}:
        return Point(x + 0.004, y + 0.006)
    return box(x + 0.001, y + 0.001, x + 0.008, y + 0.008)


def texts(layer, text):
    """Every text field of a layer, holding a text."""
    kinds = {one.name: one.kind for one in LAYERS[layer].fields}
    return {
        name: text if kind is Kind.text else [text]
        for name, kind in kinds.items()
        if kind in {Kind.text, Kind.text_list}
    }


def records(layer):
    rows = []
    for k, text in enumerate(PAYLOADS):
        properties = {**texts(layer, text), **OWN[layer], f"more {text}": text}
        identifier = properties.pop("id")
        rows.append(
            {
                "type": "Feature",
                "id": f"{layer[0]}{k} {identifier}",
                "geometry": mapping(ground(layer, k)),
                "properties": properties,
            }
        )
    return rows


@pytest.fixture
def log(tmp_path):
    one = open_store(tmp_path / "data", create=True)
    every = " ".join(PAYLOADS)
    for name in ("authority", "standard", "contact"):
        one.set_setting(name, every)
    one.set_setting("basemap", {"pmtiles": "none.pmtiles", "attribution": every})
    for layer in LAYERS:
        content = orjson.dumps({"type": "FeatureCollection", "features": records(layer)})
        sent = Upload(layer, content, f"{every}.geojson", every, message=every)
        received = receive(one, Snapshots(one), sent, utc_now)
        assert received.draft.rejected == 0, received.draft.problems
    yield one
    one.close()


def pages(ids):
    """The address of every page that shows something of a record; `ids` by layer."""
    yield from ("/maps/review", "/maps/upload", "/maps/routes", "/coverage?f=html&by=district", "/?f=html&lang=az")
    for k, layer in enumerate(LAYERS, start=1):
        yield f"/maps/review/{k}"
        yield f"/collections/{layer}?f=html"
        yield f"/collections/{layer}/items?f=html&limit=100"
    for layer, rest in (("hazards", ""), ("roads", "/versions")):
        # A slash in an id would part an address.
        yield from (
            f"/collections/{layer}/items/{quote(one, safe='')}{rest}?f=html" for one in ids[layer] if "/" not in one
        )
    yield f"/maps/routes?{urlencode({'from': PAYLOADS[1], 'to': PAYLOADS[5], 'mode': PAYLOADS[0]})}"
    yield f"/maps/routes?{urlencode({'from': '46.201,39.202', 'to': '46.207,39.202'})}"
    yield f"/collections/hazards/items?{urlencode({'f': 'html', 'filter': PAYLOADS[2]})}"
    yield f"/?{urlencode(dict.fromkeys(('district', 'layers', 'compare', 'known_at', 'centre'), PAYLOADS[1]))}"


BAIT = """[...document.querySelectorAll('*')].filter((one) => one.id === 'cw-bait' || one.tagName === 'IFRAME' || one.tagName === 'MATH'
    || [...one.attributes].some((a) => a.name.startsWith('on') || /^\\s*javascript:/i.test(a.value) && ['href', 'src', 'action', 'formaction'].includes(a.name))
    || (one.tagName === 'SCRIPT' && one.textContent.startsWith('window.pwned'))).map((one) => one.outerHTML.slice(0, 200))"""
"""Elements and attributes that only a payload could have made."""


def unharmed(page, seen, address, allowed=()):
    assert page.evaluate("window.pwned") is None, address
    assert page.evaluate(BAIT) == [], address
    assert seen.dialogs == [], address
    assert [one for one in seen.complaints if not any(word in one for word in allowed)] == [], address


@pytest.fixture
def server(log):
    yield from serving(create_app(log, local=True))


def test_nothing_that_was_uploaded_runs_on_any_page(log, server, tmp_path):
    ids = {layer: log.versions(layer)["id"].tolist() for layer in LAYERS}
    with browsing() as opened:
        page, _ = opened("about:blank")
        page.set_content("".join(PAYLOADS))
        until(page, "window.pwned === 1")  # where nobody takes care, they do run
        assert len(page.evaluate(BAIT)) >= 4

        page, seen = opened(f"{server}/?zoom=13&centre=39.22,46.23", width=1440)
        until(page, "window.clearway && window.clearway.ready && document.querySelector('#view button')", seen)
        until(page, "window.clearway.waysThere()", seen)
        until(page, "document.querySelectorAll('#changes li').length === 8", seen)
        missing = ("404",)  # the background that is not there
        assert page.locator("#districts tbody button").count() == len(PAYLOADS)
        told = page.evaluate("""async (ids) => {
            const { record } = await import("/static/overview/details.js");
            const box = document.createElement("div");
            document.body.append(box);
            for (const [layer, id] of ids) box.append(await record(layer, id, window.clearway.state.asOf));
            await new Promise((done) => setTimeout(done, 100));
            const text = box.textContent;
            box.remove();
            return text;
        }""", [[layer, one] for layer in LAYERS for one in ids[layer]])  # fmt: skip
        for text in PAYLOADS:
            assert told.count(text.strip()) > 8 * 4, text
        page.locator("#view button").first.click()
        until(page, "document.querySelector('.cw-popup table')")
        page.locator("#districts tbody button").first.click()
        at = page.evaluate(
            "(() => { const p = window.clearway.map.latLngToContainerPoint([39.202, 46.204]); return [p.x, p.y]; })()"
        )
        page.locator(".folium-map").click(position={"x": at[0], "y": at[1]}, force=True)
        for asked in ("<img", "s1", "h3", "window.pwned"):
            page.fill("#search", asked)
            until(page, "document.querySelector('#found li, #found-told:not(:empty)')")
            page.wait_for_timeout(50)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_timeout(100)
        unharmed(page, seen, "overview", missing)

        seen.complaints.clear()
        for address in pages(ids):
            answer = page.goto(server + address)
            assert answer.status < 500, (address, answer.status)
            page.wait_for_timeout(30)
            unharmed(page, seen, address, ("404", "400", "422"))
            seen.complaints.clear()
        path = tmp_path / "upload.geojson"
        rows = [
            {**row, "properties": {**row["properties"], "classification": row["properties"]["note"]}}
            for row in records("hazards")
        ]
        path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": rows}))
        page.goto(f"{server}/maps/upload")
        page.set_input_files("#file", path)
        page.select_option("#layer", "hazards")
        page.click("#check")
        page.wait_for_selector("#result:not([hidden])")
        unharmed(page, seen, "upload")

        file = tmp_path / "map.html"
        file.write_text(
            overview(situation(balance.view(Snapshots(log), Settings(), utc_now), Settings()), mode="embedded"),
            encoding="utf-8",
        )
        page, seen = opened(file.as_uri())
        until(page, "window.clearway && window.clearway.ready", seen)
        said = page.evaluate("""() => {
            const found = [];
            window.clearway.map.eachLayer((layer) => {
                if (!layer.getPopup || !layer.getPopup()) return;
                layer.openPopup();
                found.push(document.querySelector('.cw-popup').textContent);
            });
            return found;
        }""")
        assert len(said) >= 7 * len(PAYLOADS)
        page.wait_for_timeout(200)
        unharmed(page, seen, "file")
