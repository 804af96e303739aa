"""The client: a register from Python, over a network or in a folder.

>>> from geo_service.client import Clearway
>>> cw = Clearway("http://127.0.0.1:8000")  # or Clearway.open("clearway-data"), without a server
"""

from geo_service.client.changesets import Changeset
from geo_service.client.clearway import Clearway
from geo_service.client.errors import (
    ClearwayError,
    Conflict,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Refused,
    ServiceFailed,
    TooLarge,
    TooMany,
    Unreachable,
)
from geo_service.client.records import Layer
from geo_service.client.shown import MapPage, State
from geo_service.client.travel import segments

__all__ = [
    "Changeset",
    "Clearway",
    "ClearwayError",
    "Conflict",
    "Layer",
    "MapPage",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "Refused",
    "ServiceFailed",
    "State",
    "TooLarge",
    "TooMany",
    "Unreachable",
    "segments",
]
