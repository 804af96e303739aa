"""The words of the field, as enumerations (IMAS 04.10, 05.10, 07.11). A string outside them is rejected."""

from enum import StrEnum


class Classification(StrEnum):
    """What evidence a hazardous area stands on: indirect (suspected) or direct (confirmed)."""

    SHA = "SHA"
    CHA = "CHA"


class HazardStatus(StrEnum):
    """What is happening to a hazardous area. `withdrawn` means the same as the flag of that name."""

    open = "open"
    worked_on = "worked_on"
    suspended = "suspended"
    withdrawn = "withdrawn"


class Change(StrEnum):
    """Why a later version of a record exists: new information from the ground, or a mended record."""

    survey = "survey"
    correction = "correction"


class Product(StrEnum):
    """How land was released: after non-technical survey, after technical survey, by clearance."""

    cancelled = "cancelled"
    reduced = "reduced"
    cleared = "cleared"


class QcStatus(StrEnum):
    """Quality control of the finished product."""

    not_required = "not_required"
    pending = "pending"
    passed = "passed"
    failed = "failed"


class Device(StrEnum):
    """Categories of explosive ordnance."""

    AP_mine = "AP_mine"
    AV_mine = "AV_mine"
    cluster_munition_remnant = "cluster_munition_remnant"
    UXO = "UXO"
    AXO = "AXO"
    booby_trap = "booby_trap"
    IED = "IED"
    other = "other"
    unknown = "unknown"


class IncidentKind(StrEnum):
    """Accident: harm was done. Incident: an event that did or could lead to one."""

    accident = "accident"
    incident = "incident"


class SpotKind(StrEnum):
    """A single item, the evidence of a strike, or a report not yet surveyed. Always 0 m2."""

    item = "item"
    strike = "strike"
    indication = "indication"


class Disposition(StrEnum):
    """What became of the item of a spot."""

    in_place = "in_place"
    removed = "removed"
    destroyed = "destroyed"


class SettlementKind(StrEnum):
    """Where people come from, or where they wait."""

    home = "home"
    displacement_site = "displacement_site"


class EoStatus(StrEnum):
    """What a road record says about explosive ordnance on it."""

    not_assessed = "not_assessed"
    verified = "verified"
    cleared = "cleared"
    restricted = "restricted"
    closed = "closed"


class State(StrEnum):
    """The state of a point of ground, the most dangerous first (domain rules, section 4)."""

    CHA = "CHA"
    SHA = "SHA"
    cancelled = "cancelled"
    reduced = "reduced"
    cleared = "cleared"
    surveyed_no_evidence = "surveyed_no_evidence"
    no_recorded_hazard = "no_recorded_hazard"


class Line(StrEnum):
    """A line of the ledger: why open ground came or went."""

    new = "new"
    expansion = "expansion"
    reclassified = "reclassified"
    cancelled = "cancelled"
    reduced = "reduced"
    cleared = "cleared"
    reopened = "reopened"
    corrected = "corrected"
