"""Answers to questions: what was asked by code, and the choice that was sent back with the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layers.reading.questions import Question

CHOICES: Mapping[str, tuple[str, ...]] = {
    "crs": (),
    "source_layer": (),
    "encoding": (),
    "swap_axes": ("true", "false"),
    "coordinates": (),
    "decimal_comma": ("yes", "no"),
    "coordinate_order": ("lat lon", "lon lat"),
    "grid_zone": (),
    "hemisphere": ("north", "south"),
    "north": ("true", "grid", "magnetic"),
    "declination": (),
    "grid": (),
    "area_unit": ("m2", "ha", "km2"),
    "date_order": ("day_first", "month_first"),
    "status_closed": ("cancelled", "reduced", "cleared", "withdrawn", "reject"),
}
"""Every question by its code, and the answers that fit; an empty tuple: any text, which the reader judges."""

COLUMN, WORD, WORDS = "column.", "word.", "words"
"""`column.FIELD` says which column a field is in, `word.FIELD.TEXT` which word a text means; `words` holds many."""

NONE = "none of them"
"""The answer to `column.FIELD` when the field is in no column."""


@dataclass(frozen=True)
class Answers:
    """What was answered.

    Attributes:
        choices: question code -> choice.
        columns: field -> column, None for none of them.
        words: field -> text as it stands in the file -> word.
    """

    choices: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str | None] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def get(self, code: str) -> str | None:
        """Return the choice for a question, None where it was not answered."""
        return self.choices.get(code)


def is_answerable(code: str) -> bool:
    """Say whether a question is answered by its code and a choice, and not by a mapping or a value."""
    return code in CHOICES or code.startswith((COLUMN, WORD))


def settled(given: Mapping[str, object] | None) -> Answers:
    """Read answers as they are sent: `{code: choice}`, and `{"words": {field: {text: word}}}`.

    Raises:
        Question: there is no such question, or the answer is none of its choices.
    """
    choices: dict[str, str] = {}
    columns: dict[str, str | None] = {}
    words: dict[str, dict[str, str]] = {}
    for code, choice in (given or {}).items():
        if code == WORDS:
            for name, texts in _nested(choice).items():
                words.setdefault(name, {}).update({str(text): str(word) for text, word in _nested(texts).items()})
        elif code.startswith(WORD):
            name, _, text = code.removeprefix(WORD).partition(".")
            words.setdefault(name, {})[text] = str(choice)
        elif code.startswith(COLUMN):
            columns[code.removeprefix(COLUMN)] = None if choice in {None, "", NONE} else str(choice)
        elif code in CHOICES:
            choices[code] = _fitting(code, choice)
        else:
            raise Question(
                "answers", f"no question is called {code[:60]!r}", (*CHOICES, f"{COLUMN}FIELD", f"{WORD}FIELD.TEXT")
            )
    return Answers(choices, columns, words)


def _nested(given: object) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise Question(WORDS, f'{WORDS} is an object of fields, each with its texts: {{"field": {{"text": "word"}}}}')
    return given


def _fitting(code: str, choice: object) -> str:
    text = str(choice).lower() if isinstance(choice, bool) else str(choice).strip()
    if CHOICES[code] and text not in CHOICES[code]:
        raise Question(code, f"{text[:40]!r} is no answer to {code}", CHOICES[code])
    return text
