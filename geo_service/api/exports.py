"""Exports over HTTP: every layer and the ground by state at a view, as one file."""

import os
import shutil
import threading
from collections.abc import Iterator
from typing import Annotated, BinaryIO, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from geo_service.access.dependencies import requires
from geo_service.access.gate import TooMany
from geo_service.access.principals import Role
from geo_service.api.coverage import conditional
from geo_service.api.dependencies import TheRecords, TheService, TheView, tag_of
from geo_service.exports import writing
from geo_service.exports.content import content_of

router = APIRouter(tags=["exports"])

AT_ONCE = threading.BoundedSemaphore(2)
"""Exports that are written at a time in a process: each holds a processor and a file while somebody waits."""

PATIENCE_S = 20
"""How long a request waits for its turn."""

MOST_TILES = 100_000
"""Tiles that are drawn while somebody waits; the command writes larger archives."""

BLOCK = 1 << 18

Named = Annotated[
    Literal["gpkg", "geojson", "csv", "shp", "kml", "parquet", "pmtiles"],
    Path(description="the form; geojson, csv, shp and parquet come as a zip with a file per layer"),
]
Layers = Annotated[str | None, Query(description="some layers, separated by commas; default all", max_length=200)]
Zoom = Annotated[int, Query(description="the highest zoom of pmtiles", ge=0, le=16)]


@router.get("/exports/{form}", dependencies=[requires(Role.public)], response_class=Response)
def export(
    request: Request,
    service: TheService,
    seen: TheView,
    records: TheRecords,
    form: Named,
    layers: Layers = None,
    max_zoom: Zoom = writing.MAX_ZOOM,
) -> Response:
    """Return every layer and the ground by state as a file; without a token, what is published of them."""
    settings = service.settings
    wanted = [one.strip() for one in layers.split(",")] if layers is not None else None
    content = content_of(seen, settings, records, wanted)
    tag = tag_of(seen, "export", form, content.layers, records.form, max_zoom, settings)

    def make() -> Response:
        if not AT_ONCE.acquire(timeout=PATIENCE_S):
            raise TooMany(PATIENCE_S)
        try:
            path = writing.written_alone(form, content, service.progress, max_zoom=max_zoom, most=MOST_TILES)
        finally:
            AT_ONCE.release()
        # Open and already without a name, it goes with the last who reads it, however the answer ends.
        name, file = path.name, path.open("rb")
        shutil.rmtree(path.parent, ignore_errors=True)
        headers = {
            "ETag": tag,
            "Cache-Control": "no-cache",
            "Content-Length": str(os.fstat(file.fileno()).st_size),
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return StreamingResponse(_blocks(file), media_type=writing.FORMS[form].media_type, headers=headers)

    return conditional(request, tag, make)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK):
            yield block
