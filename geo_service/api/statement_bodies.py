"""What a statement is asked with over HTTP: JSON, or a form with a file that holds the parcel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from geo_service.balance import Refused

NUMBERS = ("radius_m", "valid_days")
"""Fields of a form that are numbers."""

JSON = ("from", "to", "parcel")
"""Fields of a form that are JSON."""

MOST_FIELDS = 20


@dataclass(frozen=True)
class Sent:
    """The fields of a request, and the file that came with them.

    Attributes:
        fields: as a JSON body has them.
        file, name: the file and what it is called; None where none came.
        crs: the coordinate system of the file, where it does not say.
    """

    fields: object
    file: bytes | None = None
    name: str = ""
    crs: str | None = None


async def sent_of(request: Request) -> Sent:
    """Return what a request sends.

    Raises:
        Refused: it sends neither JSON nor a form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
            fields: dict[str, Any] = {}
            file, name = None, ""
            for key, value in form.multi_items():
                if isinstance(value, UploadFile):
                    if key != "file":
                        raise Refused(f"{key[:40]}: the file comes in the field called file")
                    file, name = await value.read(), value.filename or "parcel"
                elif value.strip():
                    fields[key] = value
            crs = fields.pop("crs", None)
            return Sent(_typed(fields), file, name, crs)
    body = await request.body()
    if not body:
        raise Refused("nothing was sent: the body is a JSON object, or a form with a file")
    try:
        return Sent(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise Refused(f"the body is not JSON: {error.msg}, line {error.lineno}, letter {error.colno}") from None


def _typed(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a form as JSON has them."""
    found: dict[str, Any] = dict(fields)
    for name in (*NUMBERS, *JSON):
        if name in found:
            try:
                found[name] = orjson.loads(found[name])
            except orjson.JSONDecodeError:
                raise Refused(f"{name}: it should be JSON, such as a number or [longitude, latitude]") from None
    return found


TheSent = Annotated[Sent, Depends(sent_of)]
