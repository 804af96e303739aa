"""What is carried along says what it stands on, and what nobody may follow is not handed out."""

import xml.etree.ElementTree as ET

import pytest

from geo_service.balance import Refused
from geo_service.travel.tracks import COLOURS, GPX, KML, refuse_unconfirmed, to_gpx, to_kml
from layers.roads.classes import Evidenced

LINE = [[46.1, 39.2], [46.15, 39.25], [46.2, 39.2]]


def answer(verdict="go_with_conditions", **more):
    properties = {
        "verdict": verdict,
        "reasons": [],
        "conditions": [{"code": "daylight_only", "detail": "travel by daylight <only> & slowly"}],
        "length_m": 9000.0,
        "duration_s": 700.0,
        "exposure_m": 40,
        "evidence": {"verified": 8000.0, "released_cleared": 1000.0, "unsurveyed": 0.0},
        "expires_on": "2026-12-24",
        "segments": [
            {"from_m": 0.0, "to_m": 8000.0, "class": "verified", "coordinates": LINE[:2]},
            {"from_m": 8000.0, "to_m": 9000.0, "class": "released_cleared", "coordinates": LINE[1:]},
        ],
    }
    one = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": LINE}, "properties": properties}
    about = {
        "mode": "bus",
        "as_of": "2026-11-24",
        "known_at": "2026-11-24T00:00:00Z",
        "notice": "Do not enter. \x00",
        "synthetic": True,
    }
    return {"features": [one], "reasons": [], **about, **more}


def test_gpx_carries_verdict_sentences_and_every_point():
    root = ET.fromstring(to_gpx(answer()))  # noqa: S314 - written here
    names = [one.text for one in root.iter(f"{{{GPX}}}name")]
    assert names[1].startswith("SYNTHETIC GO WITH CONDITIONS: route 1 by bus, expires 2026-12-24")
    points = [[float(one.get("lon")), float(one.get("lat"))] for one in root.iter(f"{{{GPX}}}trkpt")]
    assert points == LINE
    told = root.find(f".//{{{GPX}}}trk/{{{GPX}}}desc").text
    assert "Do not enter." in told
    assert "8,000 m verified" in told
    assert "<only> & slowly" in told


def test_kml_is_coloured_stretch_by_stretch():
    root = ET.fromstring(to_kml(answer()))  # noqa: S314 - written here
    marks = root.findall(f".//{{{KML}}}Placemark")
    assert [one.find(f"{{{KML}}}styleUrl").text for one in marks] == ["#verified", "#released_cleared"]
    styles = {one.get("id") for one in root.iter(f"{{{KML}}}Style")}
    assert styles == set(COLOURS) == {one.name for one in Evidenced}


def test_what_nobody_surveyed_is_confirmed_first():
    with pytest.raises(Refused, match="confirm=unsurveyed"):
        refuse_unconfirmed(answer("insufficient_information"), confirmed=False, form="GPX")
    refuse_unconfirmed(answer("insufficient_information"), confirmed=True, form="GPX")
    refuse_unconfirmed(answer(), confirmed=False, form="GPX")


@pytest.mark.parametrize("confirmed", [True, False])
def test_no_track_of_a_plan_of_the_past_or_of_nothing(confirmed):
    plan = answer("no_go", planning=True)
    past = answer("historical")
    nothing = answer() | {"features": [], "reasons": [{"code": "NO_ROAD", "message": ""}]}
    for one in (plan, past, nothing):
        with pytest.raises(Refused, match="refused"):
            refuse_unconfirmed(one, confirmed=confirmed, form="GPX")
