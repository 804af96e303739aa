"""What a notebook shows: the state of the ground with the age of the data, and the map. Recorded text is text."""

import datetime as dt
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layers.versions import as_moment


@dataclass(frozen=True)
class State:
    """The state of the ground, and how old the knowledge of it is.

    Attributes:
        as_of, known_at: the ground date, and the last moment at which something was recorded (UTC).
        revision: the number of that record's step.
        open_m2: open ground by class, CHA and SHA (m2).
        hazards_open: hazards unanswered somewhere.
        newest: the latest date of information of a record; None where there is none.
        certificate_passed: whether the balance proved itself.
        coverage_gap: the date lies before the first record.
        synthetic: the data is invented.
        notice: the sentences that every product carries.
        age: how long ago something was recorded last.
    """

    as_of: dt.date
    known_at: dt.datetime
    revision: int
    open_m2: Mapping[str, float]
    hazards_open: int
    newest: dt.date | None
    certificate_passed: bool
    coverage_gap: bool
    synthetic: bool
    notice: str
    age: dt.timedelta

    def _repr_html_(self) -> str:
        proof = "proves itself" if self.certificate_passed else "<b>does NOT prove itself: look at the certificate</b>"
        newest = self.newest.isoformat() if self.newest else "no date"
        rows = [("synthetic", "<b>SYNTHETIC: invented data, no real place or hazard</b>")] if self.synthetic else []
        if self.coverage_gap:
            rows.append(("gap", "<b>the date lies before the first record: nothing is known of it</b>"))
        rows += [
            ("open, CHA", f"{_m2(self.open_m2['CHA'])} m²"),
            ("open, SHA", f"{_m2(self.open_m2['SHA'])} m²"),
            ("hazards open", f"{self.hazards_open:,}"),
            ("ground on", self.as_of.isoformat()),
            ("recorded last", f"{self.known_at:%Y-%m-%d %H:%M} UTC, {_ago(self.age)} (revision {self.revision})"),
            ("newest information", newest),
            ("balance", proof),
        ]
        cells = "".join(f'<tr><th style="text-align:left">{name}</th><td>{text}</td></tr>' for name, text in rows)
        return f'<table>{cells}</table><p style="max-width:60em"><small>{html.escape(self.notice)}</small></p>'


def state_of(figures: Mapping[str, Any], now: dt.datetime, *, synthetic: bool) -> State:
    """Return the state that the figures of the overview tell of; `now` is the present instant."""
    known_at = as_moment(figures["known_at"])
    total = figures["total"]
    return State(
        as_of=dt.date.fromisoformat(figures["as_of"]),
        known_at=known_at,
        revision=figures["revision"],
        open_m2={name: total[name] for name in ("CHA", "SHA")},
        hazards_open=total["hazards_open"],
        newest=dt.date.fromisoformat(figures["newest"]) if figures["newest"] else None,
        certificate_passed=figures["certificate_passed"],
        coverage_gap=figures["coverage_gap"],
        synthetic=synthetic,
        notice=figures["notice"],
        age=max(now - known_at, dt.timedelta()),
    )


def _m2(area: float) -> str:
    """Return an area; ground that is there never reads as none."""
    return "0" if area == 0 else f"{area:,.0f}" if area >= 1 else "under 1"


def _ago(age: dt.timedelta) -> str:
    """Return an age for people, in whole units rounded down."""
    minutes, days = int(age.total_seconds() // 60), age.days
    if minutes < 1:
        return "just now"
    number, unit = (days, "day") if days else (minutes // 60, "hour") if minutes >= 60 else (minutes, "minute")
    return f"{number:,} {unit}{'' if number == 1 else 's'} ago"


@dataclass(frozen=True, repr=False)
class MapPage:
    """The map as one page that needs nothing from anywhere; a notebook shows it, `save` keeps it.

    Attributes:
        html: the page.
        height: how high a notebook shows it (px).
    """

    html: str
    height: int = 600

    def save(self, path: str | Path) -> Path:
        """Write the page to a file that opens from a stick; return where it is.

        Example:
            >>> cw.map(as_of="2023-01-01").save("overview.html")  # doctest: +SKIP
        """
        Path(path).write_bytes(self.html.encode())
        return Path(path)

    def __repr__(self) -> str:
        """Return how large it is, never the page."""
        return f"<map, {len(self.html):,} letters: show it in a notebook, or .save(path)>"

    def _repr_html_(self) -> str:
        # Scripts run, but in a frame that is of no origin: the page reaches neither the notebook nor its server.
        return (
            f'<iframe sandbox="allow-scripts" style="width:100%;height:{int(self.height)}px;border:0" '
            f'srcdoc="{html.escape(self.html, quote=True)}"></iframe>'
        )
