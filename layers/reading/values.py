"""A stranger's cell becomes a value of its field's kind, or a reason why not."""

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from layers.definitions import Field, Kind
from layers.reading.questions import Question
from layers.reading.synonyms import is_closed, word_of
from layers.versions import as_date, as_list

TRUE = ("true", "yes", "1", "t", "y", "да", "истина", "bəli", "hə")
FALSE = ("false", "no", "0", "f", "n", "нет", "ложь", "xeyr", "yox")
_SLASHED = re.compile(r"\d{4}[/.]\d{2}[/.]\d{2}")
_TURNED = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[T ][\d:.]+)?")
_COMMA = re.compile(r"[-+]?\d+,\d+")


@dataclass(frozen=True)
class Ways:
    """How a file's cells are written, as far as it was answered or can be told.

    Attributes:
        words: field -> text -> the word it means.
        decimal_comma: yes, no, or None where nobody has said.
        closed: how the ground was released where a status says only closed.
        day_first: field -> whether its dates begin with the day; a field that is not there has no such dates.
    """

    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    decimal_comma: str | None = None
    closed: str | None = None
    day_first: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """A value, or why there is none.

    Attributes:
        value: of the field's kind.
        wrong: why it can't be read.
        mended: what was changed to read it.
        meant: texts and the words that they were taken for.
    """

    value: object = None
    wrong: str | None = None
    mended: str | None = None
    meant: tuple[tuple[str, str], ...] = ()


