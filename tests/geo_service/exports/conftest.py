"""A store of records that are hard to hand on, and what is exported of it."""

from types import SimpleNamespace

import pytest

from geo_service.balance import view
from geo_service.exports import writing
from geo_service.exports.content import content_of
from geo_service.store import open_store
from tests.geo_service.exports.cases import fill


def quiet(done, total):
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def exporting(tmp_path_factory):
    """A store, the application over it, its view of now, and a way to write an export."""
    folder = tmp_path_factory.mktemp("exporting")
    log = open_store(folder / "data", create=True)
    log.set_setting("authority", "Mərkəz <b>")
    app = fill(log)
    service = app.state.service
    seen = view(service.snapshots, service.settings, service.clock)

    def write(name, form=None, **options):
        content = content_of(seen, service.settings, layers=options.pop("layers", None))
        out = folder / name
        counts = writing.write(out, writing.form_of(out, form), content, quiet, **options)
        return out, counts, content

    yield SimpleNamespace(log=log, app=app, service=service, seen=seen, write=write, folder=folder)
    log.close()
