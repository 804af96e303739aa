"""Clearway's service: the log, the API, the maps and the command line over the domain in `layers`."""

__version__ = "0.1.0"
