"""The balance counted cell by cell: a second, slow reading of domain.md sections 4 and 5.

The ground is a grid of cells with integer areas; a record's version names the cells it covers. Every figure is found by
asking each cell on each day, in the words of the specification, so that a reader can hold this file beside it. It uses
no geometry, no arrays and nothing of the real implementation: only where both agree is a figure believed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

Cell = tuple[int, int]
Version = dict[str, Any]

STATES = (
    "CHA",
    "SHA",
    "cleared",
    "reduced",
    "cancelled",
    "surveyed_no_evidence",
    "no_recorded_hazard",
)
OPEN = ("CHA", "SHA")
RELEASED = ("cleared", "reduced", "cancelled")  # strongest first
LINES = ("new", "expansion", "reclassified", "cancelled", "reduced", "cleared", "reopened", "corrected")
MEASURES = ("pending_qc_m2", "overlap_m2", "released_without_record_m2")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Scenario:
    """Everything ever recorded: the m² of each cell, and per layer its versions in row order.

    A version is a dict: `id`, `valid_from`, `recorded_at`, `withdrawn`, `cells` (a frozenset), and the fields of
    its layer (domain.md section 3).
    """

    areas: Mapping[Cell, int]
    hazards: tuple[Version, ...] = ()
    releases: tuple[Version, ...] = ()
    surveys: tuple[Version, ...] = ()
    districts: tuple[Version, ...] = ()


@dataclass(frozen=True)
class Ground:
    """What one cell is at the end of one day."""

    state: str
    profile: str
    standing: frozenset[str]
    unanswered: frozenset[str]

    @property
    def is_open(self) -> bool:
        """SHA or CHA."""
        return self.state in OPEN

    @property
    def is_released(self) -> bool:
        """Cleared, reduced or cancelled."""
        return self.state in RELEASED


@dataclass
class Balance:
    """A ledger: per (district id, profile, class) its figures; class is SHA, CHA or total; district None is all."""

    rows: dict[tuple[str | None, str, str], dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(LEDGER_COLUMNS, 0))
    )

    def book(self, district: str, profile: str, class_: str, column: str, m2: int) -> None:
        """Add m² to a class and to its total, in the district and in the whole."""
        for where in (district, None):
            for row in (class_, "total"):
                self.rows[where, profile, row][column] += m2

    def book_in_total_alone(self, district: str, profile: str, column: str, m2: int) -> None:
        """Add m² that belong to no class."""
        for where in (district, None):
            self.rows[where, profile, "total"][column] += m2


LEDGER_COLUMNS = ("opening", *LINES, "closing", "released_without_line_m2")


def histories(rows: Iterable[Version], known_at: datetime | None) -> dict[str, list[Version]]:
    """Per id the versions known at `known_at`, one for each `valid_from`, in order of `valid_from`.

    Section 3: in force is the latest valid_from, then the latest recorded_at, then the later row. So of versions with
    one valid_from only the last is ever in force; section 5: it counts as `survey` if any of them is.
    """
    by_id: dict[str, list[Version]] = defaultdict(list)
    for row in rows:  # recorded_at <= known_at
        if known_at is None or row["recorded_at"] <= known_at:
            by_id[row["id"]].append(row)
    result = {}
    for id_, versions in by_id.items():
        in_order_of_record = sorted(versions, key=lambda version: version["recorded_at"])  # stable: then by row
        by_valid_from: dict[date, list[Version]] = defaultdict(list)
        for place, version in enumerate(in_order_of_record):
            # `change`: default survey for an id's first recorded version, required after.
            change = version.get("change") or ("survey" if place == 0 else None)
            by_valid_from[version["valid_from"]].append({**version, "change": change})
        result[id_] = [
            {
                **same_day[-1],
                "change": "survey" if any(v["change"] == "survey" for v in same_day) else "correction",
            }
            for _, same_day in sorted(by_valid_from.items())
        ]
    return result


def in_force(history: list[Version], day: date) -> Version | None:
    """The version in force at the end of `day`: the latest whose valid_from has come."""
    started = [version for version in history if version["valid_from"] <= day]
    return started[-1] if started else None


def devices_of(hazard: Version) -> set[str]:
    """A hazard's categories; one that names none has the default, unknown."""
    return set(hazard.get("devices") or ["unknown"])


