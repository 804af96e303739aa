"""Whether the service serves."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import Role
from geo_service.api.dependencies import TheService

router = APIRouter(tags=["operation"])


@router.get("/healthz", dependencies=[requires(Role.nobody)])
def healthz(service: TheService, principal: ThePrincipal) -> JSONResponse:
    """Answer 200 once reads are served; who may read learns the revision too."""
    number = service.snapshots.newest().number
    return JSONResponse({"status": "serving", **({"revision": number} if principal.may(Role.viewer) else {})})
