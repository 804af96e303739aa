"""Rasters over HTTP: uploads, their list, their files, tiles for maps, figures by district and near open ground."""

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response, StreamingResponse

from geo_service import formats
from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import NotAllowed, Role
from geo_service.api.dependencies import Service, TheService, answer, matches, unchanged
from geo_service.balance import Refused, view
from geo_service.rasters.reading import listed, times_of
from geo_service.rasters.receiving import Sent, receive
from geo_service.rasters.register import MEDIA_TYPE, Raster, described, named
from geo_service.store.errors import NotFound, explained_files

router = APIRouter(tags=["rasters"], dependencies=[requires(Role.viewer)])

AsOf = Annotated[str | None, Query(description="ground date, default today")]
KnownAt = Annotated[str | None, Query(description="knowledge time (RFC 3339), default now")]
Version = Annotated[int | None, Query(ge=1, description="one version of the raster, whatever the times")]
Table = Annotated[Literal["json", "csv"], Query(description="the form of the answer")]

JSON, CSV, PNG = "application/json", "text/csv; charset=utf-8", "image/png"
_PIECE = 1 << 20


@router.post("/rasters", status_code=HTTPStatus.CREATED, dependencies=[requires(Role.editor, uploads=True)])
def upload(
    service: TheService,
    principal: ThePrincipal,
    file: Annotated[list[UploadFile], File(description="GeoTIFF, .hgt or .hgt.zip; several are tiles of one grid")],
    name: Annotated[str, Form(description="what it is called: letters, digits, - and _")],
    kind: Annotated[str, Form(description="terrain, population, land_cover or other")],
    valid_from: Annotated[str | None, Form(description="from when it describes the ground")] = None,
    unit: Annotated[str, Form(description="of its numbers; of a population people or people/km2")] = "",
    source: Annotated[str, Form(description="whose it is")] = "",
    crs: Annotated[str | None, Form(description="its coordinate system, where the file does not say it")] = None,
    nodata: Annotated[float | None, Form(description="a value that means that there is none")] = None,
    classes: Annotated[str | None, Form(description='JSON {"40": "cropland"}: names of classes')] = None,
) -> Response:
    """Take a raster as a version of its name, or nothing; the same again answers 200 and adds nothing."""
    if principal.layers is not None:
        raise NotAllowed("This token may write single layers only, and a raster is none of them.", known=True)
    with tempfile.TemporaryDirectory(prefix="clearway-upload-") as folder, explained_files():
        sent = Sent(
            files=tuple(_laid(file, Path(folder))),
            name=name,
            kind=kind,
            unit=unit,
            source=source,
            valid_from=valid_from or None,
            crs=crs or None,
            nodata=nodata,
            class_names=_names(classes),
            author=principal.name,
        )
        found, new = receive(service.log, sent, service.settings, service.clock)
    status = HTTPStatus.CREATED if new else HTTPStatus.OK
    place = {"Location": f"/rasters/{found.name}?version={found.version}"}
    return Response(orjson.dumps({**described(found), "unchanged": not new}), status, place, JSON)


