"""Records that are hard to hand on: other scripts, signs that mean something to some program, holes, parts, gaps."""

from types import SimpleNamespace

from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from geo_service.app import create_app
from tests.geo_service.ogc.cases import feature, hazard, send

TEXTS = (
    "Ağdam rayonu, Füzuli yolu",
    "Минное поле № 4; «старое»",
    "=1+1",
    "'=quoted",
    "'",
    "-5",
    "@sum",
    "<b>bold</b><script>alert(1)</script> & so on",
    "a, \"b\" and 'c'",
    "two\nlines",
    "${name} $[description] %s",
    "☢ 地雷",
)
LONG = "Очень длинное примечание. " * 40

DONUT = Polygon(
    [(46.5, 39.5), (46.52, 39.5), (46.52, 39.52), (46.5, 39.52)],
    [[(46.505, 39.505), (46.505, 39.51), (46.51, 39.51), (46.51, 39.505)]],
)
TWO = MultiPolygon([box(46.6, 39.6, 46.61, 39.61), box(46.62, 39.6, 46.63, 39.61)])

RECORDS = {
    "districts": [feature(box(45.5, 38.5, 46.6, 39.8), "D-1", name="Ağdam", aliases=["Agdam", "Агдам"])],
    "hazards": [
        *(hazard(k) for k in range(25)),
        *(
            feature(box(46 + k / 100, 39.3, 46.004 + k / 100, 39.304), f"T-{k:02d}", classification="CHA", opened_on="2021-01-01",
                    note=text, evidence=text[::-1].strip(), **{"column of theirs": text, "number": k})
            for k, text in enumerate(TEXTS)
        ),
        feature(DONUT, "X-1", classification="SHA", opened_on="2021-01-01", status="worked_on", positional_accuracy_m=0.1),
        feature(TWO, "X-2", classification="CHA", opened_on="2021-01-01", status="suspended", reported_area_m2=1e9 / 7),
        feature(box(46.7, 39.7, 46.70001, 39.70001), "X-3", classification="CHA", opened_on="2021-01-01"),
        feature(box(46.7, 39.1, 46.71, 39.11), "X-4", classification="CHA", opened_on="2021-01-01", withdrawn=True),
    ],
    "releases": [
        feature(box(46, 39, 46.002, 39.002), "R-1", product="cleared", completed_on="2021-01-01", qc_status="passed", qc_on="2021-02-01", depth_cm=15, handed_over_on="2021-03-01"),
        feature(box(46.02, 39, 46.025, 39.005), "R-2", product="cancelled", completed_on="2021-03-01", hazards=["H-001", "H-002"], devices=["AP_mine"]),
        feature(box(46.04, 39, 46.045, 39.005), "R-3", product="reduced", completed_on="2021-03-01", organisation="ƏÖÜ"),
        feature(box(46.06, 39, 46.065, 39.005), "R-4", product="cleared", completed_on="2021-03-01"),
    ],
    "surveys": [feature(box(46.3, 39.35, 46.4, 39.4), "S-1", surveyed_on="2021-01-01")],
    "incidents": [feature(Point(46.1 + k / 500, 39.12345678901), f"I-{k}", kind="accident" if k % 2 else "incident", occurred_on="2020-05-05", killed=0, injured=2) for k in range(7)],
    "spots": [feature(Point(46.2, 39.2), "P-1", kind="item", found_on="2020-06-06", quantity=3, disposition="removed")],
    "settlements": [feature(Point(46.1, 39.2), "V-1", name="Kənd", population_before=120), feature(box(46.2, 39.1, 46.21, 39.11), "V-2", name="Two")],
    "roads": [
        feature(LineString([(46, 39), (46.1, 39.1)]), "W-1", name="M1", width_m=6.5, source="© OpenStreetMap contributors (ODbL)"),
        feature(MultiLineString([[(46, 39.2), (46.1, 39.2)], [(46.2, 39.2), (46.3, 39.2)]]), "W-2", eo_status="closed", **{"class": "track"}),
    ],
}  # fmt: skip
"""By layer; one hazard is withdrawn."""

COUNTS = {name: len(rows) - (name == "hazards") for name, rows in RECORDS.items()}


def fill(log, records=None):
    """Record them; returns the application over the store."""
    app = create_app(log, local=True)
    for layer, rows in (RECORDS if records is None else records).items():
        send(SimpleNamespace(app=app), layer, rows)
    return app
