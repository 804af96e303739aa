"""What a map shows: the records in force and the balance at (as_of, known_at)."""

from geo_service import features
from geo_service.balance import View
from geo_service.maps.situation import Situation
from geo_service.settings import Settings
from layers.definitions import LAYERS


def situation(seen: View, settings: Settings) -> Situation:
    """Return the situation at a view."""
    partition = seen.snapshot.arrangement.partition(seen.as_of)
    return Situation(
        as_of=seen.as_of,
        known_at=seen.known_at,
        revision=seen.snapshot.number,
        authority=settings.authority,
        notice=settings.sentences(seen.as_of.isoformat(), seen.known_at),
        synthetic=settings.synthetic,
        coverage_gap=partition.attrs["coverage_gap"],
        frames={name: features.in_force(seen, name) for name in LAYERS},
        partition=partition,
        total=partition.attrs["total"],
        certificate_passed=partition.attrs["certificate"]["passed"],
    )
