"""The items of a collection, page by page."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.direct import Direct
from geo_service.ogc import crs, files, html, links
from geo_service.ogc.negotiation import FORMS
from geo_service.ogc.pages import FORMS_OF_ITEMS, Page, collection, page_of, sequence, tag_of_page
from geo_service.ogc.reads import Read, read_of

router = APIRouter(route_class=Direct, include_in_schema=False, dependencies=[requires(Role.public, lasting=True)])


@router.get("/collections/{layer}/items")
def items(request: Request) -> Response:
    """Return the records in force and not withdrawn, page by page in order of id."""
    read = read_of(request, FORMS_OF_ITEMS)
    page = page_of(read)
    tag = tag_of_page(read)
    if read.form == "json":
        body = lambda: collection(page)  # noqa: E731
        return read.answer(body, tag, media_type=links.GEOJSON, headers=lambda: {"Content-Crs": f"<{page.asked.crs}>"})
    if read.form == "html":
        return read.answer(lambda: html.items(page), tag, media_type=HTML, headers=lambda: {**html.HEADERS})
    return _as_file(read, page, tag)


HTML = "text/html; charset=utf-8"


def _as_file(read: Read, page: Page, tag: str) -> Response:
    """Return a page in a form that has no room for links and numbers: they are headers."""
    ahead = [one for one in page.links() if one["rel"] in {"self", "next", "prev"}]
    headers = {
        "Link": links.header(ahead),
        "OGC-NumberMatched": str(page.matched),
        "OGC-NumberReturned": str(len(page.places)),
        "Content-Crs": f"<{page.asked.crs if read.form in {'geojsonseq', 'fgb', 'gpkg', 'parquet'} else crs.CRS84}>",
        "Clearway-As-Of": page.read.seen.as_of.isoformat(),
        "Clearway-Known-At": page.read.seen.known_at,
    }
    kind = {"csv": "text/csv; charset=utf-8"}.get(read.form, FORMS[read.form])
    if read.form == "geojsonseq":
        return files.streamed(read, lambda: sequence(page), tag, kind, headers)
    if read.form == "csv":
        return files.streamed(read, lambda: files.csv(page), tag, kind, headers)
    return files.written(read, page, tag, kind, headers)
