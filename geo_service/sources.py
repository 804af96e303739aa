"""What is remembered of where a file came from: the columns and words that were used for its like."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from geo_service.store.log import Log
from layers.reading.answers import WORD, WORDS


@dataclass(frozen=True)
class Remembered:
    """What was last said of a source: field -> column, and `word.FIELD.TEXT` -> word."""

    mapping: Mapping[str, str]
    words: Mapping[str, str]


def signature(author: str, layer: str, columns: Sequence[str]) -> str:
    """Return the name of a source: the same sender, layer and columns have the same, whatever the file is called."""
    return hashlib.sha256(orjson.dumps([author, layer, sorted(columns)])).hexdigest()


def remembered(log: Log, source: str, columns: Sequence[str]) -> Remembered:
    """Return what was last said of a source; empty where nothing was."""
    said = log.answers(source) or {}
    mapping = {name: str(column) for name, column in _object(said.get("mapping")).items() if column in columns}
    return Remembered(mapping, dict(_words(_object(said.get("answers")))))


def _words(answers: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for code, answer in answers.items():
        if code == WORDS:
            for name, texts in _object(answer).items():
                yield from ((f"{WORD}{name}.{text}", str(word)) for text, word in _object(texts).items())
        elif code.startswith(WORD):
            yield code, str(answer)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
