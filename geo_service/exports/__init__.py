"""What leaves the house as files: every layer as of a date, with its dates, its sentences and the ground by state."""

from geo_service.exports.frames import TYPES, about, flat

__all__ = ["TYPES", "about", "flat"]