def qc_status(release: Version) -> str:
    """`qc_status`: default pending for cleared, not_required for the others."""
    return release.get("qc_status") or ("pending" if release["product"] == "cleared" else "not_required")


def before(history: list[Version], version: Version, *, withdrawn_too: bool) -> Version | None:
    """The version before this one by valid_from; or the last before it that was not withdrawn."""
    earlier = [v for v in history if v["valid_from"] < version["valid_from"]]
    if not withdrawn_too:
        earlier = [v for v in earlier if not v["withdrawn"]]
    return earlier[-1] if earlier else None


def brought_it(history: list[Version], version: Version, cell: Cell) -> bool:
    """Whether this version brought the hazard to the cell.

    The version before did not cover x, or was withdrawn; the earliest version never counts.
    """
    previous = before(history, version, withdrawn_too=True)
    if previous is None or version["withdrawn"] or cell not in version["cells"]:
        return False
    return previous["withdrawn"] or cell not in previous["cells"]


def raised_it(history: list[Version], version: Version) -> bool:
    """Whether this version made the hazard worse, anywhere: from SHA to CHA, or a category added.

    Without keeps_released; a category other than unknown, to known devices; compared with the last version before it
    that was not withdrawn.
    """
    previous = before(history, version, withdrawn_too=False)
    if previous is None or version["withdrawn"] or version.get("keeps_released"):
        return False
    if previous["classification"] == "SHA" and version["classification"] == "CHA":
        return True
    had, has = devices_of(previous), devices_of(version)
    devices_were_known = bool(had - {"unknown"})
    return devices_were_known and bool(has - had - {"unknown"})


def lowered_it(history: list[Version], version: Version) -> bool:
    """Whether this version made the hazard an SHA out of a CHA, withdrawn versions aside."""
    previous = before(history, version, withdrawn_too=False)
    if previous is None or version["withdrawn"]:
        return False
    return previous["classification"] == "CHA" and version["classification"] == "SHA"


