"""Reports of a period and editions over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response

from geo_service import editions, formats
from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import Role
from geo_service.api.coverage import From, To, conditional
from geo_service.api.dependencies import Service, TheService, TheView, answer, read_answer, tag_of
from geo_service.balance import Refused
from geo_service.editions import Office
from geo_service.reports.making import ENDINGS, FORMS, Shape

router = APIRouter(tags=["reports"])

Form = Annotated[Literal["json", "xlsx", "csv", "pdf"], Query(description="the form of the answer")]
Kept = Annotated[
    Literal["about", "json", "xlsx", "pdf"], Query(description="what is said of it, or a file as it was handed out")
]
OfShape = Annotated[Shape, Query(alias="form", description="the tables of Article 7, or weekly figures in hectares")]
Other = Annotated[int | None, Query(alias="with", description="a later edition; default: what is known now", ge=1)]
Wanted = Annotated[
    Any,
    Body(openapi_examples={"a year": {"value": {"from": "2023-12-31", "to": "2024-12-31", "title": "Director"}}}),
]

ASKED = ("from", "to", "known_at", "form", "title")
JSON = "application/json"


def office_of(service: Service) -> Office:
    """Return what publishing works with."""
    return Office(service.log, service.snapshots, service.settings, service.clock, service.progress)


@router.get("/reports", dependencies=[requires(Role.viewer)])
def report(
    request: Request,
    service: TheService,
    seen: TheView,
    start: From,
    end: To,
    form: OfShape = Shape.article7,
    f: Form = "json",
) -> Response:
    """Return the report of a period: the tables of Article 7 or weekly figures, with certificate and sources."""
    office = office_of(service)
    settings = office.settings
    told = settings.authority, settings.standard, settings.contact, settings.synthetic
    newest = len(service.log.filing.all(editions.KIND))
    tag = tag_of(seen, "report", start, end, form, f, told, newest)

    def make() -> Response:
        made = editions.report_with_history(office, start, end, seen.known_at, form)
        write, media = FORMS[f]
        name = f"clearway-{form.value}-{start}-{end}.{ENDINGS[f]}"
        return answer(
            write(made), media, tag, {"Content-Disposition": f'inline; filename="{name}"'} if f != "json" else None
        )

    return conditional(request, tag, make)


@router.post("/editions", status_code=201, dependencies=[requires(Role.reviewer)])
def publish(service: TheService, principal: ThePrincipal, asking: Wanted) -> Response:
    """Publish the figures of a period as the next edition; refused where the certificate fails."""
    asked = _asked(asking)
    made = editions.publish(
        office_of(service),
        asked["from"],
        asked["to"],
        known_at=asked.get("known_at"),
        shape=_shape(asked.get("form")),
        signer=principal.name,
        title=asked.get("title", ""),
    )
    headers = {"Location": f"/editions/{made.subject}"}
    return Response(formats.to_json(editions.described(made)), 201, headers, JSON)


@router.get("/editions", dependencies=[requires(Role.viewer)])
def listed(request: Request, service: TheService) -> Response:
    """Return the editions, the newest first."""
    return read_answer(request, formats.to_json({"editions": editions.listed(service.log)}))


@router.get("/editions/{number}", dependencies=[requires(Role.viewer)])
def edition(request: Request, service: TheService, number: int, f: Kept = "about") -> Response:
    """Return an edition: what is said of it, or a file exactly as it was handed out."""
    found = editions.edition_of(service.log, number)
    if f == "about":
        return read_answer(request, formats.to_json(editions.described(found)))
    name = f"clearway-edition-{number}.{ENDINGS[f]}"
    attached = {"Content-Disposition": f'inline; filename="{name}"'}
    return read_answer(request, editions.file_of(service.log, found, f), FORMS[f][1], attached)


@router.get("/editions/{number}/compare", dependencies=[requires(Role.viewer)])
def compare(request: Request, service: TheService, number: int, other: Other = None) -> Response:
    """Return how the figures of an edition's date changed since, changeset by changeset."""
    return read_answer(request, formats.to_json(editions.compare(office_of(service), number, other)))


@router.get("/editions/{number}/verify", dependencies=[requires(Role.viewer)])
def verify(request: Request, service: TheService, number: int) -> Response:
    """Work the figures of an edition out again, and say whether they are those that were published."""
    return read_answer(request, formats.to_json(editions.verify(office_of(service), number)))


def _asked(asking: object) -> dict[str, str]:
    """Return the fields of a request.

    Raises:
        Refused: it is no object, lacks a field, or has one that is not text or not known.
    """
    if not isinstance(asking, dict):
        raise Refused('Send an object, such as {"from": "2023-12-31", "to": "2024-12-31"}.')
    unknown = [str(key) for key in asking if key not in ASKED]
    if unknown:
        raise Refused(f"{', '.join(unknown)}: no such field; the fields are {', '.join(ASKED)}.")
    given = {key: value for key, value in asking.items() if value is not None}
    if any(not isinstance(value, str) for value in given.values()):
        raise Refused("Each field is text, dates such as 2024-12-31.")
    lacking = [key for key in ("from", "to") if key not in given]
    if lacking:
        raise Refused(f"{' and '.join(lacking)}: an edition is of a period; say both of its days.")
    return given


def _shape(text: str | None) -> Shape:
    if text is None:
        return Shape.article7
    if text not in list(Shape):
        raise Refused(f"form is one of {', '.join(Shape)}")
    return Shape(text)
