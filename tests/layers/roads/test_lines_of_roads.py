"""Where a stretch of road lies: parts of edges as lines, beside the same found vertex by vertex."""

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from road_lines import network_of

from layers.roads.lines import lines_of

STEP = 1e-4
PLACE = st.tuples(st.integers(0, 12), st.integers(0, 12))
LINE = st.lists(PLACE, min_size=2, max_size=6).filter(lambda one: all(a != b for a, b in pairwise(one)))
SHARES = st.lists(st.floats(0, 1), max_size=4)


def by_hand(network, edge, begin, end):
    """The part of an edge, vertex by vertex."""
    rows = range(network.first[edge], network.first[edge + 1])
    along = [float(network.along[row]) for row in rows]
    places = [network.lonlat[row] for row in rows]

    def at(metre):
        for k in range(len(along) - 1):
            if metre <= along[k + 1] or k == len(along) - 2:
                share = min(max((metre - along[k]) / (along[k + 1] - along[k]), 0.0), 1.0)
                return places[k] + share * (places[k + 1] - places[k])
        raise AssertionError

    inside = [place for place, metre in zip(places, along, strict=True) if begin < metre < end]
    return np.array([at(begin), *inside, at(end)])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LINE, SHARES), min_size=1, max_size=4), st.randoms())
def test_parts_lie_where_they_do_vertex_by_vertex_and_fill_their_edge(drawn, order):
    network = network_of([[(46 + STEP * x, 39 + STEP * y) for x, y in line] for line, _ in drawn])
    wanted = []
    for edge, (_, shares) in enumerate(drawn):
        length = float(network.length[edge])
        cuts = [0.0, *sorted(one * length for one in shares), length]
        wanted += [(edge, a, b) for a, b in pairwise(cuts)]
    order.shuffle(wanted)
    edge, begin, end = (np.array(one) for one in zip(*wanted, strict=True))
    found = lines_of(network, edge, begin, end)
    for line, one in zip(found, wanted, strict=True):
        expected = by_hand(network, *one)
        np.testing.assert_allclose(shapely.get_coordinates(line), expected, rtol=0, atol=1e-11)
    for edge in range(len(network)):
        parts = [line for line, one in sorted(zip(found, wanted, strict=True), key=lambda p: p[1]) if one[0] == edge]
        vertices = network.lonlat[network.first[edge] : network.first[edge + 1]]
        points = np.concatenate([shapely.get_coordinates(line) for line in parts])
        assert np.array_equal(points[0], vertices[0])
        assert np.array_equal(points[-1], vertices[-1])
        assert all((np.abs(points - one).max(axis=1) < 1e-11).any() for one in vertices)


def test_a_whole_edge_is_its_vertices_to_the_last_digit_and_nothing_is_nothing():
    rng = np.random.default_rng(3)
    network = network_of([list(map(tuple, 46 + rng.random((n, 2)))) for n in (2, 5, 9)])
    every = np.arange(3)
    for k, line in enumerate(lines_of(network, every, np.zeros(3), network.length)):
        kept = network.lonlat[network.first[k] : network.first[k + 1]]
        assert np.array_equal(shapely.get_coordinates(line), kept)
    none = np.zeros(0)
    assert len(lines_of(network, none.astype(np.int64), none, none)) == 0
