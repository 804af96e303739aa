"""Whether the service serves."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from geo_service.api.dependencies import TheService

router = APIRouter(tags=["operation"])


@router.get("/healthz")
def healthz(service: TheService) -> JSONResponse:
    """Answer 200 once reads are served."""
    return JSONResponse({"status": "serving", "revision": service.snapshots.newest().number})
