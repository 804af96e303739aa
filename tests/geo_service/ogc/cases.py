"""Records of every layer, and ways to send them."""

import orjson
from pyproj import CRS
from shapely.geometry import LineString, Point, box, mapping

from geo_service.store.log import Draft
from layers.definitions import LAYERS
from layers.reading import Programme, RawTable, assess
from layers.reading.geojson import parse

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
GEOJSON = {"Content-Type": "application/geo+json"}
PATCH = {"Content-Type": "application/merge-patch+json"}


def feature(shape, identifier=None, **properties):
    found = {"type": "Feature", "geometry": shape and mapping(shape), "properties": properties}
    return found if identifier is None else found | {"id": identifier}


def hazard(k):
    x, y = 46 + k % 10 / 50, 39 + k // 10 / 50
    return feature(
        box(x, y, x + 0.005, y + 0.005),
        f"H-{k:03d}",
        classification="SHA" if k % 3 else "CHA",
        opened_on=f"2020-{k % 12 + 1:02d}-01",
        devices=["AP_mine"] if k % 2 else ["UXO", "AP_mine"],
        note=None if k % 4 else f"it's number {k}",
        reported_area_m2=None if k % 5 else 1000.0 * k,
        estimated_geometry=k % 7 == 0,
    )


RECORDS = {
    "districts": [feature(box(45.5, 38.5, 46.6, 39.8), "D-1", name="Ağdam", aliases=["Agdam"])],
    "hazards": [hazard(k) for k in range(25)],
    "releases": [
        feature(box(46, 39, 46.002, 39.002), "R-1", product="cleared", completed_on="2021-01-01", qc_status="passed", qc_on="2021-02-01", depth_cm=15),
        feature(box(46.02, 39, 46.025, 39.005), "R-2", product="cancelled", completed_on="2021-03-01"),
    ],
    "surveys": [feature(box(46.3, 39.3, 46.4, 39.4), "S-1", surveyed_on="2021-01-01")],
    "incidents": [feature(Point(46.1, 39.1), "I-1", kind="accident", occurred_on="2020-05-05", killed=0, injured=2)],
    "spots": [feature(Point(46.2, 39.2), "P-1", kind="item", found_on="2020-06-06", quantity=3)],
    "settlements": [feature(Point(46.1, 39.2), "V-1", name="Kənd", population_before=120), feature(box(46.2, 39.1, 46.21, 39.11), "V-2", name="Two")],
    "roads": [feature(LineString([(46, 39), (46.1, 39.1)]), "W-1", name="M1", width_m=6.5, oneway=False)],
}  # fmt: skip


def send(client, layer, rows):
    """Record rows as an upload does, without the cage that strangers' files are read in."""
    service = client.app.state.service
    content = orjson.dumps({"type": "FeatureCollection", "features": rows})
    read = parse(content)
    names = list(dict.fromkeys(name for row in read.properties for name in row))
    columns = {name: [row.get(name) for row in read.properties] for name in names}
    table = RawTable(columns, read.geometry, CRS.from_user_input("OGC:CRS84"), read.ids, right_handed=True)
    verdict = assess(
        table,
        LAYERS[layer],
        known=lambda ids: service.log.known(layer, ids),
        today=service.settings.today(service.clock),
        programme=Programme(),
    )
    assert verdict.rejected == 0, verdict.problems
    counts = {name: getattr(verdict, name) for name in ("rows_read", "accepted", "repaired", "unchanged")}
    return service.log.append_approved(
        Draft(layer=layer, author="test", message="", versions=verdict.versions, problems=verdict.problems, **counts)
    )
