"""Weekly figures: what was released in each week, by product and district, in hectares beside the m² they come from."""

from geo_service.reports.article7 import place_of, released, rows_of
from geo_service.reports.period import Period, week_of, weeks_of
from geo_service.reports.tables import HECTARE_M2, Column, Kind, Table, number

PRODUCTS = (("cancelled", "Cancelled"), ("reduced", "Reduced"), ("cleared", "Cleared"), ("released", "Released"))


def tables_of(period: Period) -> list[Table]:
    """Return the figures of each week of a period: the whole, and by district.

    Raises:
        geo_service.balance.Refused: the period has too many weeks.
    """
    whole, districts = [], []
    for start, end in weeks_of(period):
        rows, total = rows_of(week_of(period, start, end), "total")
        week = {"after": start.isoformat(), "to": end.isoformat()}
        whole.append({**week, **_areas(released(total)), "open": total["closing"], "open_ha": _ha(total["closing"])})
        for row in rows:
            made = released(row)
            if made["released"]:
                districts.append({**week, "place": place_of(row), **_areas(made)})
    dates = (Column("after", "After the end of"), Column("to", "To the end of"))
    areas = (
        *(number(f"{label}, ha", f"{key}_ha", Kind.hectares) for key, label in PRODUCTS),
        *(number(f"{label}, m²", key) for key, label in PRODUCTS),
    )
    remains = (
        number("Open at the end, ha", "open_ha", Kind.hectares, sums=False),
        number("Open at the end, m²", "open", sums=False),
    )
    _, over = rows_of(period.ledger, "total")
    total = {
        "after": "All",
        "to": "",
        **_areas(released(over)),
        "open": over["closing"],
        "open_ha": _ha(over["closing"]),
    }
    note = (
        "Ground that is released in one week, open again and released in another stands in both; the last row is the "
        "balance of the whole period."
    )
    title = f"Ground released by week, from the end of {period.first} to the end of {period.last}"
    return [
        Table("weeks", title, (*dates, *areas, *remains), whole, total, note),
        Table("weeks by district", f"{title}, by district", (*dates, Column("place", "District"), *areas), districts),
    ]


def _areas(made: dict[str, float]) -> dict[str, float]:
    return {**made, **{f"{name}_ha": _ha(value) for name, value in made.items()}}


def _ha(value: object) -> float:
    return float(value) / HECTARE_M2  # type: ignore[arg-type]
