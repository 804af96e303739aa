"""The paper of a statement: the letter, and the map of its ground; drawn from the record and from nothing else."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import segno
import shapely

from geo_service.languages import words
from geo_service.maps.situation import Situation
from geo_service.printing import chart, counting, drawing, furniture, paper
from geo_service.printing.drawing import Window
from geo_service.printing.files import DRAWING
from geo_service.printing.furniture import Imprint
from geo_service.printing.grid import Grid
from geo_service.printing.ground import Ground
from geo_service.printing.paper import FAINT, INK, MM, PAPERS, SOFT, Column, Page, Paper, cut
from geo_service.printing.sheets import Sheet
from geo_service.printing.symbols import Symbol
from geo_service.statements.mapped import frames_of
from geo_service.statements.sentences import Words, amount
from layers.coverage.partition import STATE_COLUMNS
from layers.versions import as_moment

Record = Mapping[str, Any]

LETTER = Paper("A4 upright", 210, 297, 12, 26, 30, 0, 0, 7.0, 8.6, 15)
"""The paper of the letter: what `header` and `footer` leave is for its text."""

OUTLINE = Symbol("", edge=INK, width=0.9, dash=(3.0, 1.6))
HALO = Symbol("", edge="#FFFFFF", width=1.9)

MOST_ROWS = 60
"""Records that the letter lists; the record has all of them."""

DATES_MM = 86.0
"""The room for the dates of a record (mm): what the figure beside them leaves."""

CODE_MM = 24.0
"""The side of the square code (mm)."""


def pdf(record: Record, sha256: str) -> bytes:
    """Return the paper of a statement; the same record gives the same bytes.

    Args:
        record: what it says, as it is kept.
        sha256: the digest of its bytes, printed on each page.

    Raises:
        geo_service.printing.counting.Miscounted: the map would show other hazards than the record holds.
    """
    say = words(record["language"], "statements")
    with DRAWING, paper.inked():
        letter = _Letter(record, say, sha256)
        _head(letter)
        _findings(letter)
        _states(letter)
        _evidence(letter)
        _records(letter)
        _closing(letter)
        pages = [*letter.pages, _map(record, say, len(letter.pages) + 1)]
        letter.number(len(pages))
        about = {
            "Title": f"{say['statement_title'].format(number=record['statement'])} - {record['authority']}",
            "Author": record["authority"],
            "Subject": record["notice"],
            "Keywords": f"as_of {record['as_of']}, known_at {record['known_at']}, expires_on {record['expires_on']}",
        }
        return paper.pdf_of(pages, about, as_moment(record["issued_at"]).replace(microsecond=0))


class _Letter:
    """Pages of text that follow each other: what does not fit begins the next one."""

    def __init__(self, record: Record, say: Words, sha256: str) -> None:
        self.record, self.say, self.sha256 = record, say, sha256
        self.pages: list[Page] = []
        self.y = 0.0
        self.turn()

    @property
    def page(self) -> Page:
        """The page that is written on."""
        return self.pages[-1]

    @property
    def x(self) -> float:
        """The left side of the text (mm)."""
        return LETTER.neat[0] + 4

    @property
    def width(self) -> float:
        """How wide the text is (mm)."""
        return LETTER.neat[2] - LETTER.neat[0] - 8

    def turn(self) -> None:
        """Begin a page."""
        page = Page(LETTER)
        self.pages.append(page)
        west, south, east, north = LETTER.neat
        page.rectangle(LETTER.neat, width=0.5)
        page.line([west, east], [north - LETTER.header] * 2, width=0.35)
        page.line([west, east], [south + LETTER.footer] * 2, width=0.35)
        record, say = self.record, self.say
        page.text(self.x, north - 9, say["statement_title"].format(number=record["statement"]), 15, fontweight="bold")
        kind = say[f"statement_title_{record['kind']}"]
        page.text(self.x, north - 15.5, cut(kind, self.width * 0.66, 10), 10)
        page.text(self.x, north - 22, cut(record["authority"], self.width * 0.66, 9), 9, color=SOFT)
        for place, (name, value) in enumerate(
            (
                ("issued", record["issued_on"]),
                ("as_of", record["as_of"]),
                ("expires", record["expires_on"]),
            )
        ):
            y = north - 8 - place * 6.4
            page.text(east - 4, y, value, 9.5, ha="right", fontweight="bold")
            page.text(east - 28, y, say[f"statement_{name}"], 7.6, ha="right", color=SOFT)
        self._foot(page)
        self.y = north - LETTER.header - 2

    def _foot(self, page: Page) -> None:
        """Put the sentences, the digest and the square code at the foot of a page."""
        west, south, east, _ = LETTER.neat
        side = CODE_MM
        _square_code(page, east - 3 - side, south + 3, side, f"{self.record['verify']}/verify?sha256={self.sha256}")
        wide = east - west - side - 12
        top = south + LETTER.footer - 0.8
        y = page.paragraph(self.x, top, self.record["notice"], wide, 6.2, fontweight="bold")
        how = self.say["statement_verify_how"].format(address=self.record["verify"])
        y = page.paragraph(self.x, y - 0.6, how, wide, 6.0)
        page.paragraph(self.x, y - 0.4, self.say["statement_hash"].format(sha256=self.sha256), wide, 6.0)

    def number(self, pages: int) -> None:
        """Write on each page which one of how many it is."""
        for place, page in enumerate(self.pages, start=1):
            said = self.say["statement_page"].format(number=self.record["statement"], page=place, pages=pages)
            page.text(LETTER.neat[2], LETTER.neat[1] - 4, said, 7, ha="right", color=SOFT)

    def room(self, height: float) -> None:
        """Begin a page where less than some height (mm) is left."""
        if self.y - height < LETTER.neat[1] + LETTER.footer + 2:
            self.turn()

    def heading(self, text: str) -> None:
        """Put a heading, never as the last of a page."""
        self.room(16)
        self.y -= 6
        self.page.text(self.x, self.y, text, 10.5, fontweight="bold")
        self.page.line([self.x, self.x + self.width], [self.y - 1.3] * 2, width=0.2, color=FAINT)
        self.y -= 1.8

    def said(self, text: str, *, size: float = 8.6, bold: bool = False, indent: float = 0.0) -> None:
        """Put a sentence in as many lines as it takes."""
        lines = paper.wrapped(text, self.width - indent, size, bold=bold)
        step = size * 1.32 / MM
        for line in lines:
            self.room(step)
            self.y -= step
            self.page.text(self.x + indent, self.y, line, size, fontweight="bold" if bold else "normal")
        self.y -= 0.7

    def row(
        self, cells: Sequence[str], ends: Sequence[tuple[float, str]], *, bold: bool = False, size: float = 8
    ) -> None:
        """Put a row of a table; each cell has its place (mm from the left) and the side that it is set from."""
        step = size * 1.5 / MM
        self.room(step)
        self.y -= step
        for place, (cell, (at, side)) in enumerate(zip(cells, ends, strict=True)):
            later = [one for one, _ in ends[place + 1 :]]
            room = (later[0] if later else self.width) - at - 1.5 if side == "left" else 60
            self.page.text(
                self.x + at, self.y, cut(cell, room, size, bold=bold), size, ha=side,
                fontweight="bold" if bold else "normal",
            )  # fmt: skip
        self.page.line([self.x, self.x + self.width], [self.y - 1.1] * 2, width=0.1, color=FAINT)


def _head(letter: _Letter) -> None:
    record, say = letter.record, letter.say
    about = record["subject"]
    if record["kind"] == "parcel":
        subject = say["statement_parcel"].format(area=amount(record["area_m2"]))
    elif record["kind"] == "settlement":
        subject = say["statement_settlement"].format(
            name=about["name"], id=about["id"], radius=amount(about["radius_m"])
        )
    else:
        subject = say["statement_road"].format(
            start=_place(about["from"]),
            end=_place(about["to"]),
            mode=say[f"statement_mode_{about['mode']}"],
            corridor=amount(about["corridor_m"]),
        )
    lines = [
        ("subject", subject),
        ("asked_by", record["asked_by"]),
        ("purpose", record["purpose"]),
        ("known_at", record["known_at"]),
        ("revision", f"{record['revision']} · {record['revision_hash'][:16]}"),
    ]
    letter.y -= 1.5
    for name, text in lines:
        if text:
            letter.said(f"{say[f'statement_{name}']}: {text}", size=8.2)


def _place(lonlat: Sequence[float]) -> str:
    return f"{lonlat[1]:.5f}, {lonlat[0]:.5f}"


def _findings(letter: _Letter) -> None:
    letter.heading(letter.say["statement_findings"])
    strong = {"historical", "open", "verdict_no_go", "verdict_no_way", "verdict_insufficient_information"}
    for one in letter.record["findings"]:
        letter.said(one["text"], bold=one["code"] in strong)


def _states(letter: _Letter) -> None:
    record, say = letter.record, letter.say
    letter.heading(say["statement_states"])
    ends = [(0.0, "left"), (letter.width - 28, "right"), (letter.width - 1, "right")]
    letter.row([say["statement_state"], say["statement_m2"], say["statement_share"]], ends, bold=True)
    for name in STATE_COLUMNS:
        m2 = record["states"][name]
        share = 100 * m2 / record["area_m2"] if record["area_m2"] else 0.0
        letter.row([say[f"statement_state_{name}"], amount(m2), _share(share)], ends)
    letter.row([say["statement_sum"], amount(record["area_m2"]), ""], ends, bold=True)


def _share(percent: float) -> str:
    """Return a share in percent: what is there never reads as none, what is not all never as all."""
    if 0 < percent < 0.1:
        return "<0.1 %"
    if 99.9 < percent < 100:
        return ">99.9 %"
    return f"{percent:.1f} %"


def _evidence(letter: _Letter) -> None:
    """Put the metres of a way by what they stand on, and its conditions."""
    road, say = letter.record["road"], letter.say
    if road is None or road["chosen"] is None:
        return
    letter.heading(say["statement_evidence"])
    ends = [(0.0, "left"), (letter.width - 1, "right")]
    for name, metres in road["chosen"]["evidence"].items():
        letter.row([say[f"statement_class_{name}"], f"{amount(metres)} {say['statement_metres']}"], ends)
    conditions = road["chosen"]["conditions"]
    if conditions:
        letter.heading(say["statement_conditions"])
        for one in conditions:
            key = f"statement_condition_{one['code']}"
            letter.said(
                say[key].format(width=one.get("width_m"), date=one.get("expires_on")) if key in say else one["detail"]
            )
    for one in road["attribution"]:
        letter.said(one, size=7)


def _records(letter: _Letter) -> None:
    record, say = letter.record, letter.say
    letter.heading(say["statement_records"])
    rows = [(layer, row) for layer in ("hazards", "releases", "surveys") for row in record[layer]]
    if not rows:
        letter.said(say["statement_records_none"])
        return
    rows.sort(key=lambda one: (("hazards", "releases", "surveys").index(one[0]), -one[1]["m2_inside"], one[1]["id"]))
    ends = [(0.0, "left"), (38.0, "left"), (76.0, "left"), (letter.width - 1, "right")]
    names = ("record", "kind", "dates", "inside")
    letter.row([say[f"statement_{name}"] for name in names], ends, bold=True, size=7.4)
    for layer, row in rows[:MOST_ROWS]:
        kind, dates = _told(layer, row, say)
        first, *more = paper.wrapped(dates, DATES_MM, 7.0) or [""]
        letter.row([row["id"], kind, first, amount(row["m2_inside"])], ends, size=7.0)
        for line in more:
            letter.row(["", "", line, ""], ends, size=7.0)
    if len(rows) > MOST_ROWS:
        letter.said(say["statement_more"].format(number=len(rows) - MOST_ROWS), size=7.4)


def _told(layer: str, row: Mapping[str, Any], say: Words) -> tuple[str, str]:
    """Return what a record is, and its dates."""
    noun = say[f"statement_layer_{layer}"]
    if layer == "hazards":
        status = say.get(f"word_{row['status']}", row["status"])
        devices = "+".join(row["devices"] or ())
        opened = say["statement_opened"].format(date=row["opened_on"])
        return f"{row['classification']}, {status}", f"{opened}; {devices}"
    if layer == "surveys":
        return noun, say["statement_surveyed_on"].format(date=row["surveyed_on"])
    product = say.get(f"word_{row['product']}", row["product"])
    effect = say["statement_in_effect" if row["in_effect"] else "statement_not_in_effect"]
    parts = [say["statement_completed"].format(date=row["completed_on"])]
    if row["qc_status"] != "not_required":
        status = say.get(f"word_{row['qc_status']}", row["qc_status"])
        parts.append(say["statement_qc"].format(status=status, date=row["qc_on"] or "").strip())
    if row["depth_cm"] is not None:
        parts.append(say["statement_depth"].format(depth=f"{row['depth_cm']:g}"))
    if row["handed_over_on"]:
        parts.append(say["statement_handed_over"].format(date=row["handed_over_on"]))
    return f"{product}, {effect}", ", ".join(parts)


def _closing(letter: _Letter) -> None:
    record, say = letter.record, letter.say
    letter.heading(say["statement_verify"])
    known = record["information"]["newest"]
    facts = {"date": record["age"]["last_recorded_at"][:10], "days": record["age"]["days"], "newest": known}
    letter.said(say["statement_age" if known else "statement_age_none"].format(**facts))
    letter.said(say["statement_expired_says"])


def _square_code(page: Page, x: float, y: float, side: float, text: str) -> None:
    """Draw a QR code (ISO/IEC 18004) of some text in a square, dark on white."""
    dark = np.array(list(segno.make(text, error="m", micro=False).matrix), dtype=bool)
    step = side / len(dark)
    rows, columns = np.nonzero(dark)
    west, north = x + columns * step, y + side - rows * step
    cells = shapely.box(west, north - step, west + step, north)
    whole = shapely.union_all(cells)
    path, _ = drawing.area_path(np.array([whole]))
    drawing.fill(_Whole(page, page.paper.map, 1000), path, Symbol("", "#000000"), 10)


class _Whole(Window):
    """The page itself as a window."""

    def clip(self, artist: object) -> None:
        """Leave it whole."""


def _map(record: Record, say: Words, number: int) -> Page:
    """Return the map: all records of the record's sheet, over them the ground that is answered for."""
    sheet_paper, kept = PAPERS["A4"], record["map"]
    ground = _ground(record)
    box = (kept["box"][0], kept["box"][1], kept["box"][2], kept["box"][3])
    title = say["statement_title"].format(number=record["statement"])
    sheet = Sheet(title, record["authority"], box, kept["scale"])
    imprint = Imprint(ground.situation, title, number)
    page = Page(sheet_paper)
    drawn = chart.draw(page, ground, sheet)
    counting.on_sheet(sheet.name, sheet.ground, drawn.hazards, ground.ids, ground.stored, ground.shapes["hazards"])
    window = Window(page, sheet.ground, sheet.scale)
    own = ground.grid.turned(np.array([shapely.from_geojson(orjson.dumps(record["ground"]))]))
    path = drawing.line_path(shapely.boundary(window.placed(own)))
    # Under the names, which were put where they hide no hazard; thinner along a way, so that the way is seen.
    thinner = 0.5 if record["kind"] == "road" else 1.0
    drawing.outline(window, path, HALO, 5.8, thinner)
    drawing.outline(window, path, OUTLINE, 5.81, thinner)
    if record["kind"] == "road":
        line = ground.grid.turned(np.array([shapely.from_geojson(orjson.dumps(record["subject"]["geometry"]))]))
        if shapely.get_type_id(line)[0] == shapely.GeometryType.LINESTRING:
            way = drawing.line_path(window.placed(line))
            drawing.outline(window, way, Symbol("", edge="#FFFFFF", width=1.6), 5.82)
            drawing.outline(window, way, Symbol("", edge="#111111", width=0.7), 5.83)
    furniture.surround(page, imprint, f"{title}: {say['statement_map']}", say["statement_map_outline"], number)
    _, south, east, north = sheet_paper.neat
    page.line([east - sheet_paper.column] * 2, [south + sheet_paper.footer, north - sheet_paper.header], width=0.35)
    column = Column(page, east - sheet_paper.column + 2, sheet_paper.column - 5)
    y = furniture.arrow_and_scale(window, ground.grid, column, north - sheet_paper.header - 1)
    y = furniture.legend(column, y, sheet.smallest)
    key = np.array([shapely.box(column.x + 0.3, y - 3.4, column.x + 7.5, y - 0.6)])
    whole = _Whole(page, page.paper.map, 1000)
    drawing.outline(whole, drawing.line_path(shapely.boundary(key)), OUTLINE, 11)
    y = page.paragraph(column.x + 9.3, y, say["statement_map_outline"], column.width - 9.3, sheet_paper.small) - 1.5
    counts = f"Hazardous areas on this sheet: {len(drawn.hazards):,} recorded, {len(drawn.hazards):,} drawn."
    left_out = kept["roads_left_out"]
    more = [f"{left_out:,} roads, not assessed, are left out."] if left_out else []
    for one in (counts, *drawn.remarks, *more):
        y = page.paragraph(column.x, y, one, column.width, sheet_paper.small)
    return page


def _ground(record: Record) -> Ground:
    """Return what the map is drawn of, as the record holds it."""
    kept = record["map"]
    frames = frames_of(kept["records"])
    grid = Grid(kept["zone"], kept["north"])
    situation = Situation(
        as_of=dt.date.fromisoformat(record["as_of"]),
        known_at=record["known_at"],
        revision=record["revision"],
        authority=record["authority"],
        notice=record["notice"],
        synthetic=False,
        coverage_gap=False,
        frames=frames,
        partition=pd.DataFrame(),
        total={},
        certificate_passed=bool(record["certificate"]["passed"]),
    )
    shapes = {name: grid.turned(frame.geometry.to_numpy()) for name, frame in frames.items()}
    hazards: gpd.GeoDataFrame = frames["hazards"]
    ids = hazards["id"].astype(str).to_numpy(dtype=object)
    return Ground(situation, grid, shapes, ids, shapes["hazards"])
