"""The real mountain roads of Andorra: times as an independent search finds them, and hazards on the way."""

import json
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import shapely

from geo_service.api.dependencies import Service
from geo_service.balance import view
from layers.roads.rules import Mode

PARISHES = {
    "Sant Julià de Lòria": (1.4914, 42.4647), "Andorra la Vella": (1.5218, 42.5063), "Escaldes-Engordany": (1.5386, 42.5101),
    "La Massana": (1.5147, 42.5449), "Ordino": (1.5332, 42.5562), "Encamp": (1.5826, 42.5361), "Canillo": (1.5993, 42.5676),
}  # fmt: skip


@pytest.fixture
def roads(andorra):
    service: Service = andorra.app.state.service
    seen = view(service.snapshots, service.settings, service.clock)
    return service.ways.at(seen, service.settings.routes)


@pytest.fixture
def graph(roads):
    """The roads as networkx has them, each arc with its seconds."""
    net, (there, back) = roads.laid.network, roads.laid.seconds(Mode.car)
    made = nx.MultiDiGraph()
    for k in range(len(net)):
        ends = int(net.tail[k]), int(net.head[k])
        for (a, b), seconds in ((ends, there[k]), (ends[::-1], back[k])):
            if np.isfinite(seconds):
                made.add_edge(a, b, weight=float(seconds), edge=k)
    return made


@pytest.fixture
def places(roads, graph):
    """The node of each parish: the nearest one of the part of the network that holds them all."""
    nodes = roads.laid.network.nodes
    main = np.array(sorted(max(nx.strongly_connected_components(graph), key=len)))
    return {name: int(main[np.hypot(*(nodes[main] - at).T).argmin()]) for name, at in PARISHES.items()}


def load(client, layer, shapes, **values):
    """Load polygons as a layer of the service."""
    features = [
        {"type": "Feature", "properties": {"id": id_, **values}, "geometry": json.loads(shapely.to_geojson(shape))}
        for id_, shape in shapes.items()
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features})
    answer = client.post("/changesets", files={"file": ("x.geojson", body)}, data={"layer": layer})
    assert answer.status_code == 201, answer.text
    assert answer.json()["accepted"] == len(shapes)


def square(at, half_m):
    x, y = half_m / 82_000, half_m / 111_100
    return shapely.box(at[0] - x, at[1] - y, at[0] + x, at[1] + y)


