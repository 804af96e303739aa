"""KML 2.2 with a folder per layer: symbols by class and state, the sentences in every description.

Viewers show a description as HTML. So whatever comes from a record is quoted twice, once for HTML and once for XML, and
balloons show nothing but the description: no record can bring markup. The values as they are stand in `ExtendedData`.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_service.exports.content import STATES, Content, label_of, state_label
from geo_service.store.log import Progress
from geo_service.travel.tracks import KML, text_of

RED, AMBER, GREEN, GREY, BLUE, NONE = "ff0000", "f4a718", "2e7d32", "787878", "465aa0", ""
"""Colours of fills and lines (RRGGBB); none: nothing is filled."""

STYLES: Mapping[str, tuple[str, str, float]] = {
    # id: fill, line, width; fills are half transparent
    "CHA": (RED, "c80000", 2),
    "SHA": (AMBER, "c80000", 2),
    "CHA-worked_on": (RED, "ff8c00", 3),
    "SHA-worked_on": (AMBER, "ff8c00", 3),
    "released": (NONE, "5a5a5a", 1),
    "handed_over": (GREEN, "1b5e20", 2),
    "cleared": (GREY, "5a5a5a", 2),
    "reduced": (GREY, "5a5a5a", 1),
    "cancelled": (NONE, "5a5a5a", 1),
    "not_in_effect": (NONE, "c80000", 1),
    "surveyed": (NONE, BLUE, 2),
    "point": (NONE, "b40000", 2),
    "plain": (NONE, "5a5a5a", 1),
}
"""Green is for ground that was cleared and handed over, and for nothing else (domain rules, section 9)."""

TOGETHER = 2_000
"""Records that are held as text at a time."""


def write(path: Path, content: Content, progress: Progress) -> dict[str, int]:
    """Write all layers of an export as one KML file; return how many placemarks each has."""
    about, counts = content.about, {}
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(f'<kml xmlns="{KML}">\n<Document>\n')
        mark = "SYNTHETIC " if "synthetic" in about else ""
        file.write(_element("name", f"{mark}Clearway, ground on {about['as_of']}, known at {about['known_at']}"))
        file.write(_element("description", "<br/>".join(_told(name, text) for name, text in about.items())))
        file.writelines(_style(name, *look) for name, look in STYLES.items())
        for done, layer in enumerate(content.layers, start=1):
            file.write(f'<Folder id="{layer}">\n' + _element("name", label_of(layer)))
            file.write(_element("description", escape(about["notice"])))
            counts[layer] = 0
            for text in _placemarks(content.flat(layer), layer, about):
                file.write(text)
                counts[layer] += 1
            file.write("</Folder>\n")
            progress(done, len(content.layers))
        file.write("</Document>\n</kml>\n")
    return counts


def _element(name: str, text: object) -> str:
    return f"<{name}>{escape(text_of(text), quote=False)}</{name}>\n"


def _told(name: str, value: object) -> str:
    """Return a line of a description as HTML, in which neither the name nor the value can be markup."""
    return escape(text_of(value)) if name == "notice" else f"{escape(name)}: {escape(text_of(value))}"


def _style(name: str, fill: str, line: str, width: float) -> str:
    inner = f"<fill>{int(bool(fill))}</fill><outline>1</outline>"
    colour = f"<color>80{_turned(fill)}</color>" if fill else ""
    return (
        f'<Style id="{name}"><IconStyle><color>ff{_turned(line)}</color></IconStyle>'
        f"<LineStyle><color>ff{_turned(line)}</color><width>{width:g}</width></LineStyle>"
        f"<PolyStyle>{colour}{inner}</PolyStyle><BalloonStyle><text>$[description]</text></BalloonStyle></Style>\n"
    )


def _turned(colour: str) -> str:
    """Return a colour as KML writes it: blue, green, red."""
    return colour[4:6] + colour[2:4] + colour[:2]


def _placemarks(frame: gpd.GeoDataFrame, layer: str, about: Mapping[str, str]) -> Iterator[str]:
    names = [str(name) for name in frame if name != "geometry"]
    says = f"ground on {about['as_of']}, known at {about['known_at']}, revision {about['revision']}"
    for start in range(0, len(frame), TOGETHER):
        part = frame.iloc[start : start + TOGETHER]
        columns = [part[name].tolist() for name in names]
        for cells, shape in zip(zip(*columns, strict=True), part.geometry.to_numpy(), strict=True):
            row = {name: _plain(cell) for name, cell in zip(names, cells, strict=True) if _is_there(cell)}
            told = [_told(name, value) for name, value in row.items() if name != "extra"]
            told += [escape(about[name]) for name in ("synthetic", "coverage_gap") if name in about]
            told += [escape(says), escape(about["notice"])]
            yield (
                "<Placemark>\n"
                + _element("name", _title(row, layer))
                + _element("description", "<br/>".join(told))
                + f"<styleUrl>#{style_of(row, layer)}</styleUrl>\n"
                + _data(row)
                + _ground(shape)
                + "</Placemark>\n"
            )


def _is_there(value: object) -> bool:
    return bool(value is not None and not pd.isna(value) and value != "")  # type: ignore[call-overload]


def _plain(value: object) -> object:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return value


def _title(row: Mapping[str, object], layer: str) -> str:
    if layer == STATES:
        return f"{state_label(str(row['state']))}, {row.get('district', 'outside every district')}"
    kinds = (row.get(name) for name in ("classification", "product", "kind", "name") if name in row)
    return " ".join(map(str, [row.get("id", ""), *kinds]))


def style_of(row: Mapping[str, object], layer: str) -> str:
    """Return the style of a record: what stands open is never drawn as released, and only handed over ground green."""
    if layer == "hazards":
        if row.get("state") == "released":
            return "released"
        which = str(row.get("classification", "SHA"))
        return f"{which}-worked_on" if row.get("status") == "worked_on" else which
    if layer == "releases":
        if row.get("in_effect") != "true":
            return "not_in_effect"
        handed = row.get("product") == "cleared" and row.get("handed_over") == "true"
        return "handed_over" if handed else str(row["product"])
    if layer == STATES:
        state = str(row["state"])
        return {"no_recorded_hazard": "plain", "surveyed_no_evidence": "surveyed"}.get(state, state)
    return {"surveys": "surveyed", "incidents": "point", "spots": "point"}.get(layer, "plain")


def _data(row: Mapping[str, object]) -> str:
    inner = "".join(
        f'<Data name="{escape(name)}"><value>{escape(text_of(value), quote=False)}</value></Data>'
        for name, value in row.items()
    )
    return f"<ExtendedData>{inner}</ExtendedData>\n"


def _ground(shape: shapely.Geometry) -> str:
    parts: NDArray[np.object_] = shapely.get_parts(shape)
    drawn = [_part(one) for one in parts]
    return f"<MultiGeometry>{''.join(drawn)}</MultiGeometry>\n" if len(drawn) != 1 else drawn[0] + "\n"


def _part(shape: shapely.Geometry) -> str:
    if isinstance(shape, shapely.Polygon):
        holes = "".join(f"<innerBoundaryIs>{_ring(one)}</innerBoundaryIs>" for one in shape.interiors)
        outer = f"<outerBoundaryIs>{_ring(shape.exterior)}</outerBoundaryIs>"
        return f"<Polygon><tessellate>1</tessellate>{outer}{holes}</Polygon>"
    name = "Point" if isinstance(shape, shapely.Point) else "LineString"
    tessellate = "" if name == "Point" else "<tessellate>1</tessellate>"
    return f"<{name}>{tessellate}<coordinates>{_coordinates(shape)}</coordinates></{name}>"


def _ring(ring: shapely.Geometry) -> str:
    return f"<LinearRing><coordinates>{_coordinates(ring)}</coordinates></LinearRing>"


def _coordinates(shape: shapely.Geometry) -> str:
    points: Sequence[tuple[float, float]] = shapely.get_coordinates(shape).tolist()
    return " ".join(f"{x!r},{y!r}" for x, y in points)
