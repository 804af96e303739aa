"""A stranger's cell becomes a value of its field's kind, or a reason why not."""

import datetime as dt
import math
import re
from dataclasses import dataclass

from layers.definitions import Field, Kind
from layers.reading.questions import Question
from layers.versions import as_date, as_list

TRUE, FALSE = ("true", "yes", "1", "t", "y"), ("false", "no", "0", "f", "n")
_SLASHED = re.compile(r"\d{4}[/.]\d{2}[/.]\d{2}")


@dataclass(frozen=True)
class Cell:
    """A value, or why there is none; `mended` says what was changed to read it."""

    value: object = None
    wrong: str | None = None
    mended: str | None = None


def parse(field: Field, given: object) -> Cell:  # noqa: PLR0911
    """Return the value of a cell.

    Raises:
        Question: the value is a word that may mean several things.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return Cell()
    if isinstance(given, float) and math.isnan(given):
        return Cell()
    match field.kind:
        case Kind.date:
            return _date(given)
        case Kind.number | Kind.integer:
            return _number(field, given)
        case Kind.boolean:
            return _boolean(given)
        case Kind.word:
            return _word(field, str(given).strip())
        case Kind.word_list:
            return _words(field, given)
        case Kind.text_list:
            return Cell(as_list(given))
        case _:
            return Cell(_text(given))


def _text(given: object) -> str:
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return str(given).strip()


def _date(given: object) -> Cell:
    text = str(given).strip()
    try:
        if isinstance(given, dt.date):
            return Cell(as_date(given))
        if _SLASHED.fullmatch(text[:10]):
            mended = text[:10].replace("/", "-").replace(".", "-")
            return Cell(as_date(mended), mended=f"{text!r} read as {mended}")
        return Cell(as_date(text))
    except ValueError:
        return Cell(wrong=f"{text[:40]!r} is not a date; write it as 2021-06-01")


def _number(field: Field, given: object) -> Cell:
    text = str(given).strip()
    try:
        value = float(given) if isinstance(given, int | float) else float(text)
    except ValueError:
        hint = " (write a decimal point, and no thousands)" if "," in text else ""
        return Cell(wrong=f"{text[:40]!r} is not a number{hint}")
    if not math.isfinite(value):
        return Cell(wrong=f"{text!r} is not a finite number")
    if field.minimum is not None and value < field.minimum:
        return Cell(wrong=f"{text} is less than {field.minimum:g}")
    if field.kind is Kind.integer:
        return Cell(int(value)) if value.is_integer() else Cell(wrong=f"{text} is not a whole number")
    return Cell(value)


def _boolean(given: object) -> Cell:
    if isinstance(given, bool):
        return Cell(given)
    text = _text(given).lower()
    if text in TRUE or text in FALSE:
        return Cell(text in TRUE)
    return Cell(wrong=f"{text[:40]!r} is neither true nor false")


def _word(field: Field, text: str) -> Cell:
    words = [one.value for one in field.words or ()]
    if text in words:
        return Cell(text)
    like = next((one for one in words if one.lower() == text.lower()), None)
    if like:
        return Cell(like, mended=f"{text!r} read as {like}")
    if field.name == "status" and text.lower() == "closed":
        raise Question(
            "status_closed",
            "a status says only 'closed': how was the ground released? Load it as a release with its product",
            ("cancelled", "reduced", "cleared", "withdrawn"),
        )
    return Cell(wrong=f"{text[:40]!r} is none of its words: {', '.join(words)}")


def _words(field: Field, given: object) -> Cell:
    try:
        texts = as_list(given) if not isinstance(given, int | float) else [str(given)]
    except ValueError:
        return Cell(wrong=f"{str(given)[:40]!r} is no list; separate its entries by ;")
    cells = [_word(field, text) for text in texts]
    wrong = next((one.wrong for one in cells if one.wrong), None)
    if wrong:
        return Cell(wrong=wrong)
    mended = "; ".join(one.mended for one in cells if one.mended) or None
    return Cell(list(dict.fromkeys(str(one.value) for one in cells)), mended=mended)
