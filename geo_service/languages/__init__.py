"""The words of the pages in the programme's languages: a catalogue each, the same keys in all."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

LANGUAGES = MappingProxyType({"en": "English", "az": "Azərbaycanca", "ru": "Русский"})
"""The languages and what each calls itself, the usual one first."""


@cache
def words(language: str) -> Mapping[str, str]:
    """Return the catalogue of a language: key -> text, with `{name}` where something is put in.

    Raises:
        KeyError: there is none for the language.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    text = (files(__name__) / f"{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def language_of(*asked: str | None) -> str:
    """Return the first of the languages asked for that there is a catalogue of, else the usual one."""
    return next((one for one in asked if one and one in LANGUAGES), next(iter(LANGUAGES)))
