"""What stands around the ground: schools, water points, surface water. It says nothing of hazards and enters no sum."""

from layers.surroundings.kinds import Kind, kinds_of
from layers.surroundings.osm import Surroundings, read

__all__ = ["Kind", "Surroundings", "kinds_of", "read"]
