"""The balance as a page to read: the table, the certificate, the sentences."""

from collections.abc import Mapping

from geo_service.balance import Answer, View
from geo_service.formats import rows_of
from geo_service.languages.speech import Speech
from geo_service.maps.pages import around_page, environment, notice_in
from geo_service.settings import Settings

HIDDEN = ("district_id",)


def page(  # noqa: PLR0913 - all of them are what the page stands on
    made: Answer,
    settings: Settings,
    seen: View,
    *,
    speech: Speech,
    base: str,
    languages: Mapping[str, tuple[str, str]],
) -> str:
    """Return a coverage answer as HTML.

    Args:
        made: the answer; settings: of the store; seen: the view.
        speech: the language of the page, with the catalogues of pages.
        base: the path that the service is reached under.
        languages: of each language its name, and the address of the page in it.
    """
    rows = rows_of(made)
    names = [name for name in rows[0] if name not in HIDDEN] if rows else []
    around = around_page(settings, base, "coverage", speech) | {"languages": languages}
    return str(
        environment(speech)
        .get_template("coverage.html")
        .render(
            made=made,
            names=names,
            rows=rows,
            notice=notice_in(settings, speech, seen.as_of.isoformat(), seen.known_at),
            title=speech.t("coverage_title", date=speech.date(seen.as_of)),
            **around,
        )
    )
