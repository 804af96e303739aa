"""Records of a layer as GeoDataFrames: in one answer, or page by page where a number is asked for."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import geopandas as gpd
import httpx
import pandas as pd
import shapely

from geo_service.client.reading import features_of, records_of
from geo_service.client.transport import Sender

Date = str | dt.date
Moment = str | dt.datetime
Box = Sequence[float] | shapely.Geometry | gpd.GeoDataFrame | gpd.GeoSeries

PARQUET = "application/vnd.apache.parquet"
PAGE = 10_000
"""Records of a page: the most that the service gives."""


@dataclass(frozen=True, repr=False)
class Layer:
    """One layer of the register; calling it reads its records.

    Attributes:
        name: the layer.
    """

    name: str
    _sender: Sender

    def __repr__(self) -> str:
        """Return how it is called."""
        return f"<layer {self.name}: call it for its records, .versions(id) for the history of one>"

    def __call__(  # noqa: PLR0913 - the parameters of the standard
        self,
        *,
        as_of: Date | None = None,
        known_at: Moment | None = None,
        bbox: Box | None = None,
        filter: str | None = None,  # noqa: A002 - the name of the standard's parameter
        limit: int | None = None,
        properties: Sequence[str] | None = None,
        sortby: str | Sequence[str] | None = None,
        crs: str | int | None = None,
        **where: Any,
    ) -> gpd.GeoDataFrame:
        """Return the records in force and not withdrawn, in order of id.

        Args:
            as_of: the ground date, default today.
            known_at: the knowledge time, default now; one without a zone is in UTC.
            bbox: west, south, east, north in degrees, or anything with bounds; records that meet it.
            filter: a filter in CQL2 text, such as `"classification = 'CHA' AND opened_on > DATE('2020-01-01')"`.
            limit: at most so many records; default all.
            properties: the fields wanted; default all.
            sortby: fields to sort by, `-` before one for the largest first.
            crs: the coordinate system of the answer, as an EPSG code that the service offers; default degrees.
            **where: fields and the value that each must have; of a list, one value that it must hold. An underscore
                behind a name is left out: `class_="primary"`.

        Returns:
            A row per record, EPSG:4326 unless `crs` says otherwise; areas in m2. `attrs`: `layer`, `as_of`,
            `known_at`, `revision`, `notice` (the sentences to show with any product), `synthetic`.

        Raises:
            Refused: a value is none that its parameter can have; the message names it.
            ClearwayError: any other reason why there is no answer.

        Example:
            >>> cha = cw.hazards(as_of="2023-01-01", classification="CHA")  # doctest: +SKIP
            >>> cha.open_m2.sum(), cha.attrs["known_at"]  # doctest: +SKIP
        """
        if limit is not None and limit < 1:
            raise ValueError(f"limit: a whole number from 1, not {limit}")
        query = {
            "f": "parquet",
            "as_of": as_of,
            "known_at": known_at,
            "bbox": None if bbox is None else _box(bbox),
            "filter": filter,
            "properties": properties if properties is None else list(properties),
            "sortby": sortby if sortby is None or isinstance(sortby, str) else list(sortby),
            "crs": None if crs is None else _system(crs),
            "limit": None if limit is None else min(limit, PAGE),
        }
        own = sorted(name for name in where if name.removesuffix("_") in query and name.removesuffix("_") != "f")
        if own:
            raise ValueError(f"{own[0]}: a parameter of this name is there already")
        many = [name for name, value in where.items() if isinstance(value, list | tuple | set)]
        if many:
            raise ValueError(f"{many[0]}: one value; of a list one that it must hold. For several, use filter")
        path = f"/collections/{quote(self.name, safe='')}/items"
        answer = self._sender.read(path, query | where, accept=PARQUET)
        pages = [records_of(answer.content, self.name)]
        while limit is not None and sum(map(len, pages)) < limit and (following := _next(answer)):
            wanted = min(PAGE, limit - sum(map(len, pages)))
            answer = self._sender.read(path, following | {"limit": wanted}, accept=PARQUET)
            pages.append(records_of(answer.content, self.name))
        return pages[0] if len(pages) == 1 else _joined(pages)

    def versions(self, id: str, *, known_at: Moment | None = None) -> gpd.GeoDataFrame:  # noqa: A002
        """Return all versions of a record as they were recorded, the first one first.

        Args:
            id: the record.
            known_at: up to when they were recorded, default now.

        Returns:
            A row per version with its fields, `recorded_at` (UTC), `revision`, `changeset`; EPSG:4326.

        Raises:
            NotFound: there is no record of that id.

        Example:
            >>> cw.hazards.versions("AZ-AGD-2021-0042")[["recorded_at", "valid_from", "status"]]  # doctest: +SKIP
        """
        path = f"/collections/{quote(self.name, safe='')}/items/{quote(id, safe='')}/versions"
        frame = features_of(self._sender.json(path, {"known_at": known_at}), self.name)
        frame["recorded_at"] = pd.to_datetime(frame["recorded_at"], utc=True, format="ISO8601").dt.as_unit("us")
        return frame


def _joined(pages: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    whole = gpd.GeoDataFrame(pd.concat(pages, ignore_index=True))
    whole.attrs = dict(pages[0].attrs)
    return whole


def _next(answer: httpx.Response) -> dict[str, str] | None:
    """Return the query of the page behind an answer, None behind the last; its host may be another by a proxy."""
    address = answer.links.get("next", {}).get("url")
    return None if address is None else dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def _box(box: Box) -> list[float]:
    """Return the bounds of something in degrees.

    Raises:
        ValueError: it is no box.
    """
    if isinstance(box, gpd.GeoDataFrame | gpd.GeoSeries):
        found = (box if box.crs is None else box.to_crs("EPSG:4326")).total_bounds.tolist()
    else:
        found = shapely.bounds(box).tolist() if isinstance(box, shapely.Geometry) else [float(one) for one in box]
    if len(found) != 4:
        raise ValueError("bbox: four numbers (west, south, east, north in degrees), or something with bounds")
    return found


def _system(crs: str | int) -> str:
    """Return the address of a coordinate system by its code."""
    code = str(crs).upper().removeprefix("EPSG:")
    return f"http://www.opengis.net/def/crs/EPSG/0/{code}" if code.isdecimal() else str(crs)