def _laid(files: Sequence[UploadFile], folder: Path) -> Iterator[Path]:
    """Lay files on the disk, each alone, under the plain part of its name."""
    for number, one in enumerate(files):
        last = (one.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", last)[-80:].lstrip(".-") or "file"
        place = folder / str(number) / plain
        place.parent.mkdir()
        with place.open("wb") as out:
            while piece := one.file.read(_PIECE):
                out.write(piece)
        yield place


def _names(text: str | None) -> Mapping[str, str]:
    if not text:
        return {}
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused(f"classes is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Refused('classes is a JSON object of numbers and names, such as {"40": "cropland"}')
    return found


@router.get("/rasters")
def rasters(request: Request, service: TheService, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """Return the rasters that hold at a date, as known at a time."""
    found = listed(service.log, times_of(service.settings, service.clock, as_of, known_at))
    body = formats.to_json(found)
    return _conditional(request, f'"{hashlib.sha256(body).hexdigest()[:32]}"', body, JSON)


@router.get("/rasters/{name}")
def raster(
    request: Request,
    service: TheService,
    name: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    version: Version = None,
) -> Response:
    """Return what is known of a raster."""
    found = _named(service, name, as_of, known_at, version)
    return _conditional(request, _tag(found, "about"), formats.to_json(described(found)), JSON, version)


@router.get("/rasters/{name}/file")
def file(
    request: Request,
    service: TheService,
    name: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    version: Version = None,
) -> Response:
    """Return a raster as a cloud-optimised GeoTIFF."""
    found = _named(service, name, as_of, known_at, version)
    headers = _headers(f'"{found.sha256[:32]}"', version)
    if matches(request, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    attached = {"Content-Disposition": f'attachment; filename="{found.name}-{found.version}.tif"'}
    length = {"Content-Length": str(found.size)}
    pieces = service.log.filing.pieces(found.sha256)
    return StreamingResponse(pieces, headers=headers | attached | length, media_type=MEDIA_TYPE)


@router.get("/rasters/{name}/tiles/{style}/{z}/{x}/{y}.png")
def tile(
    request: Request,
    service: TheService,
    name: str,
    style: str,
    z: int,
    x: int,
    y: int,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    version: Version = None,
) -> Response:
    """Return a picture of a raster (WebMercatorQuad, 256 pixels), transparent where it has no value."""
    from layers.rasters.tiles import HIGHEST, styles_of  # noqa: PLC0415 - rio-tiler is slow to import

    found = _named(service, name, as_of, known_at, version)
    styles = {one.value: one for one in styles_of(found.kind)}
    if style not in styles:
        raise NotFound(f"A raster of kind {found.kind.value} is drawn as {', '.join(styles)}, not as {style[:40]!r}.")
    if not (0 <= z <= HIGHEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound(f"There is no such tile: zoom is 0 to {HIGHEST}, column and row are less than 2 to its power.")
    headers = _headers(_tag(found, "tile", style, z, x, y), version)
    if matches(request, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(service.pictures.tile(found, styles[style], z, x, y), headers=headers, media_type=PNG)


@router.get("/rasters/{name}/statistics")
def statistics(
    request: Request,
    service: TheService,
    name: str,
    by: Annotated[str | None, Query(description="district")] = None,
    near: Annotated[str | None, Query(description="km from open ground, such as 0.5,1")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    f: Table = "json",
) -> Response:
    """Return what a raster holds by district, or near open ground: people, m2 of each class, heights."""
    from geo_service.rasters.statistics import asked, figures, tag_for  # noqa: PLC0415 - exactextract waits

    question = asked(name, by, near)
    seen = view(service.snapshots, service.settings, service.clock, as_of, known_at)
    tag = tag_for(service, seen, question, known_at, f)
    if matches(request, tag):
        return unchanged(tag)
    found = figures(service, seen, question, known_at)
    if f == "csv":
        return answer(formats.to_csv(found["rows"]), CSV, tag)  # type: ignore[arg-type]
    return answer(formats.to_json(found), JSON, tag)


def _named(service: Service, name: str, as_of: str | None, known_at: str | None, version: int | None) -> Raster:
    return named(service.log, name, times_of(service.settings, service.clock, as_of, known_at), version)


def _tag(one: Raster, *representation: object) -> str:
    text = "|".join(map(str, (one.name, one.version, one.sha256, one.recorded_at, *representation)))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _headers(tag: str, version: int | None) -> dict[str, str]:
    """Return the headers of an answer: for ever only where the address names the version."""
    return {"ETag": tag, "Cache-Control": "no-cache" if version is None else "max-age=31536000, immutable"}


def _conditional(request: Request, tag: str, body: bytes, media_type: str, version: int | None = None) -> Response:
    headers = _headers(tag, version)
    if matches(request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
