"""The tables that a state party to the Mine Ban Treaty reports each year, in the shape of the treaty's Article 7.

Paragraph 1 (c) asks for the areas known or suspected to contain mines, by place. What was done about them is told by
what was cancelled, reduced and cleared, with what was found. Victims, reported areas, the restatement and the sources
follow, so that whoever reads a figure can follow it to the record.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd

from geo_service.reports.period import Period
from geo_service.reports.tables import Column, Kind, Table, number
from geo_service.store.moments import text_of

LINES = (
    ("opening", "At the beginning"),
    ("new", "New"),
    ("expansion", "Expansion"),
    ("reclassified", "Reclassified"),
    ("cancelled", "Cancelled"),
    ("reduced", "Reduced"),
    ("cleared", "Cleared"),
    ("reopened", "Reopened"),
    ("corrected", "Corrected"),
    ("closing", "At the end"),
)
"""The lines of the balance and what a report calls them."""

RELEASED = ("cancelled", "reduced", "cleared")
OUTSIDE = "Outside every district"

Row = Mapping[str, object]


def tables_of(period: Period) -> list[Table]:
    """Return the tables of a period, in order."""
    made = [
        _areas_remaining(period),
        _released(period),
        _balance(period),
        _devices(period),
        _found(period),
        _victims(period),
        _reported(period),
    ]
    if period.restated is not None:
        made.append(_restated(period.restated))
    return [*made, _certificate(period), _sources(period)]


def place_of(row: Row) -> str:
    """Return what a row's district is called."""
    if row.get("district_id") == "":
        return OUTSIDE
    return "All" if row.get("district_id") is None else str(row["district"])


def rows_of(answer: Mapping[str, object], kind: str) -> tuple[list[Row], Row]:
    """Return the rows of a ledger of one class by district, and the row of the whole."""
    rows: Sequence[Row] = [row for row in _listed(answer["rows"]) if row["class"] == kind]
    return [row for row in rows if row["district_id"] is not None], next(r for r in rows if r["district_id"] is None)


def released(row: Row) -> dict[str, float]:
    """Return what a row of the ledger released, as positive m2, and the sum."""
    found = {name: abs(_float(row[name])) for name in RELEASED}
    return {**found, "released": sum(found.values())}


def _areas_remaining(period: Period) -> Table:
    rows = [_remaining(row) for row in _listed(period.closing["rows"])]
    columns = (
        Column("place", "District"),
        number("Hazards with open ground", "hazards", Kind.number, sums=False),
        number("Confirmed to contain mines, m²", "CHA"),
        number("Suspected to contain mines, m²", "SHA"),
        number("Confirmed and suspected, m²", "open"),
        number("Awaiting quality control, m²", "pending", sums=True),
    )
    total = _remaining({**_mapping(period.closing["total"]), "district_id": None})
    note = (
        "A hazard in two districts counts in both, and once in the whole. Ground counts once, however many records lie "
        "on it."
    )
    return Table(
        "areas",
        f"Areas known or suspected to contain explosive ordnance, at the end of {period.last}",
        columns,
        rows,
        total,
        note,
    )


def _remaining(row: Row) -> dict[str, object]:
    cha, sha = _float(row["CHA"]), _float(row["SHA"])
    return {
        "place": place_of(row),
        "hazards": row["hazards_open"],
        "CHA": cha,
        "SHA": sha,
        "open": cha + sha,
        "pending": row["pending_qc_m2"],
    }


def _released(period: Period) -> Table:
    rows, whole = rows_of(period.ledger, "total")
    columns = (
        Column("place", "District"),
        number("Cancelled, m²", "cancelled"),
        number("Reduced, m²", "reduced"),
        number("Cleared, m²", "cleared"),
        number("Released, m²", "released"),
        number("Released without a line in the balance, m²", "beside"),
    )
    note = (
        "Cancelled: by non-technical survey. Reduced: by technical survey. Cleared: to the depth that the records say, "
        "quality control passed. Ground that was found and released within the period, or on which no hazard was "
        "recorded, stands in the last column and in no other."
    )
    made = [{"place": place_of(row), **released(row), "beside": row["released_without_line_m2"]} for row in rows]
    total = {"place": "All", **released(whole), "beside": whole["released_without_line_m2"]}
    return Table("released", _over(period, "Ground released"), columns, made, total, note)


