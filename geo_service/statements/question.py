"""What a statement is asked about: a parcel, a road between two places, or a settlement; and for whom, how long."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import shapely

from geo_service.balance import Refused
from geo_service.languages import LANGUAGES
from geo_service.settings import Settings
from geo_service.statements import parcels
from geo_service.travel.question import Question as Way
from geo_service.travel.question import fields_of, given, is_number, question_of, shown, text_of

ABOUT = ("as_of", "known_at", "language", "purpose", "asked_by", "valid_days")
ROAD = ("from", "to", "mode", "unsurveyed")
FIELDS = ("parcel", *ROAD, "settlement", "radius_m", *ABOUT)

EXAMPLES = (
    '{"parcel": {"type": "Polygon", "coordinates": [...]}}, {"from": [46.1, 39.2], "to": [46.7, 39.6], "mode": "car"} '
    'or {"settlement": "S-1"}'
)

MOST_TEXT = 300
"""Letters of a purpose or a name."""


@dataclass(frozen=True)
class Question:
    """What is asked. One of `parcel`, `way` and `settlement` is there.

    Attributes:
        parcel: a polygon in degrees.
        way: from where to where, by whom.
        settlement: its id; radius_m: the ground around it that is answered for, None for the programme's.
        corridor_m: the ground on both sides of the way that is answered for, None for the programme's.
        as_of, known_at: the ground date and the knowledge time, None for now.
        language: in which the statement is written.
        purpose, asked_by: what for, and for whom; as they are to stand on it.
        valid_days: how long it is to hold, None for as long as the programme lets it.
    """

    parcel: shapely.Geometry | None = None
    way: Way | None = None
    settlement: str | None = None
    radius_m: float | None = None
    corridor_m: float | None = None
    as_of: str | None = None
    known_at: str | None = None
    language: str = "en"
    purpose: str = ""
    asked_by: str = ""
    valid_days: int | None = None

    @property
    def kind(self) -> str:
        """What it is about: parcel, road or settlement."""
        return "parcel" if self.parcel is not None else "road" if self.way is not None else "settlement"


def asked(body: object, settings: Settings, parcel: shapely.Geometry | None = None) -> Question:
    """Return the question that a request's body asks.

    Args:
        body: its fields.
        settings: the programme's, which bound what may be asked.
        parcel: the parcel, where it came as a file.

    Raises:
        Refused: it asks none; the message names the field and what may stand there.
    """
    fields = fields_of(body, FIELDS, EXAMPLES)
    subjects = [name for name in ("parcel", "settlement") if fields.get(name) is not None]
    if parcel is not None:
        subjects.append("file")
    if any(fields.get(name) is not None for name in ("from", "to")):
        subjects.append("road")
    if len(subjects) != 1:
        said = f"both {' and '.join(subjects)}" if subjects else "nothing"
        raise Refused(f"a statement is on one parcel, one road or one settlement, not on {said}: {EXAMPLES}")
    [kind] = subjects
    _only(fields, kind)
    terms = settings.statements
    if kind == "parcel":
        parcel = parcels.drawn(fields["parcel"], terms.most_km2)
    return Question(
        parcel=parcel,
        way=_way(fields) if kind == "road" else None,
        settlement=_text(fields, "settlement", 200) if kind == "settlement" else None,
        radius_m=_radius(fields.get("radius_m")),
        as_of=text_of(fields.get("as_of"), "as_of"),
        known_at=text_of(fields.get("known_at"), "known_at"),
        language=_language(given(fields, "language", "en")),
        purpose=_text(fields, "purpose", MOST_TEXT),
        asked_by=_text(fields, "asked_by", MOST_TEXT),
        valid_days=_days(fields.get("valid_days"), terms.road_valid_days if kind == "road" else terms.valid_days),
    )


def _only(fields: Mapping[str, object], kind: str) -> None:
    """Refuse what is said of another kind of subject: it would be left out in silence."""
    for names, own in ((ROAD, "road"), (("radius_m",), "settlement")):
        for name in names:
            if fields.get(name) is not None and kind != own:
                raise Refused(f"{name}: only a statement on a {own} takes this; this one is on a {kind}")


def _way(fields: Mapping[str, object]) -> Way:
    names = (*ROAD, "as_of", "known_at")
    return question_of({name: fields[name] for name in names if fields.get(name) is not None})


def _radius(value: object) -> float | None:
    if value is None:
        return None
    least, most = 100.0, 5_000.0
    if not is_number(value) or not least <= float(value) <= most:  # type: ignore[arg-type]
        raise Refused(f"radius_m: metres from {least:.0f} to {most:.0f}, not {shown(value)}")
    return float(value)  # type: ignore[arg-type]


def _language(value: object) -> str:
    if not isinstance(value, str) or value not in LANGUAGES:
        raise Refused(f"language: one of {', '.join(LANGUAGES)}, not {shown(value)}")
    return value


def _text(fields: Mapping[str, object], name: str, most: int) -> str:
    """Return text in one line, without letters that only control."""
    value = given(fields, name, "")
    if not isinstance(value, str):
        raise Refused(f"{name}: text, not {shown(value)}")
    line = " ".join(unicodedata.normalize("NFC", value).split())
    if len(line) > most:
        raise Refused(f"{name}: at most {most} letters, not {len(line)}")
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} for letter in line):
        raise Refused(f"{name}: it holds a letter that only controls how text is shown; leave it out")
    return line


def _days(value: object, most: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise Refused(f"valid_days: a whole number from 1 to {most}, not {shown(value)}")
    return value
