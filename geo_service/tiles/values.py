"""The attributes of records as a vector tile carries them: each value is encoded once (MVT 2.1, section 4.4)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Bytes = NDArray[np.uint8]

TEXT, DOUBLE, WHOLE, SIGNED, TRUTH = 0x0A, 0x19, 0x28, 0x30, 0x38
"""Tags of the value of a field: string, double, uint64, sint64, bool."""

VALUE = 0x22
"""Tag of a value in a layer."""


@dataclass(frozen=True)
class Attributes:
    """The attributes of n records.

    Attributes:
        names: the c attributes.
        codes: (n, c) the place of each value among all values, -1 where a record has none.
        shared: how many of the values, the first, may stand in several records; the others stand in one each.
        values: all values as they stand in a layer, one after another.
        starts: where each of them begins; one more than there are values.
    """

    names: tuple[str, ...]
    codes: Codes
    shared: int
    values: Bytes
    starts: Codes


def varint(number: int) -> bytes:
    """Return a number of 0 or more as a varint."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def attributes(columns: Mapping[str, pd.Series | NDArray[np.generic]], own: frozenset[str]) -> Attributes:
    """Return columns as the attributes of a tile.

    Args:
        columns: by name, of one length: texts, numbers, whole numbers, truths; None or NaN where there is no value.
        own: the names of those in which hardly two records have one value, so that nobody looks for equal ones.
    """
    encoded = {name: _encoded(values, apart=name in own) for name, values in columns.items()}
    order = sorted(encoded, key=lambda name: name in own)
    codes = np.empty((len(next(iter(columns.values()))), len(columns)), dtype=np.int64)
    place, blobs, lengths, shared = 0, [], [], 0
    names = tuple(columns)
    for name in order:
        code, blob, length = encoded[name]
        codes[:, names.index(name)] = np.where(code >= 0, code + place, -1)
        place += len(length)
        shared = place if name not in own else shared
        blobs.append(blob)
        lengths.append(length)
    starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    return Attributes(names, codes, shared, np.concatenate(blobs), starts)


def _encoded(column: pd.Series | NDArray[np.generic], *, apart: bool) -> tuple[Codes, Bytes, Codes]:
    """Return for each cell the place of its value (-1: none), and the values as bytes with their lengths."""
    if apart:
        there = np.asarray(~pd.isna(column), dtype=bool)
        codes = np.where(there, np.cumsum(there) - 1, -1)
        found = np.asarray(column, dtype=object if pd.Series(column).dtype == object else None)[there]
    else:
        codes, unique = pd.factorize(pd.Series(column))
        found = unique.to_numpy()
    if found.dtype.kind == "f":
        return codes, _doubles(found), np.full(len(found), 11, dtype=np.int64)
    made = [_value(one) for one in found.tolist()]
    blob = np.frombuffer(b"".join(made), dtype=np.uint8)
    return codes, blob, np.fromiter(map(len, made), dtype=np.int64, count=len(made))


def _doubles(numbers: NDArray[np.float64]) -> Bytes:
    rows = np.empty((len(numbers), 11), dtype=np.uint8)
    rows[:, 0], rows[:, 1], rows[:, 2] = VALUE, 9, DOUBLE
    rows[:, 3:] = numbers.astype("<f8").view(np.uint8).reshape(-1, 8)
    return rows.ravel()


def _value(value: object) -> bytes:
    """Return one value with the tag and length that it has in a layer."""
    if isinstance(value, bool):
        inner = bytes((TRUTH, value))
    elif isinstance(value, int):
        inner = bytes((WHOLE,)) + varint(value) if value >= 0 else bytes((SIGNED,)) + varint(-2 * value - 1)
    else:
        text = str(value).encode("utf-8", "replace")
        inner = bytes((TEXT,)) + varint(len(text)) + text
    return bytes((VALUE,)) + varint(len(inner)) + inner
