"""What is read of rasters: the list, and the times that a request names."""

from geo_service.balance import Answer, Refused
from geo_service.clock import Clock
from geo_service.rasters.register import Times, described, holding, versions
from geo_service.settings import Settings
from geo_service.store.log import Log
from layers.versions import as_date, as_moment


def times_of(settings: Settings, clock: Clock, as_of: str | None = None, known_at: str | None = None) -> Times:
    """Return the times of a read: today and now where they are left out.

    Raises:
        Refused: one is no time, or is to come.
    """
    today = settings.today(clock)
    try:
        day = as_date(as_of) if as_of else today
    except ValueError as error:
        raise Refused(f"as_of: {error}") from None
    if day > today:
        raise Refused(f"as_of is after today ({today.isoformat()}): the ground of a date to come is not known")
    try:
        moment = as_moment(known_at) if known_at else None
    except ValueError as error:
        raise Refused(f"known_at: {error}") from None
    if moment and moment > clock():
        raise Refused("known_at is in the future: what will be known then can't be published")
    return Times(day, moment)


def listed(log: Log, times: Times) -> Answer:
    """Return the rasters that hold at some times."""
    rows = [described(one) for one in holding(versions(log), times).values()]
    known = times.known_at.isoformat().replace("+00:00", "Z") if times.known_at else None
    return {"as_of": times.as_of.isoformat(), "known_at": known, "rasters": rows}
