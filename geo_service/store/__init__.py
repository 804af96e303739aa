"""The store: the log of changesets and what it is kept in."""

from geo_service.store.opening import open_store
from geo_service.store.restoring import restore

__all__ = ["open_store", "restore"]
