"""The words of the pages in the programme's languages: a catalogue each, the same keys in all.

`en.toml` holds what every page says; `PART.en.toml` what only some pages say beside it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

LANGUAGES = MappingProxyType({"en": "English", "az": "Azərbaycanca", "ru": "Русский"})
"""The languages and what each calls itself, the usual one first."""


@cache
def words(language: str, *parts: str) -> Mapping[str, str]:
    """Return the catalogue of a language: key -> text, with `{name}` where something is put in.

    Args:
        language: of the words.
        parts: catalogues of some pages, read beside the one of all.

    Raises:
        KeyError: there is none for the language, or a part has a key that stands elsewhere too.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    found: dict[str, str] = {}
    for name in (language, *(f"{part}.{language}" for part in parts)):
        more = tomllib.loads((files(__name__) / f"{name}.toml").read_text(encoding="utf-8"))
        twice = sorted(found.keys() & more.keys())
        if twice:
            raise KeyError(f"{name}: {twice[0]} stands in another catalogue too")
        found |= more
    return MappingProxyType(found)


def language_of(*asked: str | None) -> str:
    """Return the first of the languages asked for that there is a catalogue of, else the usual one."""
    return next((one for one in asked if one and one in LANGUAGES), next(iter(LANGUAGES)))
