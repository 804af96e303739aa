"""What an answer about a way says, in a language: its codes are looked up, and its figures put in.

The answer itself keeps its English sentences (`geo_service.travel.answers`); pages and paper say the same by code.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from geo_service.languages.speech import Speech
from geo_service.travel.ways import NO_NETWORK
from layers.roads.classes import Evidenced

PARTS = ("routes",)
"""The catalogues, beside that of all pages, that ways are told from."""

Told = Mapping[str, Any]


def place_of(speech: Speech, name: object) -> str:
    """Return what a place of a question is called: from, to, or `via 2`."""
    text = str(name)
    if text.startswith("via"):
        return speech.t("place_via", number=text.removeprefix("via").strip())
    return speech.of("place", text)


def reason(speech: Speech, told: Told) -> str:
    """Return why there is no way, as a sentence; the answer's own where its code has none in the language."""
    code = str(told["code"]).lower()
    if told.get("detail") == NO_NETWORK:
        return speech.t("reason_no_network")
    if code == "no_road" and "place" in told:
        metres = told.get("distance_m")
        key = "reason_no_road_far" if metres is None else "reason_no_road_near"
        far = {} if metres is None else {"distance": speech.metres(metres)}
        return _begun(speech.t(key, place=place_of(speech, told["place"]), **far))
    if code == "unsurveyed_not_allowed" and "place" in told:
        return _begun(speech.t("reason_unsurveyed_not_allowed_at", place=place_of(speech, told["place"])))
    return speech.catalogue.get(f"reason_{code}", str(told["detail"]))


def plan_reason(speech: Speech, told: Told) -> str:
    """Return what a plan of what to clear comes to."""
    if told.get("detail") == NO_NETWORK:
        return speech.t("reason_no_network")
    if told["code"] == "OPEN_ALREADY":
        return speech.t("reason_open_already")
    if told.get("hazards") or told.get("points"):
        return speech.t("reason_planned")
    if "distance_m" in told:
        return speech.t("reason_plan_far", distance=speech.metres(told["distance_m"]))
    return speech.t("reason_no_plan")


def condition(speech: Speech, told: Told) -> str:
    """Return what a traveller must keep to, as a sentence; the answer's own where its code has none."""
    code = told["code"]
    if code == "keep_to_carriageway":
        width = told.get("width_m")
        said = speech.t("condition_keep_to_carriageway")
        if width is not None:
            said = speech.t("condition_keep_width", width=f"{_short(speech, width)} {speech.t('unit_m')}")
        beside = ", ".join(one["id"] for one in told.get("neighbours", ()))
        return f"{said} {speech.t('condition_beside', ids=beside)}" if beside else said
    if code == "vehicle_width":
        return speech.t("condition_vehicle_width", width=f"{_short(speech, told['width_m'])} {speech.t('unit_m')}")
    if code == "expires":
        return speech.t("condition_expires", date=speech.date(told["expires_on"]))
    return speech.catalogue.get(f"condition_{code}", str(told["detail"]))


def _short(speech: Speech, metres: float) -> str:
    return speech.number(metres, 0 if float(metres).is_integer() else 1)


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def expired(properties: Told) -> set[tuple[float, float]]:
    """Return the stretches (from, to in m) of a way whose verification has expired."""
    return {(one["from_m"], one["to_m"]) for one in properties["reasons"] if one["code"] == "EXPIRED_EVIDENCE"}


def stretch(speech: Speech, part: Told, *, late: bool) -> dict[str, str]:
    """Return what is said of a stretch: ends, evidence, source, date, nearest hazard; each as text.

    Args:
        speech: the language.
        part: a segment of the answer.
        late: its verification has expired.
    """
    evidence = speech.t(f"class_{part['class']}")
    for wanted, key in ((part.get("lifted"), "lifted"), (late, "expired_stretch")):
        if wanted:
            evidence = f"{evidence} ({speech.t(key)})"
    nearest = part.get("nearest_hazard")
    return {
        "begin": speech.metres(part["from_m"]),
        "end": speech.metres(part["to_m"]),
        "evidence": evidence,
        "source": part.get("source") or "",
        "date": speech.date(part["date"]) if part.get("date") else "",
        "nearest": nearest or "",
        "near_m": speech.metres(part["distance_m"]) if nearest else "",
    }


def in_a_sentence(speech: Speech, told: Mapping[str, str]) -> str:
    """Return what is said of a stretch as one line, for the strip and those who hear the page."""
    parts = [speech.t("strip_part", begin=told["begin"], end=told["end"], evidence=told["evidence"])]
    if told["source"]:
        key = "strip_source_dated" if told["date"] else "strip_source"
        parts.append(speech.t(key, source=told["source"], date=told["date"]))
    if told["nearest"]:
        parts.append(speech.t("strip_nearest", id=told["nearest"], distance=told["near_m"]))
    return "; ".join(parts)


def way(speech: Speech, properties: Told) -> dict[str, Any]:
    """Return all that is said of a way, as text beside the figures that strips and tables are drawn from."""
    late = expired(properties)
    length = properties["length_m"] or 1.0
    stretches = []
    for part in properties["segments"]:
        said = stretch(speech, part, late=(part["from_m"], part["to_m"]) in late)
        place = {
            "class": part["class"],
            "left": 100 * part["from_m"] / length,
            "width": 100 * (part["to_m"] - part["from_m"]) / length,
        }
        stretches.append({**said, **place, "line": in_a_sentence(speech, said)})
    exposure = properties["exposure_m"]
    return {
        "verdict": properties["verdict"],
        "verdict_said": speech.of("verdict", properties["verdict"]),
        "because": speech.t(f"because_{properties['verdict']}"),
        "time": speech.time(properties["duration_s"]),
        "length": speech.metres(properties["length_m"]),
        "exposure": None if exposure is None else speech.metres(exposure),
        "expires": speech.date(properties["expires_on"]) if properties["expires_on"] else None,
        "evidence": {name: speech.metres(metres) for name, metres in by_class(properties).items()},
        "conditions": [condition(speech, one) for one in properties["conditions"]],
        "stretches": stretches,
    }


def by_class(properties: Told) -> dict[str, float]:
    """Return the metres of each class of a way that it has any of, the worst first."""
    found = properties["evidence"]
    return {kind.name: found[kind.name] for kind in Evidenced if found.get(kind.name)}


def best(routes: Sequence[Told]) -> tuple[set[int], set[int]]:
    """Return which ways are the quickest, and which the least exposed; none where there is only one way."""
    told = [one["properties"] for one in routes]
    exposures = [one["exposure_m"] for one in told]
    if len(told) < 2 or None in exposures:
        return set(), set()
    quick, least = min(one["duration_s"] for one in told), min(exposures)
    return (
        {k for k, one in enumerate(told) if one["duration_s"] == quick},
        {k for k, exposure in enumerate(exposures) if exposure == least},
    )