def parse(field_: Field, given: object, ways: Ways | None = None) -> Cell:  # noqa: PLR0911
    """Return the value of a cell.

    Raises:
        Question: the value is a word that may mean several things.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return Cell()
    if isinstance(given, float) and math.isnan(given):
        return Cell()
    known = ways or Ways()
    match field_.kind:
        case Kind.date:
            return _date(given, known.day_first.get(field_.name))
        case Kind.number | Kind.integer:
            return _number(field_, given, known)
        case Kind.boolean:
            return _boolean(given)
        case Kind.word:
            return _word(field_, str(given).strip(), known)
        case Kind.word_list:
            return _words(field_, given, known)
        case Kind.text_list:
            return Cell(as_list(given))
        case _:
            return Cell(_text(given))


def day_first(name: str, values: list[object], asked: str | None) -> bool | None:
    """Return whether a column's dates begin with the day; None where no date is written from the day or month.

    With points the day comes first everywhere; with strokes one date beyond the 12th tells.

    Raises:
        Question: nothing tells.
    """
    turned = {one: _TURNED.fullmatch(one.strip()) for one in values if isinstance(one, str)}
    found = [one for one in turned.values() if one]
    strokes = [one for one in found if one[2] != "."]
    if not strokes:
        return True if found else None
    first = any(int(one[1]) > 12 for one in strokes)
    second = any(int(one[3]) > 12 for one in strokes)
    if first != second:
        return first
    if asked:
        return asked == "day_first"
    if first or all(int(one[1]) == int(one[3]) for one in strokes):
        return True
    message = f"{name}: is {strokes[0].group()[:10]} written day or month first? Send it again with date_order"
    raise Question("date_order", message, ("day_first", "month_first"))


def _text(given: object) -> str:
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return str(given).strip()


def _date(given: object, days: bool | None) -> Cell:  # noqa: FBT001 - three states of one question
    text = str(given).strip()
    try:
        if isinstance(given, dt.date):
            return Cell(as_date(given))
        if _SLASHED.fullmatch(text[:10]):
            mended = text[:10].replace("/", "-").replace(".", "-")
            return Cell(as_date(mended), mended=f"{text!r} read as {mended}")
        turned = _TURNED.fullmatch(text)
        if turned and days is not None:
            day, month = (turned[1], turned[3]) if days or turned[2] == "." else (turned[3], turned[1])
            value = dt.date(int(turned[4]), int(month), int(day))
            return Cell(value, mended=f"{text!r} read as {value}")
        return Cell(as_date(text))
    except ValueError:
        return Cell(wrong=f"{text[:40]!r} is not a date; write it as 2021-06-01")


def _number(field_: Field, given: object, ways: Ways) -> Cell:
    text = str(given).strip()
    mended = None
    if ways.decimal_comma == "yes" and _COMMA.fullmatch(text):
        mended = f"{text!r} read with a decimal comma"
        given = text = text.replace(",", ".")
    try:
        value = float(given) if isinstance(given, int | float) else float(text)
    except ValueError:
        hint = " (write a decimal point and no thousands, or answer decimal_comma)" if "," in text else ""
        return Cell(wrong=f"{text[:40]!r} is not a number{hint}")
    except OverflowError:
        return Cell(wrong=f"{text[:40]!r} is not a number that can be kept")
    if not math.isfinite(value):
        return Cell(wrong=f"{text!r} is not a finite number")
    if field_.minimum is not None and value < field_.minimum:
        return Cell(wrong=f"{text} is less than {field_.minimum:g}")
    if field_.kind is Kind.integer:
        whole = value.is_integer() and abs(value) < 2**53
        return Cell(int(value), mended=mended) if whole else Cell(wrong=f"{text[:40]} is not a whole number")
    return Cell(value, mended=mended)


def _boolean(given: object) -> Cell:
    if isinstance(given, bool):
        return Cell(given)
    text = _text(given).lower()
    if text in TRUE or text in FALSE:
        return Cell(text in TRUE)
    return Cell(wrong=f"{text[:40]!r} is neither true nor false")


def _word(field_: Field, text: str, ways: Ways) -> Cell:
    """Return the word that a text is or means: as answered, as it stands, in other letters, as strangers say it."""
    words = [one.value for one in field_.words or ()]
    answered = {key.lower(): word for key, word in ways.words.get(field_.name, {}).items()}.get(text.lower())
    if answered is not None:
        if answered not in words:
            raise Question("words", f"{field_.name}: {answered[:40]!r} is none of its words", words)
        return Cell(answered, meant=((text, answered),))
    if text in words:
        return Cell(text)
    if field_.name == "status" and is_closed(text):
        return _closed(text, ways.closed)
    like = next((one for one in words if one.lower() == text.lower()), None)
    meant = like or (word_of(field_.words, text) if field_.words else None)
    if meant:
        return Cell(meant, mended=f"{text!r} read as {meant}", meant=() if like else ((text, meant),))
    hint = f"; words.{field_.name} can say which of them it means"
    return Cell(wrong=f"{text[:40]!r} is none of its words: {', '.join(words)}{hint}")


def _closed(text: str, how: str | None) -> Cell:
    """Return the status of a hazard that is said to be closed: only a release closes ground."""
    if how is None:
        raise Question(
            "status_closed",
            f"a status says only {text!r}: how was the ground released? Send it again with status_closed; hazards that "
            "were cancelled, reduced or cleared stay open until their releases are loaded (layer releases)",
            ("cancelled", "reduced", "cleared", "withdrawn", "reject"),
        )
    if how == "reject":
        return Cell(wrong=f"{text!r} does not say how the ground was released")
    if how == "withdrawn":
        return Cell("withdrawn", mended=f"{text!r} read as withdrawn, as answered")
    mended = f"{text!r}, {how} as answered: it stays open until its release is loaded (layer releases, product {how})"
    return Cell("open", mended=mended)


def _words(field_: Field, given: object, ways: Ways) -> Cell:
    try:
        texts = as_list(given) if not isinstance(given, int | float) else [str(given)]
    except ValueError:
        return Cell(wrong=f"{str(given)[:40]!r} is no list; separate its entries by ;")
    cells = [cell for text in texts for cell in _entries(field_, text, ways)]
    wrong = next((one.wrong for one in cells if one.wrong), None)
    if wrong:
        return Cell(wrong=wrong)
    mended = "; ".join(one.mended for one in cells if one.mended) or None
    values = list(dict.fromkeys(str(one.value) for one in cells))
    return Cell(values, mended=mended, meant=tuple(pair for one in cells for pair in one.meant))


def _entries(field_: Field, text: str, ways: Ways) -> list[Cell]:
    """Return the words of one entry: the entry itself, or its parts where it is several in another notation."""
    whole = _word(field_, text, ways)
    parts = [part.strip() for part in re.split(r"[,/+&|]|\band\b|\bи\b|\bvə\b", text) if part.strip()]
    if whole.wrong is None or len(parts) < 2:
        return [whole]
    cells = [_word(field_, part, ways) for part in parts]
    if any(one.wrong for one in cells):
        return [whole]
    mended = f"{text!r} read as {'; '.join(str(one.value) for one in cells)}"
    return [Cell(one.value, mended=None if k else mended, meant=one.meant) for k, one in enumerate(cells)]
