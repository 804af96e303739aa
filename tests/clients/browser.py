"""Chromium for tests: everything it asks for, says and refuses is kept."""

import os
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_S = 90.0
"""How long a page may take for anything: a slow machine is no error."""
SWITCHES = [
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

expect.set_options(timeout=PATIENCE_S * 1000)


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
        self.requests, self.complaints, self.dialogs, self.choosers = [], [], [], []


class Kept:
    """One Chromium for as long as somebody keeps it; started when a page is first asked for."""

    def __init__(self):
        self._within, self._chromium, self._keepers = ExitStack(), None, 0

    @contextmanager
    def here(self):
        """Keep Chromium; the last one to let go ends it."""
        self._keepers += 1
        try:
            yield self
        finally:
            self._keepers -= 1
            if not self._keepers:
                self._chromium = None
                self._within.close()

    @contextmanager
    def opening(self):
        """Answer what opens pages - each like a browser of its own, with no cookie and no cache - and closes them."""
        needed()
        with self.here():
            if self._chromium is None:
                playwright = self._within.enter_context(sync_playwright())
                self._chromium = playwright.chromium.launch(
                    executable_path=str(CHROMIUM), chromium_sandbox=False, args=SWITCHES, timeout=PATIENCE_S * 1000
                )
                self._within.callback(self._chromium.close)
            with ExitStack() as contexts:
                yield partial(_opened, self._chromium, contexts)


CHROMIUM_OF_MODULE = Kept()
"""A module of tests keeps it (conftest.py)."""


def _opened(chromium, contexts, address, token=None, width=1280, height=900):
    known = {"http_credentials": {"username": "token", "password": token}} if token else {}
    context = chromium.new_context(viewport={"width": width, "height": height}, **known)
    contexts.callback(context.close)
    context.set_default_timeout(PATIENCE_S * 1000)
    page, seen = context.new_page(), Seen()
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("console", lambda line: seen.complaints.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    page.on("filechooser", lambda chooser: seen.choosers.append(chooser))  # noqa: PLW0108 - no method of a list can be listened with
    page.goto(address)
    return page, seen


def until(page, expression, seen=None, seconds=PATIENCE_S):
    """Wait until an expression is true; asked from outside, since a page's policy forbids it to evaluate text."""
    end = time.monotonic() + seconds
    while not _true(page, expression):
        if time.monotonic() > end:
            pytest.fail(f"never came true: {expression}; the page said {seen.complaints if seen else ''}")
        page.wait_for_timeout(50)


def _true(page, expression):
    try:
        return page.evaluate(expression)
    except Error as error:
        # The page was left for another one while it was asked.
        if "context was destroyed" in error.message:
            return False
        raise


def chosen(page, seen, file, times=6, seconds=10):
    """Press Space until the page asks for a file - it listens from its opening - and give it one."""
    for _ in range(times):
        page.keyboard.press("Space")
        end = time.monotonic() + seconds
        while not seen.choosers and time.monotonic() < end:
            page.wait_for_timeout(50)
        if seen.choosers:
            return seen.choosers[-1].set_files(file)
    pytest.fail(f"no file was asked for; the page said {seen.complaints}")


DRAWN = """(() => {
    const { ready, loading } = window.clearway || {}, is = (name) => document.getElementById(name);
    const said = !is("cards") || is("cards").firstElementChild || !is("trouble").hidden;
    return Boolean(ready && said && !(loading && loading()));
})()"""
"""The map is drawn; where a page has figures they stand there too, and what they made the map draw again is drawn."""


@contextmanager
def page_of(address, width=1280, height=800):
    """Open an address; answers the page and what it did, once map and figures are drawn."""
    with browsing() as opened:
        page, seen = opened(address, width=width, height=height)
        # The first page of all may wait until the making of tiles is compiled.
        until(page, DRAWN, seen, 2 * PATIENCE_S)
        yield page, seen


@contextmanager
def browsing():
    """Answer a function that opens a page for a person: (page, what it did)."""
    with CHROMIUM_OF_MODULE.opening() as opened:
        yield opened
