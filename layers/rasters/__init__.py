"""Rasters: files of strangers made fit to keep, drawn as tiles, summed over zones; the state of the ground as cells."""
