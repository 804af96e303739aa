"""Invented place names in three scripts. Their last syllables belong to no language of the region."""

from collections.abc import Callable
from dataclasses import dataclass

from geo_service.demo.area import Rng

_ONSETS = ["b", "d", "g", "k", "l", "m", "n", "q", "r", "s", "t", "v", "z", "ç", "ş", "x", "h", "y"]
_VOWELS = ["a", "e", "ə", "i", "ı", "o", "ö", "u", "ü"]
_CODAS = ("", "", "r", "l", "n", "z", "m", "ğ")
_ENDINGS = ("voz", "zöm", "qüx", "rüf", "dəzi", "mıq", "şöp", "hulf", "çüz", "görp", "tıv", "nəxo")

_LATIN = dict(zip("əıöüğşçqxj", ["a", "i", "o", "u", "gh", "sh", "ch", "g", "kh", "zh"], strict=True))
_CYRILLIC = dict(
    zip(
        "abvqgdejzikxlmnoprstufhçşyəıöüğ",
        [
            "а",
            "б",
            "в",
            "г",
            "г",
            "д",
            "е",
            "ж",
            "з",
            "и",
            "к",
            "х",
            "л",
            "м",
            "н",
            "о",
            "п",
            "р",
            "с",
            "т",
            "у",
            "ф",
            "х",
            "ч",
            "ш",
            "й",
            "е",
            "ы",
            "ё",
            "ю",
            "г",
        ],
        strict=True,
    )
)


@dataclass(frozen=True)
class Name:
    """An invented name in Latin letters without marks, in Azerbaijani letters, in Cyrillic."""

    latin: str
    azerbaijani: str
    cyrillic: str

    @property
    def code(self) -> str:
        """Three capital letters."""
        letters = self.latin.upper()
        return letters[0] + letters[2] + letters[-1]


def names(rng: Rng, count: int, key: Callable[[Name], str] = lambda name: name.latin) -> list[Name]:
    """Return invented names that differ in `key`; each shows a letter that only the Azerbaijani script has."""
    found: dict[str, Name] = {}
    while len(found) < count:
        name = _spelled(_word(rng))
        if set(name.azerbaijani.lower()) & set("əıöüğşç"):
            found.setdefault(key(name), name)
    return list(found.values())


def _word(rng: Rng) -> str:
    syllables = [_pick(rng, _ONSETS) + _pick(rng, _VOWELS) + _pick(rng, _CODAS) for _ in range(int(rng.integers(1, 3)))]
    return "".join(syllables) + _pick(rng, _ENDINGS)


def _pick(rng: Rng, among: list[str] | tuple[str, ...]) -> str:
    return among[int(rng.integers(len(among)))]


def _spelled(word: str) -> Name:
    latin = "".join(_LATIN.get(letter, letter) for letter in word)
    cyrillic = "".join(_CYRILLIC[letter] for letter in word)
    # No word begins with a vowel, so the Turkic dotted capital I does not arise.
    return Name(latin.capitalize(), word.capitalize(), cyrillic.capitalize())
