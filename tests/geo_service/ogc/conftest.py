"""A register with a few records of every layer."""

import pytest

from tests.geo_service.ogc.cases import RECORDS, send


@pytest.fixture
def filled(client):
    """The client of a register with records in every layer."""
    for layer, rows in RECORDS.items():
        send(client, layer, rows)
    return client


@pytest.fixture
def hazards(client):
    """The client of a register with hazards alone."""
    send(client, "hazards", RECORDS["hazards"])
    return client
