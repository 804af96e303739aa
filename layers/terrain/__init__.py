"""Terrain: what rasters of elevation say of the ground."""
