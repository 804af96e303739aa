"""What is declared: the classes whose tests pass, and no other."""

_FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"

CLASSES = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    *(f"{_FEATURES}1/1.0/conf/{name}" for name in ("core", "oas30", "html", "geojson")),
    f"{_FEATURES}2/1.0/conf/crs",
    *(f"{_FEATURES}3/1.0/conf/{name}" for name in ("filter", "features-filter", "queryables")),
    f"{_FEATURES}3/1.0/conf/queryables-query-parameters",
    *(f"{_FEATURES}4/1.0/conf/{name}" for name in ("create-replace-delete", "update", "optimistic-locking-etags")),
    f"{_FEATURES}4/1.0/conf/optimistic-locking-timestamps",
    f"{_FEATURES}4/1.0/conf/features",
    *(f"{_FEATURES}5/1.0/conf/{name}" for name in ("schemas", "core-roles-features", "queryables")),
    *(f"{_TILES}{name}" for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "tilejson")),
    *(
        f"{_CQL2}{name}"
        for name in (
            *("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison"),
            *("basic-spatial-operators", "basic-spatial-functions", "basic-spatial-functions-plus"),
            *("spatial-functions", "array-functions", "property-property", "arithmetic"),
        )
    ),
)
"""The conformance classes of the service."""
