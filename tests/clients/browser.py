"""Chromium for tests: everything it asks for, says and refuses is kept."""

import os
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def needed():
    """Skip where there is no browser; under CI its absence is a failure."""
    if not CHROMIUM.exists():
        reason = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


class Seen:
    """What a page did."""

    def __init__(self):
        self.requests, self.complaints, self.dialogs = [], [], []


def until(page, expression, seen=None, seconds=60):
    """Wait until an expression is true; asked from outside, since a page's policy forbids it to evaluate text."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        if time.monotonic() > end:
            pytest.fail(f"never came true: {expression}; the page said {seen.complaints if seen else ''}")
        page.wait_for_timeout(50)


@contextmanager
def page_of(address, width=1280, height=800):
    """Open an address; answers the page and what it did, once the map is drawn."""
    needed()
    seen = Seen()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), chromium_sandbox=False, args=SWITCHES)
        page = chromium.new_page(viewport={"width": width, "height": height})
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on(
            "console", lambda line: seen.complaints.append(line.text) if line.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        until(page, "window.clearway && window.clearway.ready", seen)
        yield page, seen
        chromium.close()


@contextmanager
def browsing():
    """Start Chromium; answers a function that opens a page for a person: (page, what it did)."""
    needed()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), chromium_sandbox=False, args=SWITCHES)

        def opened(address, token=None, width=1280, height=900):
            known = {"http_credentials": {"username": "token", "password": token}} if token else {}
            page = chromium.new_context(viewport={"width": width, "height": height}, **known).new_page()
            seen = Seen()
            page.on("request", lambda request: seen.requests.append(request.url))
            page.on(
                "console", lambda line: seen.complaints.append(line.text) if line.type in {"error", "warning"} else None
            )
            page.on("pageerror", lambda error: seen.complaints.append(str(error)))
            page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
            page.goto(address)
            return page, seen

        yield opened
        chromium.close()
