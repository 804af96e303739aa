"""The domain of Clearway: hazardous areas, release of land, its balance. GeoDataFrames in, GeoDataFrames out."""
