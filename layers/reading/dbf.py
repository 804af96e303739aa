"""The encoding of a shapefile's table: what its files say, and a question where they say nothing and it matters."""

import codecs
import struct
from pathlib import Path

from layers.reading.questions import Question

CHOICES = ("cp1251", "cp866", "utf-8", "cp1254", "cp1252")
SILENT = (0x00, 0x03, 0x57)
"""Language driver ids that name no alphabet: none, and `what the writer's system had` under two numbers."""


def encoding_of(path: Path, asked: str | None) -> str | None:
    """Return the encoding to read a table in; None: as its language driver id or its .cpg says, or it is plain ASCII.

    Args:
        path: the .dbf, with its .cpg beside it where there is one.
        asked: the encoding that was answered.

    Raises:
        Question: it holds letters beyond ASCII and does not say in which encoding, or the answer is none.
    """
    if asked:
        try:
            codecs.lookup(asked)
        except LookupError:
            raise Question("encoding", f"no encoding is called {asked[:40]!r}", CHOICES) from None
        return asked.replace("windows-", "cp")
    if not path.exists() or path.with_suffix(".cpg").exists():
        return None
    content = path.read_bytes()
    if len(content) < 33 or content[29] not in SILENT:
        return None
    start = struct.unpack("<H", content[8:10])[0]
    try:
        content[start:].decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:  # letters of an alphabet of one byte each hardly ever make whole UTF-8
        return "utf-8"
    letters = next((part for part in _texts(content[start:]) if not part.isascii()), None)
    if letters is None:
        return None
    shown = "; ".join(f"{one}: {letters.decode(one, 'replace')[:30]}" for one in CHOICES)
    message = (
        f"the table does not say its encoding (.cpg): send it again with encoding. Its first letters read as {shown}"
    )
    raise Question("encoding", message, CHOICES)


def _texts(content: bytes) -> list[bytes]:
    return [part.strip() for part in content.split(b"  ") if part.strip()]
