"""How the pages of records write figures, moments, fields and their values in a language."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from geo_service.languages import LANGUAGES
from geo_service.languages.speech import Speech
from layers.definitions import LAYERS, Kind, Label

PARTS = ("pages",)
"""The catalogues of these pages, beside that of every page."""


def label(speech: Speech, one: Label) -> str:
    """Return a label of the layers' definitions in a language."""
    return str(getattr(one, speech.language))


def layer_name(speech: Speech, layer: str) -> str:
    """Return what a layer is called; its own name where it is none of ours."""
    return label(speech, LAYERS[layer].label) if layer in LAYERS else layer


def field_name(speech: Speech, layer: str, field: str) -> str:
    """Return what a field is called; its own name, without underscores, where no language has another."""
    known = LAYERS[layer].names if layer in LAYERS else ()
    if field in known:
        return label(speech, LAYERS[layer].field_named(field).label)
    return speech.catalogue.get(f"field_{field}", field.replace("_", " "))


def field_value(speech: Speech, layer: str, field: str, value: object) -> str:
    """Return the value of a field: words of vocabularies in the language, text and ids as they were recorded."""
    known = LAYERS[layer].names if layer in LAYERS else ()
    kind = LAYERS[layer].field_named(field).kind if field in known else None
    if value is None or value in ([], ""):
        return speech.t("nothing")
    if isinstance(value, bool):
        return speech.t("yes" if value else "no")
    if isinstance(value, list | tuple):
        return ", ".join(_one(speech, kind, field, each) for each in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {inner}" for key, inner in value.items())
    return _one(speech, kind, field, value)


def _one(speech: Speech, kind: Kind | None, field: str, value: object) -> str:
    if isinstance(value, float):
        return decimal(speech, value)
    if kind is Kind.date:
        return day(speech, value)
    if kind in {Kind.word, Kind.word_list} or field == "state":
        return speech.of("word", value)
    return str(value)


def proof(speech: Speech, check: str) -> str | None:
    """Return what a check of the certificate proves, in a language; None where it has no words for it."""
    return speech.catalogue.get(f"proof_{re.sub(r'[^a-z0-9]+', '_', check.lower()).strip('_')}")


def look(speech: Speech, code: str) -> str | None:
    """Return what a person must look at, in a language; None where it has no words for it."""
    return speech.catalogue.get(f"look_{code}")


def decimal(speech: Speech, value: float) -> str:
    """Return a number with the decimals that it has, ten digits at the most."""
    digits = f"{value:.10g}"
    return digits if "e" in digits or "n" in digits else speech.number(value, len(digits.partition(".")[2]))


def day(speech: Speech, value: object) -> str:
    """Return a date; the text itself where it is none."""
    try:
        return speech.date(dt.date.fromisoformat(str(value)[:10]))
    except ValueError:
        return str(value)


def moment(speech: Speech, at: dt.datetime | str) -> str:
    """Return an instant for people, in UTC."""
    one = dt.datetime.fromisoformat(at) if isinstance(at, str) else at
    utc = one.astimezone(dt.UTC) if one.tzinfo else one
    return speech.t("moment", date=speech.date(utc.date()), time=f"{utc:%H:%M}")


def square_metres(speech: Speech, area: float) -> str:
    """Return an area in m2; ground that is there never reads as none."""
    return speech.number(area) if area == 0 or abs(area) >= 1 else _small(speech, area)


def signed(speech: Speech, area: float) -> str:
    """Return a difference of areas in m2, with its sign."""
    if abs(area) < 0.001:
        return "0"
    sign = "+" if area > 0 else "-"
    return sign + (speech.number(abs(area)) if abs(area) >= 1 else _small(speech, abs(area)))


def _small(speech: Speech, area: float) -> str:
    return f"{area:.1g}" if "e" in f"{area:.1g}" else decimal(speech, float(f"{area:.1g}"))


def filters(speech: Speech) -> dict[str, Callable[..., str]]:
    """Return the ways in which templates write figures, by name."""
    return {
        "m2": lambda area: square_metres(speech, area),
        "signed": lambda area: signed(speech, area),
        "whole": speech.number,
        "moment": lambda at: moment(speech, at),
        "day": lambda value: day(speech, value),
        "value": lambda value, layer="", field="": field_value(speech, layer, field, value),
        "field": lambda name, layer="": field_name(speech, layer, name),
        "layer": lambda name: layer_name(speech, name),
        "proof": lambda check: proof(speech, check) or "",
        "look": lambda code: look(speech, code) or "",
    }


def choices(address: str, asked: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return what each language calls itself, and the address of the same page in it.

    Args:
        address: of the page, without its query.
        asked: the page's query.
    """
    kept = {name: value for name, value in asked.items() if value and name not in {"lang", "token"}}
    return {code: (name, f"{address}?{urlencode({**kept, 'lang': code})}") for code, name in LANGUAGES.items()}


def words_for(speech: Speech, *prefixes: str) -> dict[str, Any]:
    """Return the texts that a script needs: those whose keys begin so, and the names of the months."""
    kept = {key: text for key, text in speech.catalogue.items() if key.startswith(prefixes)}
    return kept | {key: speech.t(key) for key in ("months", "date_form", "yes", "no", "cursor", "nothing")}
