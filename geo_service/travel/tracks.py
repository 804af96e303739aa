"""Routes as GPX and KML: what goes into a receiver carries its verdict in its name, and its sentences with it."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any

from geo_service.balance import Refused

GPX = "http://www.topografix.com/GPX/1/1"
KML = "http://www.opengis.net/kml/2.2"

COLOURS = {
    "inside_hazard": "#FF0000",
    "closed": "#7A0000",
    "inside_buffer": "#E4572E",
    "unsurveyed": "#7B7B7B",
    "surveyed_no_evidence": "#4F6BB5",
    "released_cancelled": "#9A7BB0",
    "released_reduced": "#6B5B95",
    "verified": "#1E5AA8",
    "released_cleared": "#2E7D32",
}
"""The colour of each class of evidence, here and on the page."""

DASHES = {
    "inside_buffer": "7 3",
    "closed": "3 6",
    "unsurveyed": "6 5",
    "surveyed_no_evidence": "10 5",
    "released_cancelled": "10 4 2 4",
    "released_reduced": "14 4 2 4 2 4",
    "verified": "20 3",
}
"""Dashes of each class, so that colour is never the only sign; unbroken where it is left out."""

_NOT_TEXT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold."""

Answer = Mapping[str, Any]


class Withheld(Refused):
    """An answer that is not handed out as a track to follow."""


def refuse_unconfirmed(answer: Answer, *, confirmed: bool, form: str) -> None:
    """Refuse to hand out as a track what nobody may follow, or what was not surveyed and not confirmed.

    Raises:
        Withheld: it is a plan or describes the past, there is no route, or it leads over ground that nobody surveyed
            and `confirmed` is not set.
    """
    routes: Sequence[Mapping[str, Any]] = answer["features"]
    if answer.get("planning"):
        raise Withheld(f"{form} is refused: this is a plan of what to clear, not a way to travel")
    if any(one["properties"]["verdict"] == "historical" for one in routes):
        raise Withheld(
            f"{form} is refused: this describes the past or an earlier knowledge; ask without as_of and known_at"
        )
    if not routes:
        codes = ", ".join(one["code"] for one in answer["reasons"])
        raise Withheld(f"{form} is refused: there is no route ({codes})")
    if not confirmed and any(one["properties"]["verdict"] == "insufficient_information" for one in routes):
        raise Withheld(
            f"{form} is refused: it leads over ground that nobody surveyed, or on evidence that has expired; whoever "
            "takes it along confirms that with confirm=unsurveyed, or asks with unsurveyed=forbid"
        )


def title_of(answer: Answer, properties: Mapping[str, Any], number: int) -> str:
    """Return the name that a route carries wherever it goes: its verdict first."""
    mark = "SYNTHETIC " if answer["synthetic"] else ""
    verdict = str(properties["verdict"]).upper().replace("_", " ")
    until = f", expires {properties['expires_on']}" if properties["expires_on"] else ""
    return f"{mark}{verdict}: route {number} by {answer['mode']}{until}"


def text_of(value: object) -> str:
    """Return a value as text that XML can hold."""
    return _NOT_TEXT.sub("�", str(value))


def told(answer: Answer, properties: Mapping[str, Any]) -> str:
    """Return what must be read with a route."""
    evidence = "; ".join(f"{metres:,.0f} m {name}" for name, metres in properties["evidence"].items() if metres)
    conditions = "; ".join(str(one["detail"]) for one in properties["conditions"])
    parts = [f"Evidence: {evidence}.", f"Conditions: {conditions}." if conditions else "", str(answer["notice"])]
    return text_of(" ".join([*filter(None, parts), *answer.get("attribution", ())]))


def _under(parent: ET.Element, name: str, text: object = None) -> ET.Element:
    made = ET.SubElement(parent, name)
    if text is not None:
        made.text = text_of(text)
    return made


def _written(root: ET.Element) -> bytes:
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def to_gpx(answer: Answer) -> bytes:
    """Return routes as GPX 1.1, a track each."""
    root = ET.Element("gpx", {"xmlns": GPX, "version": "1.1", "creator": "Clearway"})
    about = _under(root, "metadata")
    _under(about, "name", f"Clearway routes, ground on {answer['as_of']}, known at {answer['known_at']}")
    _under(about, "desc", answer["notice"])
    for number, one in enumerate(answer["features"], start=1):
        properties = one["properties"]
        track = _under(root, "trk")
        _under(track, "name", title_of(answer, properties, number))
        _under(track, "desc", told(answer, properties))
        _under(track, "type", properties["verdict"])
        points = _under(track, "trkseg")
        for lon, lat in one["geometry"]["coordinates"]:
            ET.SubElement(points, "trkpt", {"lat": f"{lat:.7f}", "lon": f"{lon:.7f}"})
    return _written(root)


def to_kml(answer: Answer) -> bytes:
    """Return routes as KML 2.2: a folder each, its stretches coloured by evidence."""
    root = ET.Element("kml", {"xmlns": KML})
    document = _under(root, "Document")
    _under(document, "name", f"Clearway routes, ground on {answer['as_of']}, known at {answer['known_at']}")
    _under(document, "description", answer["notice"])
    for name, colour in COLOURS.items():
        style = ET.SubElement(document, "Style", {"id": name})
        line = _under(style, "LineStyle")
        _under(line, "color", f"ff{colour[5:7]}{colour[3:5]}{colour[1:3]}".lower())
        _under(line, "width", 5)
    for number, one in enumerate(answer["features"], start=1):
        properties = one["properties"]
        folder = _under(document, "Folder")
        _under(folder, "name", title_of(answer, properties, number))
        _under(folder, "description", told(answer, properties))
        for part in properties["segments"]:
            mark = _under(folder, "Placemark")
            _under(mark, "name", f"{part['class']}, {part['from_m']:,.0f} to {part['to_m']:,.0f} m")
            _under(mark, "styleUrl", f"#{part['class']}")
            line = _under(mark, "LineString")
            _under(line, "tessellate", 1)
            _under(line, "coordinates", " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in part["coordinates"]))
    return _written(root)