class Counter:
    """The ground of a scenario as known at `known_at` (None: everything ever recorded)."""

    def __init__(self, scenario: Scenario, known_at: datetime | None = None) -> None:
        self.areas = scenario.areas
        self.hazards = histories(scenario.hazards, known_at)
        self.releases = histories(scenario.releases, known_at)
        self.surveys = histories(scenario.surveys, known_at)
        self.districts = histories(scenario.districts, known_at)
        self._seen: dict[tuple[Cell, date], Ground] = {}  # the same cell and day is asked for many figures

    # Hazards

    def stands(self, hazard: str, cell: Cell, day: date) -> bool:
        """A hazard stands at x when its version in force is not withdrawn, covers x and has opened_on <= t."""
        version = in_force(self.hazards[hazard], day)
        return (
            version is not None
            and not version["withdrawn"]
            and cell in version["cells"]
            and version["opened_on"] <= day
        )

    def assertion_date(self, hazard: str, cell: Cell, day: date) -> date:
        """The latest valid_from, up to t, of a survey version that brought the hazard to x or raised it.

        Never before opened_on; where there is none, opened_on.
        """
        history = self.hazards[hazard]
        version_in_force = in_force(history, day)
        assert version_in_force is not None
        opened_on: date = version_in_force["opened_on"]
        dates = [
            version["valid_from"]
            for version in history
            if version["valid_from"] <= day
            and version["change"] == "survey"
            and (brought_it(history, version, cell) or raised_it(history, version))
        ]
        return max([opened_on, *dates])

    def first_day(self, hazard: str) -> date | None:
        """The first day on which the hazard stands anywhere, by its versions as known."""
        history = self.hazards[hazard]
        # It can only begin to stand on a day that one of its own dates names.
        for day in sorted({v["valid_from"] for v in history} | {v["opened_on"] for v in history}):
            version = in_force(history, day)
            if version is not None and not version["withdrawn"] and version["opened_on"] <= day:
                return day
        return None

    def ever_stood(self, cell: Cell, day: date) -> bool:
        """Whether a hazard has stood at x on any day up to this one."""
        for hazard, history in self.hazards.items():
            days = {v["valid_from"] for v in history} | {v["opened_on"] for v in history}
            if any(self.stands(hazard, cell, earlier) for earlier in days if earlier <= day):
                return True
        return False

    # Releases

    def is_effective(self, release: str, day: date, *, pending_too: bool = False) -> bool:
        """Whether a release is effective at t: QC passed by then, or not required and completed by then.

        QC that failed reopens the ground, and a later version that repeats an earlier qc_on does not lift it: a pass
        counts when its qc_on is later than every failure of the versions before. `pending_too` asks what would be, if
        completed releases with QC pending were effective.
        """
        history = self.releases[release]
        version = in_force(history, day)
        if version is None or version["withdrawn"]:
            return False
        if qc_status(version) == "not_required":
            return version["completed_on"] <= day
        if qc_status(version) == "passed":
            failures = [
                v["qc_on"] for v in history if v["valid_from"] < version["valid_from"] and qc_status(v) == "failed"
            ]
            return version["qc_on"] <= day and all(version["qc_on"] > failed_on for failed_on in failures)
        if qc_status(version) == "pending":
            return pending_too and version["completed_on"] <= day
        return False  # failed

    def is_effective_there(self, release: str, cell: Cell, day: date, *, pending_too: bool = False) -> bool:
        """Whether a release is effective at t and its version in force covers x."""
        version = in_force(self.releases[release], day)
        return (
            version is not None
            and cell in version["cells"]
            and self.is_effective(release, day, pending_too=pending_too)
        )

    def answers(self, release: str, hazard: str, cell: Cell, day: date, *, pending_too: bool = False) -> bool:
        """Whether a release answers a hazard that stands at x."""
        answer, asked = in_force(self.releases[release], day), in_force(self.hazards[hazard], day)
        assert asked is not None
        if answer is None:
            return False
        return (
            # It is effective at t and covers x,
            self.is_effective_there(release, cell, day, pending_too=pending_too)
            # and was completed on or after the assertion date;
            and answer["completed_on"] >= self.assertion_date(hazard, cell, day)
            # and where it names hazards, this is one of them;
            and (not answer.get("hazards") or hazard in answer["hazards"])
            # and where it names devices, the hazard's are all among them;
            and (not answer.get("devices") or devices_of(asked) <= set(answer["devices"]))
            # and, for cancelled: the hazard is an SHA,
            and (answer["product"] != "cancelled" or asked["classification"] == "SHA")
            # and no survey version valid after the completion and up to t made it one out of a CHA.
            and (answer["product"] != "cancelled" or not self.downgraded_after(hazard, answer["completed_on"], day))
        )

    def downgraded_after(self, hazard: str, completed_on: date, day: date) -> bool:
        """Whether a survey version valid after the completion and up to t made the hazard an SHA out of a CHA."""
        history = self.hazards[hazard]
        return any(
            completed_on < version["valid_from"] <= day
            and version["change"] == "survey"
            and lowered_it(history, version)
            for version in history
        )

    def strongest(self, releases: Iterable[str], day: date) -> str:
        """The strongest product of these releases: cleared, reduced, cancelled in that order."""
        versions = [in_force(self.releases[release], day) for release in releases]
        products = {version["product"] for version in versions if version is not None}
        return next(product for product in RELEASED if product in products)

    # The state of a cell

    def ground(self, cell: Cell, day: date) -> Ground:
        """The one state of a cell at the end of a day, with what makes it so."""
        if (cell, day) not in self._seen:
            self._seen[cell, day] = self._ground(cell, day, pending_too=False)
        return self._seen[cell, day]

    def _ground(self, cell: Cell, day: date, *, pending_too: bool) -> Ground:
        standing = [hazard for hazard in self.hazards if self.stands(hazard, cell, day)]
        answered_by = {
            hazard: [
                release
                for release in self.releases
                if self.answers(release, hazard, cell, day, pending_too=pending_too)
            ]
            for hazard in standing
        }
        unanswered = [hazard for hazard in standing if not answered_by[hazard]]
        effective = [
            release for release in self.releases if self.is_effective_there(release, cell, day, pending_too=pending_too)
        ]
        profile = ""
        if unanswered:  # open: CHA if an unanswered one is a CHA, else SHA
            versions = [in_force(self.hazards[hazard], day) for hazard in unanswered]
            state = "CHA" if any(v is not None and v["classification"] == "CHA" for v in versions) else "SHA"
            # The profile: the devices of the unanswered hazards, sorted and joined with +
            categories = set().union(*(devices_of(v) for v in versions if v is not None))
            profile = "+".join(sorted(categories))
        elif standing:  # each one's strongest answer; the weakest of these
            answers = [self.strongest(answered_by[hazard], day) for hazard in standing]
            state = max(answers, key=RELEASED.index)
        elif effective:  # where none stands: the strongest effective release covering x
            state = self.strongest(effective, day)
        elif any(self.is_surveyed(survey, cell, day) for survey in self.surveys):
            state = "surveyed_no_evidence"
        else:
            state = "no_recorded_hazard"
        return Ground(state, profile, frozenset(standing), frozenset(unanswered))

    def is_surveyed(self, survey: str, cell: Cell, day: date) -> bool:
        """Whether a survey in force with surveyed_on <= t covers x."""
        version = in_force(self.surveys[survey], day)
        return (
            version is not None
            and not version["withdrawn"]
            and version["surveyed_on"] <= day
            and cell in version["cells"]
        )

    def is_pending(self, cell: Cell, day: date) -> bool:
        """Whether open ground would be released if the completed releases with QC pending were effective."""
        return self.ground(cell, day).is_open and self._ground(cell, day, pending_too=True).is_released

    # Districts

    def boundaries(self, day: date) -> dict[str, Version]:
        """The districts in force on a day."""
        versions = {district: in_force(history, day) for district, history in self.districts.items()}
        return {id_: v for id_, v in versions.items() if v is not None and not v["withdrawn"]}

    def district_of(self, cell: Cell, day: date) -> str:
        """The district of a cell by the boundaries of a day: the lower id of two, "" outside all."""
        covering = [id_ for id_, version in self.boundaries(day).items() if cell in version["cells"]]
        return min(covering, default="")

    def ground_in_two_districts(self, day: date) -> int:
        """The m² by which the districts' areas exceed the ground they cover."""
        covers = [version["cells"] for version in self.boundaries(day).values()]
        return sum(area * max(0, sum(cell in cells for cells in covers) - 1) for cell, area in self.areas.items())

    # The partition

    def partition(self, as_of: date, *, by_device: bool = False) -> dict[tuple[str | None, str], dict[str, int]]:
        """Per (district id, profile) the m² of each state and the figures beside them; district None is the total.

        Without `by_device` all profiles are one row, named "".
        """
        groups: dict[tuple[str | None, str], list[Cell]] = {(None, ""): []}
        for district in self.boundaries(as_of):  # a district without any record is a row too
            groups[district, ""] = []
        for cell in self.areas:
            ground, district = self.ground(cell, as_of), self.district_of(cell, as_of)
            # Outside every district only ground with a state of its own counts: its no_recorded_hazard is 0.
            if district == "" and ground.state == "no_recorded_hazard":
                continue
            profile = ground.profile if by_device else ""
            groups.setdefault((district, profile), []).append(cell)
            groups.setdefault((None, profile), []).append(cell)
        return {key: self._figures(cells, as_of) for key, cells in groups.items()}

    def _figures(self, cells: list[Cell], as_of: date) -> dict[str, int]:
        grounds = {cell: self.ground(cell, as_of) for cell in cells}
        row = {state: sum(self.areas[c] for c in cells if grounds[c].state == state) for state in STATES}
        row["area_m2"] = sum(self.areas[c] for c in cells)
        row["pending_qc_m2"] = sum(self.areas[c] for c in cells if self.is_pending(c, as_of))
        # The ground where each hazard is unanswered, summed over hazards, minus the open ground.
        each_alone = sum(self.areas[c] * len(grounds[c].unanswered) for c in cells)
        row["overlap_m2"] = each_alone - sum(self.areas[c] for c in cells if grounds[c].is_open)
        # Ground released on which no hazard has stood on any day up to then.
        row["released_without_record_m2"] = sum(
            self.areas[c] for c in cells if grounds[c].is_released and not self.ever_stood(c, as_of)
        )
        row["hazards_open"] = len(set().union(*(grounds[c].unanswered for c in cells)))
        return row

    # The ledger

    def days_of_change(self) -> set[date]:
        """Every date a figure can depend on: each is only ever compared as `date <= t`."""
        layers = (self.hazards, self.releases, self.surveys)
        names = ("valid_from", "opened_on", "completed_on", "qc_on", "surveyed_on")
        return {
            version[name]
            for layer in layers
            for history in layer.values()
            for version in history
            for name in names
            if version.get(name) is not None
        }

    def ledger(
        self, t0: date, t1: date, *, by_device: bool = False, every_day: bool = False
    ) -> dict[tuple[str | None, str, str], dict[str, int]]:
        """Per (district id, profile, class) the balance of (t0, t1], with the boundaries in force at t1.

        `every_day` looks at each day of the period instead of those on which something can change.
        """
        if every_day:
            days = [t0 + ONE_DAY * (n + 1) for n in range((t1 - t0).days)]
        else:
            days = sorted(day for day in self.days_of_change() if t0 < day <= t1)
        balance = Balance()
        for cell, m2 in self.areas.items():
            district = self.district_of(cell, t1)
            for column, day in (("opening", t0), ("closing", t1)):
                ground = self.ground(cell, day)
                if ground.is_open:
                    profile = ground.profile if by_device else ""
                    balance.book(district, profile, ground.state, column, m2)
            for day in days:
                self._book(balance, cell, day, district, m2, by_device=by_device)
        return dict(balance.rows)

    def _book(self, balance: Balance, cell: Cell, day: date, district: str, m2: int, *, by_device: bool) -> None:
        """Book the change of a cell's end-of-day state on this day, once."""
        old, new = self.ground(cell, day - ONE_DAY), self.ground(cell, day)
        was, is_ = (old.profile, new.profile) if by_device else ("", "")
        if old.is_open and new.is_open:
            if (old.state, old.profile) != (new.state, new.profile):
                balance.book(district, was, old.state, "reclassified", -m2)
                balance.book(district, is_, new.state, "reclassified", m2)
        elif old.is_open:
            line = new.state if new.is_released and self._release_did_it(cell, day) else "corrected"
            balance.book(district, was, old.state, line, -m2)
        elif new.is_open:
            line = "reopened" if old.is_released else self._why_open(cell, day)
            balance.book(district, is_, new.state, line, m2)
        elif new.is_released and not old.is_released:
            balance.book_in_total_alone(district, "", "released_without_line_m2", m2)

    def _why_open(self, cell: Cell, day: date) -> str:
        """The line of ground that was neither open nor released and is open from this day."""
        unanswered = self.ground(cell, day).unanswered
        # new: an unanswered hazard there stands for the first day anywhere
        if any(self.first_day(hazard) == day for hazard in unanswered):
            return "new"
        # expansion: else an unanswered hazard there has a survey version from that day
        for hazard in unanswered:
            if any(v["valid_from"] == day and v["change"] == "survey" for v in self.hazards[hazard]):
                return "expansion"
        return "corrected"

    def _release_did_it(self, cell: Cell, day: date) -> bool:
        """Whether open ground became released by a release, and not by a correction of the hazards.

        A release, effective there and not so the day before, answers a hazard that stood there unanswered the day
        before and still stands.
        """
        still = self.ground(cell, day - ONE_DAY).unanswered & self.ground(cell, day).standing
        return any(
            self.is_effective_there(release, cell, day)
            and not self.is_effective_there(release, cell, day - ONE_DAY)
            and self.answers(release, hazard, cell, day)
            for release in self.releases
            for hazard in still
        )
