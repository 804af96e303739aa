"""The log in PostgreSQL with PostGIS, for many processes and machines; needs the extra `postgis`."""
