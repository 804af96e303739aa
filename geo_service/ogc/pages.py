"""A page of items: which records are on it, where it lies among the others, and its GeoJSON, joined from ready text."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import orjson
import shapely

from geo_service import features
from geo_service.ogc import crs, selection
from geo_service.ogc.asked import PAGE, Asked, asked
from geo_service.ogc.holding import Holding, Places
from geo_service.ogc.links import GEOJSON, Link, link, with_query
from geo_service.ogc.negotiation import FORMS
from geo_service.ogc.reads import Read

FORMS_OF_ITEMS = ("json", "html", "csv", "geojsonseq", "fgb", "parquet", "gpkg")
BULK = frozenset({"csv", "geojsonseq", "fgb", "parquet", "gpkg"})
"""Forms that answer with all records where the client names no number."""

TOGETHER = 1_000
"""Records written at a time where an answer streams."""


@dataclass(frozen=True)
class Page:
    """A page of items.

    Attributes:
        read, asked: what asks, and for what.
        held: the records of the layer.
        selected: the places of all records that are selected, in order.
        places: of those on this page; `start` of the selected lie before it.
    """

    read: Read
    asked: Asked
    held: Holding
    selected: Places
    places: Places
    start: int

    @property
    def matched(self) -> int:
        """The number of records selected."""
        return len(self.selected)

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """The records of the page."""
        return self.held.frame.iloc[self.places]

    def links(self) -> list[Link]:
        """Return the links of the page: itself, its other forms, the ones before and behind, its collection."""
        read, home = self.read, f"{self.read.base}/collections/{self.held.layer}"
        address = f"{home}/items"
        kept = [pair for pair in read.pairs if pair[0] not in {"f", "token"}]
        given = [("f", read.form)] if any(name == "f" for name, _ in read.pairs) or read.form in BULK else []
        own = GEOJSON if read.form == "json" else FORMS[read.form]
        found = [link(with_query(address, [*kept, *given]), "self", own)]
        found += [
            link(with_query(address, [*kept, ("f", form)]), "alternate", GEOJSON if form == "json" else FORMS[form])
            for form in FORMS_OF_ITEMS
            if form != read.form
        ]
        pinned = [p for p in kept if p[0] not in {"after", "offset", "as_of", "known_at", "limit"}] + read.times()
        # A program that comes with its token in the address has no other way to the next page.
        tokens = [pair for pair in read.pairs if pair[0] == "token"]
        pinned += [*given, ("limit", str(self.asked.limit or PAGE)), *tokens]
        end = self.start + len(self.places)
        if end < self.matched and len(self.places):
            behind = ("after", self.held.ids[self.places[-1]])
            found.append(link(with_query(address, [*pinned, behind]), "next", own))
        if self.start > 0:
            before = self.start - (self.asked.limit or PAGE) - 1
            behind_it = [("after", self.held.ids[self.selected[before]])] if before >= 0 else []
            found.append(link(with_query(address, [*pinned, *behind_it]), "prev", own))
        found.append(link(home, "collection", "application/json"))
        return found

    def about(self) -> dict[str, object]:
        """Return what a page says of itself: its times, its numbers, and the sentences that every product carries."""
        seen, settings = self.read.seen, self.read.settings
        return {
            "numberMatched": self.matched,
            "numberReturned": 0 if self.asked.hits else len(self.places),
            "timeStamp": self.read.recorded_at or seen.known_at,
            "as_of": seen.as_of.isoformat(),
            "known_at": seen.known_at,
            "revision": seen.snapshot.number,
            "notice": settings.sentences(seen.as_of.isoformat(), seen.known_at) + self.read.records.notice,
            "synthetic": settings.synthetic,
        }


def page_of(read: Read) -> Page:
    """Return the page that a request asks for.

    Raises:
        Invalid: a parameter is not known, or its value none that it can have.
        NotFound: there is no such collection.
    """
    layer = read.layer()
    held = read.holding(layer.name)
    wanted = asked(read.pairs, layer, [*held.columns, "geometry"], read.systems)
    selected = selection.selected(held, wanted)
    limit = wanted.limit or (len(held) if read.form in BULK else PAGE)
    places, start = selection.page(held, wanted, selected, 0 if wanted.hits else limit)
    return Page(read, wanted, held, selected, places, start)


def tag_of_page(read: Read) -> str:
    """Return the tag of a page: what its address asks for, of the records that its sender may see."""
    return read.tag("items", read.layer().name, read.pairs)


def collection(page: Page) -> bytes:
    """Return a page as GeoJSON (RFC 7946)."""
    head = orjson.dumps({"type": "FeatureCollection", **page.about(), "links": page.links()})
    pieces = _pieces(page, page.places)
    if pieces:
        pieces[-1] = pieces[-1].removesuffix(b",")
    return b"".join([head[:-1], b',"features":[', *pieces, b"]}"])


def _pieces(page: Page, places: Places) -> list[bytes]:
    """Return records as GeoJSON features in pieces, a comma behind each feature."""
    if page.asked.hits or not len(places):
        return []
    return page.held.texts(places) if page.asked.whole else [one + b"," for one in _cut(page, places)]


def _cut(page: Page, places: Places) -> Iterator[bytes]:
    """Yield records with the properties that are asked for, in the coordinate system that is asked for."""
    frame, wanted = page.held.frame.iloc[places], page.asked
    rows = features.properties(frame, page.held.layer)
    if wanted.properties is not None:
        rows = [{name: row[name] for name in wanted.properties if name in row} for row in rows]
    shapes: list[str | None] = [None] * len(frame)
    if not wanted.skip_geometry:
        shapes = shapely.to_geojson(crs.outward(frame.geometry.to_numpy(), wanted.crs)).tolist()
    for record, row, shape in zip(frame["id"].tolist(), rows, shapes, strict=True):
        drawn = orjson.Fragment(shape) if shape else None
        yield orjson.dumps({"type": "Feature", "id": record, "geometry": drawn, "properties": row})


def sequence(page: Page) -> Iterator[bytes]:
    """Yield a page as GeoJSON text sequence (RFC 8142)."""
    for start in range(0, len(page.places), TOGETHER):
        places = page.places[start : start + TOGETHER]
        pieces = _pieces(page, places)
        each = len(pieces) // len(places) if len(places) else 1
        whole = (b"".join(pieces[k : k + each]).removesuffix(b",") for k in range(0, len(pieces), each))
        yield b"".join(b"\x1e" + one + b"\n" for one in whole)
