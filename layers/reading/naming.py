"""Names and words of strangers, made comparable."""

import re


def simple(name: str) -> str:
    """Return a text in small letters, its words parted by one space, the Russian and Turkic double letters as one."""
    return re.sub(r"[\W_]+", " ", name.replace("İ", "i").lower().replace("ё", "е")).strip()
