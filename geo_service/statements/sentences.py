"""What a statement says in sentences, in one of the programme's languages: figures first, and what they do not say."""

from collections.abc import Mapping
from typing import Any

Words = Mapping[str, str]
Record = Mapping[str, Any]


def amount(value: float) -> str:
    """Return m2, metres or a count for people; ground that is there never reads as none."""
    if 0 < abs(value) < 1:
        return "<1"
    return f"{value:,.0f}".replace(",", "\u00a0")


def findings(record: Record, say: Words) -> list[dict[str, str]]:
    """Return the sentences of a record in order, each with the code of what it says."""
    found: list[tuple[str, dict[str, object]]] = []
    if record["historical"]:
        found.append(("historical", {"as_of": record["as_of"]}))
    found += _way(record)
    found += _states(record)
    found += _near(record, say)
    return [{"code": code, "text": say[f"statement_{code}"].format(**facts)} for code, facts in found]


def _states(record: Record) -> list[tuple[str, dict[str, object]]]:
    states: Mapping[str, float] = record["states"]
    cha, sha = states["CHA"], states["SHA"]
    found: list[tuple[str, dict[str, object]]] = []
    if cha + sha > 0:
        found.append(("open", {"open": amount(cha + sha), "cha": amount(cha), "sha": amount(sha)}))
    else:
        found.append(("open_none", {}))
    if record["pending_qc_m2"] > 0:
        found.append(("pending", {"m2": amount(record["pending_qc_m2"])}))
    if states["no_recorded_hazard"] > 0:
        found.append(("not_assessed", {"m2": amount(states["no_recorded_hazard"])}))
    products = {name: states[name] for name in ("cleared", "reduced", "cancelled")}
    if sum(products.values()) > 0:
        parts: dict[str, object] = {name: amount(m2) for name, m2 in products.items()}
        found.append(("released", {"m2": amount(sum(products.values())), **parts}))
    if states["surveyed_no_evidence"] > 0:
        found.append(("surveyed", {"m2": amount(states["surveyed_no_evidence"])}))
    if record["outside_districts_m2"]:
        found.append(("outside", {"m2": amount(record["outside_districts_m2"])}))
    return found


def _near(record: Record, say: Words) -> list[tuple[str, dict[str, object]]]:
    found: list[tuple[str, dict[str, object]]] = []
    nearest = record["nearest_hazard"]
    if nearest is None:
        found.append(("nearest_none", {}))
    else:
        facts: dict[str, object] = {"id": nearest["id"], "class": nearest["classification"]}
        if nearest["direction"] is None:
            found.append(("nearest_here", facts))
        else:
            towards = say[f"statement_direction_{nearest['direction']}"]
            found.append(("nearest", {**facts, "distance": amount(nearest["distance_m"]), "direction": towards}))
    found += [
        ("around", {"metres": amount(one["within_m"]), "m2": amount(one["open_m2"]), "hazards": one["hazards"]})
        for one in record["around"]
    ]
    found.append(("incidents", {"number": len(record["incidents"]), "spots": len(record["spots"])}))
    return found


def _way(record: Record) -> list[tuple[str, dict[str, object]]]:
    road = record["road"]
    if road is None:
        return []
    chosen = road["chosen"]
    if chosen is None:
        reasons = ", ".join(str(one["code"]) for one in road["reasons"])
        return [("verdict_no_way", {"reasons": reasons})]
    facts: dict[str, object] = {
        "length": f"{chosen['length_m'] / 1000:.1f}",
        "exposure": amount(chosen["exposure_m"]),
        "ways": road["ways"],
    }
    return [(f"verdict_{road['verdict']}", {}), ("way", facts)]
