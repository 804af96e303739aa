"""Places for stores of either kind."""

import shutil
import tempfile
import uuid
from contextlib import contextmanager
from pathlib import Path

from geo_service.store import open_store
from geo_service.store.locations import Database, database_at


class Places:
    """Free places for stores: folders, or schemas of one database."""

    def __init__(self, url=None):
        self.url = url

    def new(self, folder):
        """A place: the folder, or a schema of its own with the folder beside it."""
        return database_at(f"{self.url}?schema=t{uuid.uuid4().hex[:16]}", folder) if self.url else folder

    def clear(self, place):
        """Remove what is there."""
        if isinstance(place, Database):
            import psycopg

            with psycopg.connect(place.url, autocommit=True) as connection:
                connection.execute(f'DROP SCHEMA IF EXISTS "{place.schema}" CASCADE')

    @contextmanager
    def fresh(self, **options):
        """An empty store for as long as it is needed."""
        folder = Path(tempfile.mkdtemp())
        place = self.new(folder)
        try:
            with open_store(place, create=True, **options) as log:
                yield log
        finally:
            self.clear(place)
            shutil.rmtree(folder)