def ask(client, nodes, a, b, **more):
    answer = client.post("/routes", json={"from": nodes[a].tolist(), "to": nodes[b].tolist(), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def middle(net, edge):
    line = shapely.LineString(net.lonlat[net.first[edge] : net.first[edge + 1]])
    return np.array(line.interpolate(0.5, normalized=True).coords[0])


def test_times_between_parishes_are_those_of_an_independent_search(andorra, roads, graph, places):
    nodes = roads.laid.network.nodes
    names = list(places)
    slow = 0
    for a, b in zip(names, [*names[3:], *names[:3]], strict=True):
        found = ask(andorra, nodes, places[a], places[b])
        wanted = nx.shortest_path_length(graph, places[a], places[b], weight="weight")
        fastest = min(one["properties"]["duration_s"] for one in found["features"])
        assert fastest == pytest.approx(wanted, abs=0.01), (a, b)
        assert found["attribution"] == ["© OpenStreetMap contributors, ODbL 1.0"]
        slow += wanted > 300
    assert slow > 3
    # The terrain is known, and it is no plain.
    assert np.nanmax(roads.laid.network.height) > 2000
    assert np.isfinite(roads.laid.network.height).mean() > 0.95


def test_a_front_of_several_answers(andorra, roads, graph, places):
    net = roads.laid.network
    a, b = places["Sant Julià de Lòria"], places["Encamp"]
    fast = nx.shortest_path(graph, a, b, weight="weight")
    on_fast = {min(graph[u][v].values(), key=lambda arc: arc["weight"])["edge"] for u, v in pairwise(fast)}
    # The way round, where the middle of the fast one is left out, was surveyed.
    middles = sorted(on_fast, key=lambda k: abs(net.length[: k + 1].sum()))[len(on_fast) // 3 : len(on_fast) // 2]
    less = nx.MultiDiGraph((u, v, d) for u, v, d in graph.edges(data=True) if d["edge"] not in middles)
    round_ = nx.shortest_path(less, a, b, weight="weight")
    other = {min(less[u][v].values(), key=lambda arc: arc["weight"])["edge"] for u, v in pairwise(round_)}
    shapes = [shapely.LineString(net.lonlat[net.first[k] : net.first[k + 1]]).buffer(1e-4) for k in other - on_fast]
    load(andorra, "surveys", {"SURVEY": shapely.unary_union(shapes)}, surveyed_on="2024-05-01")
    found = ask(andorra, net.nodes, a, b)
    values = [(one["properties"]["duration_s"], one["properties"]["exposure_m"]) for one in found["features"]]
    assert len(values) >= 2
    assert values == sorted(values)
    assert [exposure for _, exposure in values] == sorted((exposure for _, exposure in values), reverse=True)
    assert min(values)[0] == pytest.approx(nx.path_weight(nx.DiGraph(_lightest(graph)), fast, "weight"), abs=0.01)
    least = min(found["features"], key=lambda one: one["properties"]["exposure_m"])
    assert least["properties"]["evidence"]["surveyed_no_evidence"] > 100


def _lightest(graph):
    best = {}
    for u, v, data in graph.edges(data=True):
        if (u, v) not in best or data["weight"] < best[u, v]["weight"]:
            best[u, v] = data
    return [(u, v, data) for (u, v), data in best.items()]


def test_a_place_that_hazards_cut_off_names_the_least_that_opens_it(andorra, roads, graph, places):
    net = roads.laid.network
    a, b = places["Andorra la Vella"], places["Canillo"]
    plain = nx.Graph()
    for u, v, data in graph.edges(data=True):
        plain.add_edge(u, v)
        plain[u][v].setdefault("edges", set()).add(data["edge"])
    cut = nx.minimum_edge_cut(plain, a, b)
    edges = sorted(edge for u, v in cut for edge in plain[u][v]["edges"])
    hazards = {f"H{k}": square(middle(net, edge), 4 + 2 * k) for k, edge in enumerate(edges)}
    load(andorra, "hazards", hazards, classification="CHA", opened_on="2023-01-01", positional_accuracy_m=1)
    found = ask(andorra, net.nodes, a, b)
    assert found["features"] == []
    (reason,) = found["reasons"]
    assert reason["code"] == "ONLY_THROUGH_HAZARD"
    assert reason["hazards"] == ["H0"]  # the smallest: any of them opens one way
    (stored,) = [one for one in andorra.get("/collections/hazards/items").json()["features"] if one["id"] == "H0"]
    assert reason["m2"] == pytest.approx(stored["properties"]["area_m2"], rel=1e-6)
    # A plan shows the way through it, and nobody is handed it to follow.
    body = {"from": net.nodes[a].tolist(), "to": net.nodes[b].tolist(), "planning": True}
    plan = andorra.post("/routes", json=body).json()
    assert [one["properties"]["verdict"] for one in plan["features"]] == ["no_go"]
    assert plan["features"][0]["properties"]["evidence"]["inside_hazard"] > 1
    assert andorra.post("/routes?f=gpx", json=body).status_code == 409
    # Cleared, the way is open again at once, as fast as ever.
    load(
        andorra,
        "releases",
        {"R0": hazards["H0"]},
        product="cleared",
        completed_on="2024-01-01",
        qc_status="passed",
        qc_on="2024-01-02",
    )
    again = ask(andorra, net.nodes, a, b)
    assert again["features"]
    assert "H0" not in json.dumps(again["reasons"])
