"""Lists of different lengths as two arrays: row k holds items[first[k]:first[k + 1]]."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Lists of numbers.

    Attributes:
        first: (n + 1,) where each row begins.
        items: (m,) the rows, one after the other.
    """

    first: Ints
    items: Ints

    @classmethod
    def of(cls, row: Ints, item: Ints, count: int) -> Self:
        """Return pairs (row, item) as `count` rows; items ascend within a row, and each stands in it once."""
        row, item = np.asarray(row, np.int64), np.asarray(item, np.int64)
        if len(row):
            row, item = np.unique(np.stack([row, item]), axis=1)
        first = np.searchsorted(row, np.arange(count + 1))
        return cls(first.astype(np.int64), item)

    @classmethod
    def of_lists(cls, lists: Sequence[Sequence[int]]) -> Self:
        """Return lists as rows, sorted, without what stands twice in one."""
        counts = [len(items) for items in lists]
        flat = np.array([item for items in lists for item in items], np.int64)
        return cls.of(np.repeat(np.arange(len(lists)), counts), flat, len(lists))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.first) - 1

    def __getitem__(self, row: int) -> Ints:
        """Return a row."""
        return self.items[self.first[row] : self.first[row + 1]]

    def __iter__(self) -> Iterator[Ints]:
        """Go over the rows."""
        for row in range(len(self)):
            yield self[row]

    @property
    def counts(self) -> Ints:
        """The length of each row."""
        return np.diff(self.first)

    @property
    def row(self) -> Ints:
        """(m,) the row that each item stands in."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.counts)

    def take(self, rows: Ints) -> Ints:
        """Return the items of several rows, one row after the other."""
        rows = np.asarray(rows, np.int64)
        counts = self.counts[rows]
        begin = np.cumsum(counts) - counts
        return np.asarray(self.items[np.repeat(self.first[rows] - begin, counts) + np.arange(counts.sum())])
