"""CSV: text in columns, every value kept as it was written."""

import csv
import io
from pathlib import Path

from layers.reading.coordinates import from_columns
from layers.reading.found import Found, Request, answer
from layers.reading.questions import Question, Unreadable


def read(path: Path, request: Request) -> Found:
    """Read a CSV file in the cage.

    Raises:
        Unreadable, Question: as `parse` and `from_columns`.
    """
    columns, numbers = parse(path.read_bytes(), answer(request, "encoding"))
    found = from_columns(columns, request)
    found.numbers = [numbers[number - 1] for number in found.numbers]
    return found


def parse(content: bytes, encoding: str | None) -> tuple[dict[str, list[object]], list[int]]:
    """Return the columns of a CSV file, empty cells None, and each row's number below the header, empty rows counted.

    Raises:
        Unreadable: it has no rows or its rows do not fit its header.
        Question: its encoding is not known.
    """
    text = _decoded(content, encoding)
    if "\x00" in text:
        raise Unreadable("it is not text; a CSV file holds text in columns")
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t|", key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Unreadable(f"its rows can't be told apart: {error}") from None
    filled = [k for k, row in enumerate(lines) if any(map(str.strip, row))]
    rows = [lines[k] for k in filled]
    if len(rows) < 2:
        raise Unreadable("it has no rows below its header")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) != len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise Unreadable(f"two columns have the same name: {', '.join(twice)}")
    for k, row in zip(filled[1:], rows[1:], strict=True):
        if len(row) > len(header):
            raise Unreadable(
                f"row {k - filled[0]} has {len(row)} values and the header {len(header)}: a separator too many"
            )
    padded = [row + [""] * (len(header) - len(row)) for row in rows[1:]]
    columns: dict[str, list[object]] = {
        name: [row[k].strip() or None for row in padded] for k, name in enumerate(header)
    }
    return columns, [k - filled[0] for k in filled[1:]]


def _decoded(content: bytes, encoding: str | None) -> str:
    try:
        return content.decode(encoding or "utf-8-sig")
    except LookupError:
        raise Question("encoding", f"no encoding is called {encoding!r}", ENCODINGS) from None
    except UnicodeDecodeError as error:
        asked = encoding or "UTF-8"
        letters = content[max(error.start - 20, 0) : error.start + 20].splitlines()
        shown = "; ".join(f"{one}: {max(letters, key=len).decode(one, 'replace')}" for one in ENCODINGS[1:-1])
        message = f"its text is not {asked}: send it again with encoding. What is not reads as {shown}"
        raise Question("encoding", message, ENCODINGS) from None


ENCODINGS = ("utf-8", "cp1251", "cp866", "cp1252", "cp1254", "utf-16")
