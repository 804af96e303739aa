"""The rasters of a store: taken in, filed in versions, drawn as tiles, summed over districts and near open ground."""
