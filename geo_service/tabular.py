"""The balance as a page to read: the table, the certificate, the sentences."""

from importlib.resources import files

from jinja2 import Environment, FileSystemLoader, select_autoescape

from geo_service.balance import Answer, View
from geo_service.formats import rows_of
from geo_service.settings import Settings

HIDDEN = ("district_id",)


def page(made: Answer, settings: Settings, seen: View) -> str:
    """Return a coverage answer as HTML."""
    rows = rows_of(made)
    names = [name for name in rows[0] if name not in HIDDEN] if rows else []
    environment = Environment(
        loader=FileSystemLoader(str(files("geo_service") / "templates")), autoescape=select_autoescape()
    )
    return environment.get_template("coverage.html").render(
        made=made,
        names=names,
        rows=rows,
        notice=settings.sentences(seen.as_of.isoformat(), seen.known_at),
        synthetic=settings.synthetic,
    )