def _balance(period: Period) -> Table:
    made: list[Row] = []
    for kind in ("CHA", "SHA", "total"):
        rows, whole = rows_of(period.ledger, kind)
        made += [{"place": place_of(row), "class": _class(kind), **_lines(row)} for row in (*rows, whole)]
    columns = (
        Column("place", "District"),
        Column("class", "Class"),
        *(number(f"{label}, m²", key, sums=False) for key, label in LINES),
    )
    note = "At the beginning + all lines = at the end. Corrected is cleaning of data and never progress."
    return Table("balance", _over(period, "The balance of open ground"), columns, made, None, note)


def _devices(period: Period) -> Table:
    rows, whole = rows_of(period.devices, "total")
    kinds = sorted({str(row["device"]) for row in rows})
    made = []
    for kind in kinds:
        mine = [row for row in rows if row["device"] == kind]
        made.append(
            {"device": kind.replace("+", " + "), **{key: sum(_float(row[key]) for row in mine) for key, _ in LINES}}
        )
    made = [row for row in made if row["device"] or any(row[key] for key, _ in LINES)]
    columns = (Column("device", "Devices"), *(number(f"{label}, m²", key) for key, label in LINES))
    note = "Each piece of ground stands under the one set of devices that the unanswered hazards on it have together."
    return Table(
        "devices", _over(period, "The balance by device"), columns, made, {"device": "All", **_lines(whole)}, note
    )


def _found(period: Period) -> Table:
    frame = period.spots.assign(
        device=period.spots["device"].fillna("unknown"), disposition=period.spots["disposition"].fillna("not recorded")
    )
    rows = _counted(frame, ["device", "disposition"], {"quantity": "quantity"})
    columns = (
        Column("device", "Device"),
        Column("disposition", "What became of it"),
        number("Records", "records", Kind.number),
        number("Items", "quantity", Kind.number),
        number("Records without a number of items", "unsaid_quantity", Kind.number),
    )
    return Table("found", _over(period, "Items found"), columns, rows, None, "Points, of 0 m².")


def _victims(period: Period) -> Table:
    frame = period.incidents.assign(device=period.incidents["device"].fillna("unknown"))
    rows = _counted(frame, ["kind", "device"], {"killed": "killed", "injured": "injured"})
    columns = (
        Column("kind", "Kind"),
        Column("device", "Device"),
        number("Events", "records", Kind.number),
        number("Killed", "killed", Kind.number),
        number("Injured", "injured", Kind.number),
        number("Events without the number killed", "unsaid_killed", Kind.number),
    )
    return Table(
        "victims", _over(period, "Accidents and incidents"), columns, rows, None, "No personal data is kept here."
    )


def _counted(frame: pd.DataFrame, by: list[str], summed: Mapping[str, str]) -> list[Row]:
    """Return how many records there are of each kind and what they sum to; what is not said is counted apart."""
    rows: list[Row] = []
    for key, part in frame.groupby(by, sort=True, observed=True):
        row: dict[str, object] = dict(zip(by, key, strict=True)) | {"records": len(part)}
        for name in summed:
            row[name] = int(part[name].fillna(0).sum())
            row[f"unsaid_{name}"] = int(part[name].isna().sum())
        rows.append(row)
    return rows


