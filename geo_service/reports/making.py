"""A report in its forms: JSON, a workbook, CSV, paper, a page."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from geo_service import formats
from geo_service.reports import article7, weekly
from geo_service.reports.period import Period
from geo_service.reports.tables import Table
from layers.versions import as_moment


class Shape(StrEnum):
    """What a report is of."""

    article7 = "article7"
    weekly = "weekly"


TITLES = {Shape.article7: "Report in the shape of Article 7", Shape.weekly: "Weekly figures"}
TABLES: Mapping[Shape, Callable[[Period], list[Table]]] = {
    Shape.article7: article7.tables_of,
    Shape.weekly: weekly.tables_of,
}


@dataclass(frozen=True)
class Report:
    """A report of a period: its tables, and what it says of itself."""

    shape: Shape
    period: Period
    tables: Sequence[Table]
    edition: str

    @property
    def title(self) -> str:
        """What it is, and of which period."""
        return f"{TITLES[self.shape]}, {self.period.first} to {self.period.last}"

    @property
    def about(self) -> dict[str, object]:
        """What it describes, who answers for it, and the sentences that belong to it."""
        period, view = self.period, self.period.view
        revision = view.snapshot.revision
        settings = period.settings
        return {
            "report": self.title,
            "edition": self.edition,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "as_of": view.as_of.isoformat(),
            "known_at": view.known_at,
            "revision": view.snapshot.number,
            "hash": revision.hash if revision else "",
            "authority": settings.authority,
            "standard": settings.standard,
            "synthetic": settings.synthetic,
            "certificate": "passed" if period.passed else "FAILED: do not publish these figures",
            "notice": settings.sentences(view.as_of.isoformat(), view.known_at),
        }

    @property
    def made_at(self) -> dt.datetime:
        """The moment of knowledge: a report of it is the same file whenever it is made."""
        return as_moment(self.period.view.known_at)


def report_of(period: Period, shape: Shape, edition: str = "not an edition") -> Report:
    """Return the report of a period in a shape.

    Raises:
        geo_service.balance.Refused: a weekly report has too many weeks.
    """
    return Report(shape, period, TABLES[shape](period), edition)


def to_json(report: Report) -> bytes:
    """Return a report as JSON; the same report gives the same bytes."""
    tables = [
        {
            "name": table.name,
            "title": table.title,
            "note": table.note,
            "columns": [{"key": one.key, "label": one.label, "kind": one.kind.value} for one in table.columns],
            "rows": list(table.rows),
            "total": table.total,
        }
        for table in report.tables
    ]
    return formats.to_json({**report.about, "tables": tables})


def to_xlsx(report: Report) -> bytes:
    """Return a report as a workbook."""
    from geo_service.reports.workbook import workbook  # noqa: PLC0415 - only workbooks need it

    return workbook(report.tables, report.about, report.made_at)


def to_csv(report: Report) -> bytes:
    """Return a report as an archive with a CSV file for each table, and one that says what they describe."""
    out = io.BytesIO()
    stamp = max(report.made_at, dt.datetime(1980, 1, 1, tzinfo=dt.UTC)).timetuple()[:6]
    about = [{"what": key, "value": value} for key, value in report.about.items()]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in (("about", about), *((one.name, labelled(one)) for one in report.tables)):
            info = zipfile.ZipInfo(f"{name.replace(' ', '-')}.csv", stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, formats.to_csv(rows))
    return out.getvalue()


def to_pdf(report: Report) -> bytes:
    """Return a report as PDF."""
    from geo_service.reports.paper import pdf  # noqa: PLC0415 - drawing is slow to import

    return pdf(report.tables, report.title, report.edition, report.period.view, report.period.settings)


FORMS: Mapping[str, tuple[Callable[[Report], bytes], str]] = {
    "json": (to_json, "application/json"),
    "xlsx": (to_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (to_csv, "application/zip"),
    "pdf": (to_pdf, "application/pdf"),
}
"""The forms of a report: what makes it, and its media type."""

ENDINGS = {"json": "json", "xlsx": "xlsx", "csv": "csv.zip", "pdf": "pdf"}


def labelled(table: Table) -> list[dict[str, object]]:
    """Return the rows of a table by the labels of its columns, its total last."""
    rows = [*table.rows, table.total] if table.total is not None else table.rows
    return [{one.label: row.get(one.key) for one in table.columns} for row in rows]
