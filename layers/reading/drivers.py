"""The GDAL drivers that a stranger's file may be read with."""

ALLOWED = ("GPKG", "ESRI Shapefile", "FlatGeobuf", "KML", "LIBKML", "GPX", "XLSX", "ODS")
"""They read one local file and nothing else. GeoJSON and CSV are read without GDAL."""
