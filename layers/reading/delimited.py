"""CSV: text in columns, every value kept as it was written."""

import csv
import io

from layers.reading.questions import Question, Unreadable


def parse(content: bytes, encoding: str | None) -> dict[str, list[object]]:
    """Return the columns of a CSV file; empty cells are None.

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
        rows = [
            row for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise Unreadable(f"its rows can't be told apart: {error}") from None
    if len(rows) < 2:
        raise Unreadable("it has no rows below its header")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) != len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise Unreadable(f"two columns have the same name: {', '.join(twice)}")
    for number, row in enumerate(rows[1:], start=1):
        if len(row) > len(header):
            raise Unreadable(f"row {number} has {len(row)} values and the header {len(header)}: a separator too many")
    padded = [row + [""] * (len(header) - len(row)) for row in rows[1:]]
    return {name: [row[k].strip() or None for row in padded] for k, name in enumerate(header)}


def _decoded(content: bytes, encoding: str | None) -> str:
    try:
        return content.decode(encoding or "utf-8-sig")
    except LookupError:
        raise Question("encoding", f"no encoding is called {encoding!r}", ENCODINGS) from None
    except UnicodeDecodeError:
        asked = encoding or "UTF-8"
        message = f"its text is not {asked}: send it again with encoding, one of them"
        raise Question("encoding", message, ENCODINGS) from None


ENCODINGS = ("utf-8", "windows-1251", "windows-1252", "windows-1254", "utf-16")
