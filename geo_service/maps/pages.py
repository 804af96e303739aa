"""Pages without a map: sending in records, and the list of what waits for review."""

import datetime as dt
from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from geo_service.maps.overview import script_json
from geo_service.settings import Settings
from geo_service.store.log import Changeset, State
from layers.definitions import LAYERS, Layer
from layers.reading.kinds import FORMATS

GROUPS = (
    ("Waiting for review", (State.submitted,)),
    ("Being worked on", (State.processing,)),
    ("Drafts", (State.draft,)),
    ("Ended lately", (State.approved, State.rejected, State.failed, State.cancelled)),
)
"""What the list of changesets is parted into, in order."""


def environment() -> Environment:
    """Return the templates, with text escaped, and the ways in which they write figures."""
    made = Environment(loader=PackageLoader("geo_service"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"m2": square_metres, "signed": signed, "whole": whole, "moment": moment, "value": value}
    return made


def square_metres(area: float) -> str:
    """Return an area in m2; ground that is there never reads as none."""
    return f"{area:,.0f}" if area == 0 or abs(area) >= 1 else f"{area:.1g}"


def signed(area: float) -> str:
    """Return a difference of areas in m2."""
    return "0" if abs(area) < 0.001 else f"{area:+,.0f}" if abs(area) >= 1 else f"{area:+.1g}"


def whole(number: int) -> str:
    """Return a count."""
    return f"{number:,}"


def moment(at: dt.datetime) -> str:
    """Return an instant for people, in UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def value(cell: object) -> str:
    """Return the value of a field."""
    if cell is None or cell in ([], ""):
        return "nothing"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:,.10g}"
    return ", ".join(map(str, cell)) if isinstance(cell, list) else str(cell)


def around_page(settings: Settings, base: str, here: str) -> dict[str, object]:
    """Return what every page needs: where it is, and who answers for the data."""
    return {"base": base, "here": here, "authority": settings.authority, "synthetic": settings.synthetic}


def queue_page(changesets: Sequence[Changeset], settings: Settings, base: str) -> str:
    """Return the list of changesets, what waits for somebody first."""
    groups = [(name, [one for one in changesets if one.state in states]) for name, states in GROUPS]
    shown = around_page(settings, base, "review")
    page = environment().get_template("queue.html")
    return str(page.render(title="Review", groups=groups, review=settings.review, **shown))


def upload_page(settings: Settings, base: str, nonce: str) -> str:
    """Return the page on which records are sent in."""
    layers = [_described(layer) for layer in LAYERS.values()]
    data = Markup(script_json({"base": base, "layers": layers}))  # noqa: S704 - escaped for its place by script_json
    shown = around_page(settings, base, "upload")
    page = environment().get_template("upload.html")
    return str(page.render(title="Send in records", layers=layers, formats=FORMATS, data=data, nonce=nonce, **shown))


def _described(layer: Layer) -> Mapping[str, object]:
    fields = [
        {
            "name": one.name,
            "label": one.label.en,
            "required": one.required and one.name not in {"id", "valid_from"},
            "kind": one.kind.value,
            "words": [word.value for word in one.words] if one.words and one.kind == "word" else None,
        }
        for one in layer.fields
    ]
    return {"name": layer.name, "label": layer.label.en, "fields": fields}
