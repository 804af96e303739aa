"""The page that an error is read on: what went wrong, where, and what to do next."""

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from jinja2 import Environment

from geo_service.languages import LANGUAGES
from geo_service.languages.speech import Speech
from geo_service.languages.written import choices
from geo_service.maps.pages import environment

PARTS = ("pages", "problems")
"""The catalogues of the page, beside that of every page."""

NAMED = (400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 416, 422, 428, 429, 500, 503, 507)
"""The statuses that have words of their own; others say that the request was refused, or that the service failed."""


@lru_cache(maxsize=len(LANGUAGES))
def _environment(language: str) -> Environment:
    return environment(Speech(language, PARTS))


def problem_page(
    problem: Mapping[str, Any], language: str, base: str, asked: Mapping[str, str], *, again: bool = True
) -> str:
    """Return the page of a problem document (RFC 9457). It asks the store nothing: that may be what failed.

    Args:
        problem: the document.
        language: of the page.
        base: the path that the service is reached under, without a slash at the end.
        asked: the query of the address that failed.
        again: whether the address can be asked for again, so that the page is had in another language.
    """
    speech, status = Speech(language, PARTS), int(problem["status"])
    failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    name = status if status in NAMED else "failed" if failed else "refused"
    title = f"problem_{name}_title"
    told = Speech("en", PARTS).t(title) == str(problem["detail"]).rstrip(".")
    page = _environment(language).get_template("problem.html")
    return str(
        page.render(
            title=speech.t(title),
            todo=speech.t(f"problem_{name}_next"),
            problem=problem,
            # What the title says already needs no English beside it.
            told=told,
            # A question says in its only place what the detail says.
            places=[one for one in problem.get("errors", ()) if one.get("choices") or one.get("place")],
            sign_in=status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN},
            base=base,
            here="",
            authority="",
            synthetic=False,
            speech=speech,
            t=speech.t,
            language=language,
            # Only a query: a path that somebody made up is never an address of a link.
            languages=choices("", asked) if again else {},
        )
    )