def _reported(period: Period) -> Table:
    columns = (
        Column("id", "Hazard"),
        Column("classification", "Class"),
        Column("status", "Status"),
        number("Reported, m²", "reported_area_m2"),
        number("Computed, m²", "area_m2"),
        number("Computed - reported, m²", "difference_m2"),
        number("Open, m²", "open_m2", sums=False),
    )
    rows = _plain(period.areas)
    note = "Statistics use the computed area. Areas of hazards that overlap do not add up to ground."
    return Table(
        "reported", f"Areas as reported and as computed, at the end of {period.last}", columns, rows, None, note
    )


def _restated(answer: Mapping[str, object]) -> Table:
    names = ("CHA", "SHA", "cleared", "reduced", "cancelled")
    rows: list[Row] = []
    for one in _listed(answer["changesets"]):
        difference = _mapping(one["difference"]) if "difference" in one else {}
        rows.append(
            {
                "changeset": f"{one['changeset']}: {one.get('message') or ''}".rstrip(": "),
                "recorded_at": _moment(one["recorded_at"]),
                **{name: difference.get(name) for name in names},
            }
        )
    columns = (
        Column("changeset", "Changeset"),
        Column("recorded_at", "Approved"),
        *(number(f"{name}, m²", name) for name in names),
    )
    total = {"changeset": "All", "recorded_at": "", **{name: _mapping(answer["difference"])[name] for name in names}}
    title = f"What changed of {answer['as_of']} since it was published, known at {answer['known_at']}"
    return Table(
        "restatement",
        title,
        columns,
        rows,
        total,
        "Each changeset approved since, and what it changed of the published figures.",
    )


def _certificate(period: Period) -> Table:
    rows: list[Row] = [
        {
            "what": what,
            "check": one["check"],
            "passed": "passed" if one["passed"] else "FAILED",
            "difference": one.get("difference_m2"),
        }
        for what, answer in (("ground", period.closing), ("balance", period.ledger), ("by device", period.devices))
        for one in _listed(_mapping(answer["certificate"])["checks"])
    ]
    columns = (
        Column("what", "Of"),
        Column("check", "Check"),
        Column("passed", "Result"),
        number("Difference, m²", "difference", sums=False),
    )
    return Table("certificate", "The certificate: " + ("passed" if period.passed else "FAILED"), columns, rows)


def _sources(period: Period) -> Table:
    columns = (
        number("Changeset", "changeset", Kind.number, sums=False),
        number("Revision", "revision", Kind.number, sums=False),
        Column("recorded_at", "Approved"),
        Column("layer", "Layer"),
        Column("author", "Sent by"),
        Column("reviewed_by", "Approved by"),
        Column("source_name", "File"),
        Column("source_sha256", "SHA-256"),
        number("Accepted", "accepted", Kind.number, sums=False),
        number("Rejected", "rejected", Kind.number, sums=False),
        Column("message", "Message"),
    )
    return Table("sources", "Sources: the changesets behind these figures", columns, period.sources)


def _over(period: Period, what: str) -> str:
    return f"{what}, from the end of {period.first} to the end of {period.last}"


def _lines(row: Row) -> dict[str, object]:
    return {key: row[key] for key, _ in LINES}


def _class(kind: str) -> str:
    return {"CHA": "Confirmed (CHA)", "SHA": "Suspected (SHA)"}.get(kind, "Both")


def _plain(frame: pd.DataFrame) -> list[Row]:
    names = [str(name) for name in frame]
    rows = zip(*(frame[name].tolist() for name in frame), strict=True)
    return [{name: None if pd.isna(value) else value for name, value in zip(names, row, strict=True)} for row in rows]


def _listed(value: object) -> list[Row]:
    assert isinstance(value, list)  # noqa: S101 - for the type checker: answers hold lists of rows
    return value


def _mapping(value: object) -> Row:
    assert isinstance(value, Mapping)  # noqa: S101 - for the type checker
    return value


def _moment(value: object) -> str:
    return text_of(value) if isinstance(value, dt.datetime) else str(value)


def _float(value: object) -> float:
    return float(value)  # type: ignore[arg-type]
