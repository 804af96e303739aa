"""The pages of statements: one is asked for, and one is read: what it says, and whether it still holds."""

from collections.abc import Mapping
from typing import Any

import orjson
import shapely
from markupsafe import Markup

from geo_service.balance import View
from geo_service.languages import LANGUAGES, words
from geo_service.languages.speech import Speech
from geo_service.languages.written import PARTS
from geo_service.maps.figure import LEAFLET_CSS, LEAFLET_JS
from geo_service.maps.overview import DIGITS, script_json
from geo_service.maps.pages import around_page, environment
from geo_service.settings import Settings
from geo_service.statements.sentences import amount
from layers.coverage.partition import STATE_COLUMNS
from layers.roads.rules import Mode

SIMPLER = 0.0005
"""How far (degrees) the boundaries on the map to draw on may be simplified."""


def statement_page(shown: Mapping[str, Any], settings: Settings, base: str, language: str) -> str:
    """Return the page of a statement as it stands now.

    What was issued stays in its words: in another language the page says around them what they are.

    Args:
        shown: the statement and how it stands.
        settings: of the store.
        base: the path that the service is reached under, without a slash at the end.
        language: of the page.
    """
    say = words(language, "statements")
    known = LANGUAGES.get(shown["language"], shown["language"])
    title = say["statement_title"].format(number=shown["statement"])
    rows = [(say[f"statement_state_{name}"], amount(shown["states"][name])) for name in STATE_COLUMNS]
    facts = {
        "status": say[f"statement_is_{shown['status']}"],
        "area": amount(shown["area_m2"]),
        "rows": rows,
        "changes": [_change(one, say) for one in shown["changes"]],
        "issued_in": None if shown["language"] == language else say["statement_words"].format(language=known),
    }
    page = environment().get_template("statement.html")
    own = f"{base}/statements/{shown['statement']}"
    around = around_page(settings, base, "statements", Speech(language, PARTS), own, asked={"f": "html"})
    return str(page.render(title=title, say=say, one=shown, **facts, **around))


def _change(one: Mapping[str, Any], say: Mapping[str, str]) -> str:
    """Return a change as a sentence."""
    if one["what"] == "figure":
        was, now = (say["statement_unknown"] if one[name] is None else amount(one[name]) for name in ("was", "now"))
        label = say.get(f"statement_state_{one['figure']}", one["figure"])
        return say["statement_changed_figure"].format(figure=label, was=was, now=now)
    if one["what"] in {"added", "gone", "changed"}:
        changeset = one["changeset"] if one["changeset"] is not None else "-"
        return say[f"statement_record_{one['what']}"].format(layer=one["layer"], id=one["id"], changeset=changeset)
    return say.get(f"statement_changed_{one['what']}") or str(one.get("detail", one["what"]))


def ask_page(seen: View, settings: Settings, *, language: str, base: str, nonce: str) -> str:
    """Return the page on which a statement is asked for.

    Args:
        seen: the records of today: where districts and settlements lie.
        settings: who answers for them.
        language: of the page.
        base: the path that the service is reached under, without a slash at the end.
        nonce: of the content security policy.
    """
    say = words(language, "statements")
    settlements, districts = (seen.snapshot.in_force(name, seen.as_of) for name in ("settlements", "districts"))
    points = shapely.get_coordinates(shapely.point_on_surface(settlements.geometry.to_numpy())).round(DIGITS).tolist()
    rows = zip(settlements["id"].astype(str), settlements["name"].astype(str), points, strict=True)
    places = [{"id": id_, "label": f"{name} ({id_})", "at": at} for id_, name, at in rows]
    shapes = shapely.simplify(districts.geometry.to_numpy(), SIMPLER)
    ground = districts if len(districts) else settlements
    box = ground.total_bounds.tolist() if len(ground) else [-180.0, -60.0, 180.0, 75.0]
    data = {
        "base": base,
        "districts": [orjson.Fragment(text) for text in shapely.to_geojson(shapes)],
        "box": box,
        "places": places,
        "say": {
            "corners": say["statement_form_corners_needed"],
            "silent": say["statement_form_silent"],
            "title": say["statement_title"],
            "issued": say["statement_issued"],
            "expires": say["statement_expires"],
        },
    }
    page = environment().get_template("statements.html")
    return str(
        page.render(
            title=say["statement_form_title"],
            say=say,
            spoken=LANGUAGES,
            modes=[one.value for one in Mode],
            places=sorted(places, key=lambda one: str(one["label"])),
            radius=f"{settings.statements.radius_m:g}",
            leaflet_js=LEAFLET_JS.removeprefix("vendor/"),
            leaflet_css=LEAFLET_CSS.removeprefix("vendor/"),
            nonce=nonce,
            data=Markup(script_json(data)),  # noqa: S704 - escaped for its place by script_json
            **around_page(settings, base, "statements", Speech(language, PARTS), f"{base}/maps/statements"),
        )
    )
