"""How well a network hangs together: its pieces, and how much of it the largest one holds."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from layers.roads.network import Network


@dataclass(frozen=True)
class Pieces:
    """The pieces of a network between which no road runs, whoever may use it and which way.

    Attributes:
        count: how many there are.
        length_m: the length of all roads (m).
        largest_m: the length of the roads of the largest piece (m).
    """

    count: int
    length_m: float
    largest_m: float

    @property
    def largest_share(self) -> float:
        """The share of the length that the largest piece holds, 1 where there are no roads."""
        return self.largest_m / self.length_m if self.length_m else 1.0


def pieces(network: Network) -> Pieces:
    """Return the pieces of a network."""
    if not len(network):
        return Pieces(0, 0.0, 0.0)
    n = len(network.nodes)
    links = coo_array((np.ones(len(network), dtype=np.int8), (network.tail, network.head)), shape=(n, n))
    count, piece = connected_components(links, directed=False)
    lengths = np.bincount(piece[network.tail], weights=network.length, minlength=count)
    return Pieces(int(count), float(lengths.sum()), float(lengths.max()))
