"""The balance over HTTP."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from geo_service import balance, formats
from geo_service.api.dependencies import TheService, TheView, answer, matches, tag_of, unchanged
from geo_service.balance import Answer, Refused
from layers.versions import as_date

router = APIRouter(tags=["coverage"])

Form = Annotated[Literal["json", "csv", "xlsx"], Query(description="the form of the answer")]
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


@router.get("/coverage")
def coverage(request: Request, seen: TheView, by: By = None, f: Form = "json") -> Response:
    """Return how many m2 are in each state, with the certificate."""
    groups = balance.grouping(by)
    tag = tag_of(seen, "coverage", groups, f)
    return conditional(request, tag, lambda: rendered(balance.coverage(seen, groups), f, tag, "coverage"))


@router.get("/coverage/ledger")
def ledger(
    request: Request,
    service: TheService,
    seen: TheView,
    start: Annotated[str, Query(alias="from", description="the period begins at the end of this day")],
    end: Annotated[str, Query(alias="to", description="the last day of the period")],
    by: By = None,
    f: Form = "json",
) -> Response:
    """Return the balance of a period."""
    groups = balance.grouping(by)
    try:
        first, last = as_date(start), as_date(end)
    except ValueError as error:
        raise Refused(f"from, to: {error}") from None
    today = service.settings.today(service.clock)
    if last > today:
        raise Refused(f"to is after today ({today.isoformat()})")
    if last < first:
        raise Refused(f"the period ends ({last}) before it begins ({first})")
    tag = tag_of(seen, "ledger", first, last, groups, f)
    return conditional(request, tag, lambda: rendered(balance.ledger(seen, first, last, groups), f, tag, "ledger"))


@router.get("/coverage/overlaps")
def overlaps(request: Request, seen: TheView) -> Response:
    """Return pairs of hazards open on the same ground, and what a person must look at."""
    tag = tag_of(seen, "overlaps")
    return conditional(request, tag, lambda: answer(formats.to_json(balance.overlaps(seen)), "application/json", tag))
