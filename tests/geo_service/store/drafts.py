"""Drafts for the store's tests, in the tests' process and in their children."""

import geopandas as gpd
import numpy as np
import shapely

from geo_service.store.log import Claim, Draft
from layers.definitions import LAYERS
from layers.versions import typed


def squares(count, seed=0, corners=4):
    """Polygons in random places: squares, or with more corners."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform([45, 38], [48, 40], (count, 1, 2))
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = 0.01 * np.column_stack([np.cos(angles), np.sin(angles)])
    return shapely.polygons(centres + ring)


def hazards(count, seed=0, prefix="H", **fields):
    """A version frame of hazards."""
    values = {"classification": "SHA", "opened_on": "2001-02-03", **fields}
    ids = [f"{prefix}{seed}-{place}" for place in range(count)]
    frame = gpd.GeoDataFrame({"id": ids, **values}, geometry=squares(count, seed), crs="EPSG:4326")
    return typed(frame, LAYERS["hazards"])


def draft(frame, layer="hazards", **more):
    """A draft of a version frame, with counts that fit."""
    counts = {"rows_read": len(frame), "accepted": len(frame)}
    return Draft(**{"layer": layer, "author": "ana", "message": "load", "versions": frame, **counts, **more})


def claim(**more):
    """An upload that goes on in the background."""
    given = {
        "layer": "hazards",
        "author": "ana",
        "message": "load",
        "source_name": "a.gpkg",
        "source_sha256": "cd" * 32,
    }
    return Claim(**{**given, "request": {"file": "f", "submit": True, "said": {}}, **more})
