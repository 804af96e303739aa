"""A language as pages and paper speak it: its words, and how it writes numbers, dates, lengths and times."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from geo_service.languages import words

_MARKS = {"en": (",", "."), "az": (".", ","), "ru": ("\u00a0", ",")}
"""What parts thousands, and what parts decimals: Azerbaijani writes as German does (CLDR 44)."""


@dataclass(frozen=True)
class Speech:
    """A language with the catalogues of some pages.

    Attributes:
        language: en, az or ru.
        parts: catalogues beside the one of all pages.
    """

    language: str
    parts: tuple[str, ...] = ()

    @cached_property
    def catalogue(self) -> Mapping[str, str]:
        """The words by key."""
        return words(self.language, *self.parts)

    def t(self, key: str, **put: object) -> str:
        """Return the text of a key, with values put into it.

        Raises:
            KeyError: there is no such key, or a value is missing.
        """
        text = self.catalogue[key]
        return text.format(**put) if put else text

    def of(self, prefix: str, code: object) -> str:
        """Return the text of a code, such as `verdict_no_go`; the code itself where there is none."""
        return self.catalogue.get(f"{prefix}_{code}", str(code))

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with some decimals."""
        thousands, decimal = _MARKS[self.language]
        return f"{value:,.{digits}f}".translate(str.maketrans(",.", thousands + decimal))

    def date(self, day: dt.date | str) -> str:
        """Return a date."""
        one = dt.date.fromisoformat(day) if isinstance(day, str) else day
        month = self.catalogue["months"].split(",")[one.month - 1]
        return self.t("date_form", day=one.day, month=month, year=one.year)

    def metres(self, value: float) -> str:
        """Return a length: m below a kilometre, km from there; a length that is there never reads as none."""
        if 0 < value < 1:
            return f"<1 {self.t('unit_m')}"
        if value < 999.5:
            return f"{self.number(value)} {self.t('unit_m')}"
        return f"{self.number(value / 1000, 1)} {self.t('unit_km')}"

    def area(self, value: float) -> str:
        """Return an area in whole m2; ground that is there never reads as none."""
        return f"{'<1' if 0 < value < 1 else self.number(value)} {self.t('unit_m2')}"

    def time(self, seconds: float) -> str:
        """Return a time in hours and minutes, rounded up: nobody is promised to be there sooner."""
        minutes = int(-(-seconds // 60))
        hours, rest = divmod(minutes, 60)
        if not hours:
            return f"{rest} {self.t('unit_min')}"
        return f"{hours} {self.t('unit_h')} {rest:02} {self.t('unit_min')}"
