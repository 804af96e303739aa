"""One Chromium for the tests of a module."""

import pytest

from tests.clients.browser import CHROMIUM_OF_MODULE


@pytest.fixture(scope="module", autouse=True)
def _one_chromium():
    with CHROMIUM_OF_MODULE.here():
        yield
