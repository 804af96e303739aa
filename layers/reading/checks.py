"""What single rows must say: required fields, dates that can be, quality control that fits."""

import datetime as dt

from layers.definitions import Kind, default_of
from layers.reading.rows import Rows
from layers.vocabulary import HazardStatus, Product, QcStatus


def check(rows: Rows, today: dt.date, qc_required_from: dt.date | None) -> None:
    """Reject rows that lack what they need or say what can't be; defaults are filled in."""
    _dates_to_come(rows, today)
    _withdrawn(rows)
    for field in rows.layer.fields:
        if field.name in {"id", "valid_from", "withdrawn"}:
            continue
        column = rows.values[field.name]
        if not field.required and field.name != "qc_status" and field.default is None:
            continue
        for place in [place for place, value in enumerate(column) if value is None and not rows.rejected[place]]:
            row = {"product": rows.values["product"][place]} if "product" in rows.values else {}
            column[place] = default_of(rows.layer, field.name, row)
            if field.required and column[place] is None:
                message = f"{field.name} is missing; --set {field.name}=VALUE sets it for all rows without"
                rows.reject(place, "missing_field", message)
    if rows.layer.name == "releases":
        _quality_control(rows, qc_required_from)
    if rows.layer.name == "hazards":
        _kept_ground(rows)


def _dates_to_come(rows: Rows, today: dt.date) -> None:
    for field in rows.layer.fields:
        if field.kind is not Kind.date or field.future:
            continue
        for place, value in enumerate(rows.values[field.name]):
            if isinstance(value, dt.date) and value > today:
                rows.reject(place, "date_to_come", f"{field.name} {value} is after today ({today})")


def _withdrawn(rows: Rows) -> None:
    """Let the flag and a hazard's status say the same."""
    flags = rows.values["withdrawn"]
    for place, flag in enumerate(flags):
        flags[place] = bool(flag)
        if rows.layer.name == "hazards":
            status = rows.values["status"]
            flags[place] = bool(flag) or status[place] == HazardStatus.withdrawn
            if flags[place]:
                status[place] = HazardStatus.withdrawn.value


def _quality_control(rows: Rows, qc_required_from: dt.date | None) -> None:
    values = rows.values
    for place in rows.standing():
        status, on, done = (values[name][place] for name in ("qc_status", "qc_on", "completed_on"))
        inspected = status in {QcStatus.passed, QcStatus.failed}
        if inspected and on is None:
            rows.reject(place, "qc_on_missing", f"quality control {status} needs its date, qc_on")
        elif inspected and isinstance(on, dt.date) and isinstance(done, dt.date) and on < done:
            rows.reject(place, "qc_before_completion", f"qc_on {on} is before completed_on {done}")
        needed = qc_required_from is not None and isinstance(done, dt.date) and done >= qc_required_from
        if needed and values["product"][place] == Product.cleared and status == QcStatus.not_required:
            message = f"cleared ground completed from {qc_required_from} on needs quality control"
            rows.reject(place, "qc_required", message)


def _kept_ground(rows: Rows) -> None:
    for place in rows.standing():
        if rows.values["keeps_released"][place] and not rows.values["note"][place]:
            rows.reject(
                place, "keeps_released_reason", "keeps_released is a recorded decision: give its reason in note"
            )
