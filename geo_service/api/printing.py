"""The map on paper over HTTP: an atlas, or one district, as PDF."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.coverage import conditional
from geo_service.api.dependencies import TheRecords, TheService, TheView, answer, tag_of
from geo_service.printing import files
from geo_service.printing.atlas import By, Wish
from geo_service.printing.paper import PAPERS

router = APIRouter(tags=["maps"])

MOST_SHEETS = 60
"""Sheets of an atlas that is printed while somebody waits; the command prints larger ones."""

Size = Annotated[Literal["A4", "A3"], Query(description="the paper, in landscape")]
Parted = Annotated[Literal["district", "grid", "none"], Query(description="what the atlas is parted by")]
District = Annotated[str | None, Query(description="the id of the one district that is wanted", max_length=200)]
Edition = Annotated[int | None, Query(description="the number of the edition", ge=1, le=99_999)]


@router.get("/maps/print.pdf", dependencies=[requires(Role.public)], response_class=Response)
def print_map(
    request: Request,
    service: TheService,
    seen: TheView,
    records: TheRecords,
    paper: Size = "A4",
    by: Parted = "district",
    district: District = None,
    edition: Edition = None,
) -> Response:
    """Return the map as PDF to print: an overview, the balance, and a sheet per district or cell of a grid."""
    wish = Wish(PAPERS[paper], By(by), district, edition, most=MOST_SHEETS)
    settings = service.settings
    # What stands on the paper beside the records: who answers for them, and what is said of this copy.
    told = settings.authority, settings.standard, settings.contact, settings.synthetic
    tag = tag_of(seen, "print", records.form, paper, by, district, edition, told)

    def make() -> Response:
        body = service.press.printed(tag, lambda: files.pdf(seen, settings, wish, records))
        name = f"clearway-{seen.as_of}-r{seen.snapshot.number}.pdf"
        return answer(body, "application/pdf", tag, {"Content-Disposition": f'inline; filename="{name}"'})

    return conditional(request, tag, make)
