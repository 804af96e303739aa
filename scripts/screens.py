"""Takes a picture of each screen of a service, wide and narrow: screens.py ADDRESS FOLDER [NAME ...].

Everything is taken by one Chromium. What a page complains of is printed beside its name, and ends the run as a failure.
"""

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.clients.browser import browsing

SIZES = ((1440, 900), (390, 844))
PATIENCE_S = 300
AT = "centre=39.78,46.6"
STANDING = """!window.clearway || !window.clearway.loading
    || (window.clearway.ready && !window.clearway.loading() && document.querySelector('#districts td')
        && (!document.querySelector('[data-layer=roads]') || window.clearway.waysThere()))"""
"""True when a map has drawn its records and its roads; pages that are no map are not waited for."""


def answered(address: str) -> bytes:
    """Return what an address of the service answers, asked again until it serves."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:  # noqa: S310 - the service's own
                return bytes(answer.read())
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def fetched(address: str) -> Any:
    """Return what an address of the service answers in JSON."""
    return json.loads(answered(address))


def screens(base: str) -> dict[str, str]:
    """Return the address of each screen by its name."""
    total = fetched(f"{base}/maps/figures")
    district = max(total["rows"], key=lambda row: float(row["CHA"]))["id"]
    newest = max(int(one["id"]) for one in fetched(f"{base}/changesets")["changesets"])
    ways = fetched(f"{base}/access")["settlements"]
    there = max((row for row in ways if row["reached"]), key=lambda row: float(row["length_m"]), default=None)
    barred = next((row for row in ways if not row["reached"]), None)
    found = {
        "overview": "/",
        "district": f"/?{urlencode({'district': district})}&zoom=11&{AT}",
        "polygons": f"/?zoom=12.5&{AT}",
        "near": f"/?zoom=14.5&{AT}",
        "two-dates": f"/?compare=2018-06-30&zoom=11&{AT}",
        "time": f"/?as_of=2019-06-30&zoom=11&{AT}",
        "before-the-first-record": "/?as_of=1990-01-01",
        "azerbaijani": f"/?lang=az&zoom=11.5&{AT}",
        "russian": f"/?lang=ru&zoom=12.5&{AT}",
        "upload": "/maps/upload?lang=en",
        "review": "/maps/review",
        "changeset": f"/maps/review/{newest}",
        "routes": "/maps/routes",
        "access": "/maps/access?lang=en",
        "returning": "/maps/returning?lang=en&w_returned=1&w_population_before=1",
        "statements": "/maps/statements?lang=en",
        "balance": "/coverage?f=html&lang=en",
        "records": "/collections/hazards/items?f=html&lang=en&limit=100",
        "error": "/coverage?f=html&lang=ru&as_of=yesterday",
    }
    for name, row in (("way", there), ("no-way", barred)):
        if row:
            found[name] = f"/maps/routes?{urlencode({'from': row['site'], 'to': row['settlement']})}"
    return found


def main() -> int:
    """Take the pictures; return 1 where a page complained."""
    base, folder, *wanted = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    complained = 0
    with browsing() as opened:
        for name, path in screens(base).items():
            if wanted and name not in wanted:
                continue
            if name != "error":
                answered(base + path)  # what is worked out once keeps no page waiting
            for width, height in SIZES:
                page, seen = opened(base + path, width=width, height=height)
                page.wait_for_load_state("networkidle", timeout=PATIENCE_S * 1000)
                end = time.monotonic() + PATIENCE_S
                while not page.evaluate(STANDING) and time.monotonic() < end:
                    page.wait_for_timeout(100)
                page.wait_for_timeout(500)
                page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"))
                said = [one for one in seen.complaints if name != "error" or "status of 422" not in one]
                print(f"  {name}-{width}.png", *said, flush=True)
                complained += bool(said)
                page.context.close()
    return int(complained > 0)


if __name__ == "__main__":
    sys.exit(main())
