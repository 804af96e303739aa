"""What stands around the ground: schools, water points, surface water. It says nothing of hazards and enters no sum."""

from layers.surroundings.kinds import Kind, kinds_of
from layers.surroundings.osm import COLUMNS, Surroundings, read

__all__ = ["COLUMNS", "Kind", "Surroundings", "kinds_of", "read"]
