"""The balance over HTTP."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from geo_service import balance, formats, tabular
from geo_service import restatement as restating
from geo_service.api.dependencies import Service, TheService, TheView, answer, matches, tag_of, unchanged
from geo_service.api.speaking import language_for, remember
from geo_service.balance import Answer, Refused, view
from geo_service.languages.speech import Speech
from geo_service.languages.written import PARTS, choices
from layers.versions import as_date

router = APIRouter(tags=["coverage"])

Form = Annotated[Literal["json", "csv", "xlsx"], Query(description="the form of the answer")]
Shown = Annotated[
    Literal["json", "csv", "xlsx", "geojson", "html", "geotiff"], Query(description="the form of the answer")
]
Step = Annotated[Literal["month", "quarter", "year"], Query(description="how far apart the dates are")]
From = Annotated[str, Query(alias="from", description="the period begins at the end of this day")]
To = Annotated[str, Query(alias="to", description="the last day of the period")]
By = Annotated[str | None, Query(description="district, device or both, separated by a comma")]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def rendered(made: Answer, form: str, tag: str, name: str) -> Response:
    """Return an answer of the balance in a form."""
    if form == "csv":
        return answer(formats.to_csv(formats.rows_of(made)), "text/csv; charset=utf-8", tag)
    if form == "xlsx":
        attached = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
        return answer(formats.to_xlsx(made), XLSX, tag, attached)
    return answer(formats.to_json(made), "application/json", tag)


def conditional(request: Request, tag: str, make: Callable[[], Response]) -> Response:
    """Return 304 to a client that has the answer, else make it."""
    return unchanged(tag) if matches(request, tag) else make()


def period(service: Service, start: str, end: str) -> tuple[dt.date, dt.date]:
    """Return the days that a period runs from and to.

    Raises:
        Refused: one is no date, the period ends before it begins, or after today.
    """
    try:
        first, last = as_date(start), as_date(end)
    except ValueError as error:
        raise Refused(f"from, to: {error}") from None
    today = service.settings.today(service.clock)
    if last > today:
        raise Refused(f"to is after today ({today.isoformat()})")
    if last < first:
        raise Refused(f"the period ends ({last}) before it begins ({first})")
    return first, last


@router.get("/coverage")
def coverage(
    request: Request,
    service: TheService,
    seen: TheView,
    by: By = None,
    f: Shown = "json",
    cell_m: Annotated[float | None, Query(description="the side of a cell (m) of f=geotiff")] = None,
) -> Response:
    """Return how many m2 are in each state, with the certificate; as GeoJSON or GeoTIFF the ground itself by state."""
    groups = balance.grouping(by)
    language = language_for(request) if f == "html" else ""
    tag = tag_of(seen, "coverage", groups, f, cell_m, *([language] if language else []))

    def make() -> Response:
        if f == "geotiff":
            from geo_service.rasters.ground import MEDIA_TYPE, geotiff  # noqa: PLC0415 - rasterio waits

            attached = {"Content-Disposition": f'attachment; filename="coverage-{seen.as_of}.tif"'}
            return answer(geotiff(seen, service.settings, cell_m).content, MEDIA_TYPE, tag, attached)
        if f == "geojson":
            notice = service.settings.sentences(seen.as_of.isoformat(), seen.known_at)
            body = formats.to_geojson(balance.zones(seen, groups), balance.times(seen), notice)
            return answer(body, "application/geo+json", tag)
        made = balance.coverage(seen, groups)
        if f == "html":
            base = str(request.scope.get("root_path", "")).rstrip("/")
            places = choices(f"{base}/coverage", dict(request.query_params))
            page = tabular.page(
                made, service.settings, seen, speech=Speech(language, PARTS), base=base, languages=places
            )
            varying = {"Vary": "Accept-Language, Cookie"}
            return remember(request, answer(page, "text/html; charset=utf-8", tag, varying), language)
        return rendered(made, f, tag, "coverage")

    return conditional(request, tag, make)


@router.get("/coverage/ledger")
def ledger(
    request: Request, service: TheService, seen: TheView, start: From, end: To, by: By = None, f: Form = "json"
) -> Response:
    """Return the balance of a period."""
    groups = balance.grouping(by)
    first, last = period(service, start, end)
    tag = tag_of(seen, "ledger", first, last, groups, f)
    return conditional(request, tag, lambda: rendered(balance.ledger(seen, first, last, groups), f, tag, "ledger"))


@router.get("/coverage/timeline")
def timeline(
    request: Request,
    service: TheService,
    seen: TheView,
    start: From,
    end: To,
    step: Step = "month",
    f: Form = "json",
) -> Response:
    """Return the partition by district at the end of every month, quarter or year of a period."""
    first, last = period(service, start, end)
    tag = tag_of(seen, "timeline", first, last, step, f)
    return conditional(request, tag, lambda: rendered(balance.timeline(seen, first, last, step), f, tag, "timeline"))


@router.get("/coverage/restatement")
def restatement(
    request: Request,
    service: TheService,
    seen: TheView,
    against: Annotated[str | None, Query(description="the later knowledge time (RFC 3339), default now")] = None,
) -> Response:
    """Return how the figures of a date changed from what was known at `known_at`, changeset by changeset."""
    later = view(service.snapshots, service.settings, service.clock, seen.as_of.isoformat(), against)
    tag = tag_of(seen, "restatement", later.snapshot.number, later.known_at)

    def make() -> Response:
        found = restating.restatement(service.log, seen, later, service.progress)
        return answer(formats.to_json(found), "application/json", tag)

    return conditional(request, tag, make)


@router.get("/coverage/overlaps")
def overlaps(request: Request, seen: TheView) -> Response:
    """Return pairs of hazards open on the same ground, and what a person must look at."""
    tag = tag_of(seen, "overlaps")
    return conditional(request, tag, lambda: answer(formats.to_json(balance.overlaps(seen)), "application/json", tag))
