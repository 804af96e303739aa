"""Problems of what to clear first: random ones small enough to try everything, and larger ones."""

import barred_roads
import numpy as np
from hypothesis import strategies as st

from layers.priorities.problem import problem
from layers.routing.passages import contract
from layers.routing.shared import SharedGround


@st.composite
def problems(draw, most_hazards=6):
    nodes, hazards = draw(st.integers(2, 6)), draw(st.integers(1, most_hazards))
    edges = draw(
        st.lists(
            st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)).filter(lambda e: e[0] != e[1]),
            min_size=nodes - 1,
            max_size=10,
        )
    )
    bars = [draw(st.lists(st.integers(0, hazards - 1), max_size=2, unique=True)) for _ in edges]
    oneway = draw(st.sets(st.integers(0, len(edges) - 1), max_size=2))
    areas = draw(st.lists(st.integers(0, 50), min_size=hazards, max_size=hazards))
    pairs = st.tuples(st.integers(1, 60), st.sets(st.integers(0, hazards - 1), min_size=2).map(sorted))
    shared = draw(st.lists(pairs, max_size=3)) if hazards > 1 else []
    ground = barred_roads.ground(areas, shared)
    count = draw(st.integers(1, 4))
    people = draw(st.lists(st.integers(0, 30), min_size=count, max_size=count).filter(any))
    needed = [draw(st.lists(st.integers(0, hazards - 1), max_size=2, unique=True)) for _ in range(count)]
    place = draw(st.lists(st.integers(-1, nodes - 1), min_size=count, max_size=count))
    passages = contract(barred_roads.ways(nodes, edges, ground, bars, oneway=oneway))
    return problem(
        hazards=ground.ids,
        ground=SharedGround.of_open(ground),
        settlements=[f"S{k}" for k in range(count)],
        people=people,
        needed=needed,
        passages=passages,
        sites=[passages.node[0]],
        place=[passages.node[k] if k >= 0 else -1 for k in place],
        way=draw(st.lists(st.integers(0, 9), min_size=count, max_size=count)),
    )


def large(hazards, settlements, seed=1):
    """A grid of streets with discs of hazards on it, settlements at crossroads, one site in the middle."""
    rng = np.random.default_rng(seed)
    side = 40
    node = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    keep = rng.random(len(tail)) < 0.75
    tail, head = tail[keep], head[keep]
    at = np.column_stack([(tail // side + head // side) / 2, (tail % side + head % side) / 2])
    centre = rng.uniform(0, side, (hazards, 2))
    reach = rng.lognormal(0, 0.4, hazards) * side * 0.5 / np.sqrt(hazards)
    bars = [np.flatnonzero(np.hypot(*(centre - p).T) < reach).tolist() for p in at]
    near = np.hypot(*(centre[:, None] - centre[None]).transpose(2, 0, 1)) < (reach[:, None] + reach[None]) * 0.8
    pairs = [(float(np.round(rng.uniform(100, 20_000))), [int(a), int(b)]) for a, b in np.argwhere(np.triu(near, 1))]
    ground = barred_roads.ground(np.round(reach**2 * 40_000 * rng.uniform(0.3, 2, hazards)).tolist(), pairs)
    ways = barred_roads.ways(side * side, list(zip(tail, head, strict=True)), ground, bars)
    passages = contract(ways)
    spots = rng.choice(side * side, settlements, replace=False)
    xy = np.column_stack([spots // side, spots % side])
    needed = [np.flatnonzero(np.hypot(*(centre - p).T) < reach * 0.7).tolist() for p in xy]
    return problem(
        hazards=ground.ids,
        ground=SharedGround.of_open(ground),
        settlements=[f"S{k:03}" for k in range(settlements)],
        people=np.round(rng.lognormal(6, 1, settlements)),
        needed=needed,
        passages=passages,
        sites=[int(np.bincount(passages.node).argmax())],
        place=passages.node[spots],
        way=np.hypot(*(xy - side / 2).T),
    )
