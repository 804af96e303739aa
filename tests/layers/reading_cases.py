"""Rows to be judged, shared by the tests of reading."""

import datetime as dt

import orjson
from shapely.geometry import box, mapping

from layers import reading, versions
from layers.definitions import LAYERS
from layers.reading import geojson
from layers.reading.table import RawTable

TODAY = dt.date(2022, 1, 1)
SQUARE = mapping(box(46, 39, 46.01, 39.01))
HAZARD = {"classification": "SHA", "opened_on": "2020-01-01"}


def table(features):
    """The features as they would come out of the cage."""
    content = orjson.dumps({"type": "FeatureCollection", "features": features})
    found = geojson.parse(content)
    names = list(dict.fromkeys(name for row in found.properties for name in row))
    columns = {name: [row.get(name) for row in found.properties] for name in names}
    return RawTable(columns, found.geometry, None, found.ids, found.defects, found.notes, right_handed=True)


def feature(geometry=SQUARE, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def judge(features, layer="hazards", known=None, **options):
    """A verdict on features, with the counts checked."""
    frame = versions.empty(LAYERS[layer]) if known is None else known
    programme = options.pop("programme", reading.Programme())
    verdict = reading.assess(
        table(features),
        LAYERS[layer],
        known=lambda ids: frame[frame["id"].isin(ids)],
        today=TODAY,
        programme=programme,
        **options,
    )
    assert verdict.accepted + verdict.rejected == verdict.rows_read == len(features)
    return verdict


def codes(verdict, level="error"):
    return [one.code for one in verdict.problems if one.level == level]
