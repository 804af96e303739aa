"""The register from Python: questions and uploads, GeoDataFrames in and out."""

import html
import json
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import geopandas as gpd
import httpx
import orjson
import pandas as pd

from geo_service.client import travel
from geo_service.client.changesets import Changeset
from geo_service.client.errors import ClearwayError
from geo_service.client.reading import shapes_of, table_of
from geo_service.client.records import Date, Layer, Moment
from geo_service.client.shown import MapPage, State, state_of
from geo_service.client.transport import Sender, object_of, plain
from geo_service.client.writing import file_of
from geo_service.clock import Clock, utc_now
from geo_service.travel.told import WAY
from layers.definitions import LAYERS

By = str | Sequence[str]
Place = travel.Place


class Clearway:
    """A register of explosive hazards, released land and routes, served somewhere or kept in a folder.

    Args:
        address: where it is served, such as `http://127.0.0.1:8000`, with its path where it has one.
        token: who asks; the administrator makes one with `clearway token create`.
        timeout_s: how long one answer may take (s); first figures of a large register take longest.
        transport: how requests go out, for programs that have their own way; default over the network.
        clock: where the present time comes from, to say how old the data is.

    Example:
        >>> from geo_service.client import Clearway
        >>> cw = Clearway("http://127.0.0.1:8000", token="cw_...")
        >>> cw.coverage(as_of="2023-01-01")  # doctest: +SKIP
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        timeout_s: float = 300.0,
        transport: httpx.BaseTransport | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.address = address.rstrip("/")
        http = httpx.Client(
            base_url=self.address,
            headers={"User-Agent": "clearway-client"} | ({"Authorization": f"Bearer {token}"} if token else {}),
            timeout=httpx.Timeout(timeout_s, connect=10.0),
            transport=transport,
        )
        self._sender, self._clock = Sender(http), clock
        # Layers and changesets may outlive this object, and ask through the same sender.
        self._closing = weakref.finalize(self._sender, http.close)
        self._closing.atexit = False

    @classmethod
    def open(cls, where: str | Path, *, token: str | None = None, create: bool = False, clock: Clock = utc_now) -> Self:
        """Return the register of a store in a folder or database, without a server: the answers are the same.

        Whoever can read and write the store may do all that the commands do; what is recorded carries the name of the
        one who runs the program.

        Args:
            where: the folder, or the address of a database (`postgresql://USER@HOST/NAME`).
            token: asks as its owner, with what that role may; default the one who runs the program, who may all.
            create: make a store where there is none.
            clock: where the time comes from.

        Raises:
            ClearwayError: there is no store, or it can't be read.

        Example:
            >>> with Clearway.open("clearway-data") as cw:  # doctest: +SKIP
            ...     cw.hazards()
        """
        from geo_service.client.local import ADDRESS, opened  # noqa: PLC0415 - the service itself, for those who need it

        transport, shown = opened(where, create=create, clock=clock)
        found = cls(ADDRESS, token=token, transport=transport, clock=clock)
        found.address = shown
        return found

    def close(self) -> None:
        """Let go of connections, and of a store that was opened; `with` does it too.

        Example:
            >>> cw.close()  # doctest: +SKIP
        """
        self._closing()

    def __enter__(self) -> Self:
        """Return the register."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    # ------------------------------------------------------------------ records

    @property
    def hazards(self) -> Layer:
        """Hazardous areas, with `area_m2`, `open_m2` (what no effective release answers) and `state`.

        Example:
            >>> cw.hazards(as_of="2023-01-01", bbox=(46, 39, 47, 40), classification="CHA")  # doctest: +SKIP
        """
        return Layer("hazards", self._sender)

    @property
    def releases(self) -> Layer:
        """Released land: cancelled, reduced, cleared; `in_effect` says whether it answers hazards.

        Example:
            >>> cw.releases(product="cleared", in_effect=True)  # doctest: +SKIP
        """
        return Layer("releases", self._sender)

    @property
    def surveys(self) -> Layer:
        """Ground surveyed with no evidence found.

        Example:
            >>> cw.surveys(filter="surveyed_on >= DATE('2022-01-01')")  # doctest: +SKIP
        """
        return Layer("surveys", self._sender)

    @property
    def incidents(self) -> Layer:
        """Accidents and incidents; the public gets counts by cell.

        Example:
            >>> cw.incidents(kind="accident")  # doctest: +SKIP
        """
        return Layer("incidents", self._sender)

    @property
    def spots(self) -> Layer:
        """Single items, strikes and indications.

        Example:
            >>> cw.spots(disposition="in_place")  # doctest: +SKIP
        """
        return Layer("spots", self._sender)

    @property
    def districts(self) -> Layer:
        """Districts, with their other names.

        Example:
            >>> cw.districts().set_index("id").geometry  # doctest: +SKIP
        """
        return Layer("districts", self._sender)

    @property
    def settlements(self) -> Layer:
        """Settlements and displacement sites, with who is to return.

        Example:
            >>> cw.settlements(kind="displacement_site")  # doctest: +SKIP
        """
        return Layer("settlements", self._sender)

    @property
    def roads(self) -> Layer:
        """Roads with what is recorded of explosive ordnance on them.

        Example:
            >>> cw.roads(eo_status="verified")  # doctest: +SKIP
        """
        return Layer("roads", self._sender)

    def items(self, layer: str, **asked: Any) -> gpd.GeoDataFrame:
        """Return the records of a layer by its name; all else as of `hazards()`.

        Example:
            >>> {name: len(cw.items(name)) for name in ("hazards", "releases")}  # doctest: +SKIP
        """
        return Layer(layer, self._sender)(**asked)

    def versions(self, layer: str, id: str, *, known_at: Moment | None = None) -> gpd.GeoDataFrame:  # noqa: A002
        """Return all versions of a record as they were recorded.

        Example:
            >>> cw.versions("hazards", "AZ-AGD-2021-0042")  # doctest: +SKIP
        """
        return Layer(layer, self._sender).versions(id, known_at=known_at)

    # ------------------------------------------------------------------ the balance

    def coverage(
        self, *, as_of: Date | None = None, known_at: Moment | None = None, by: By = "district"
    ) -> pd.DataFrame:
        """Return how many m2 are in each state of the ground.

        Args:
            as_of, known_at: the ground date and the knowledge time, default today and now.
            by: `district`, `device` (exclusive profiles) or both.

        Returns:
            A row per district (and profile); areas in m2. Ground outside every district is the row with `district_id`
            "". `attrs`: `total` (the same keys), `certificate`, `coverage_gap`, `as_of`, `known_at`, `revision`.

        Example:
            >>> found = cw.coverage(as_of="2023-01-01", by="district")  # doctest: +SKIP
            >>> found.attrs["total"]["CHA"], found.attrs["certificate"]["passed"]  # doctest: +SKIP
        """
        return table_of(self._sender.json("/coverage", {"as_of": as_of, "known_at": known_at, "by": _names(by)}))

    def ground(
        self, *, as_of: Date | None = None, known_at: Moment | None = None, by: By = "district"
    ) -> gpd.GeoDataFrame:
        """Return the ground itself, dissolved by state and what `by` names; EPSG:4326.

        Example:
            >>> cw.ground(as_of="2023-01-01").plot("state")  # doctest: +SKIP
        """
        query = {"as_of": as_of, "known_at": known_at, "by": _names(by), "f": "geojson"}
        return shapes_of(self._sender.json("/coverage", query))

    def ledger(self, start: Date, end: Date, *, known_at: Moment | None = None, by: By = "district") -> pd.DataFrame:
        """Return the balance of the period from the end of `start` to the end of `end`.

        A calendar year is `ledger("2021-12-31", "2022-12-31")`.

        Returns:
            A row per district and class (SHA, CHA, total), those of the whole with no `district`; m2, releases
            negative, so that `closing` = `opening` + all lines. `attrs`: `certificate`, `from`, `to`, `known_at`.

        Example:
            >>> found = cw.ledger("2021-12-31", "2022-12-31")  # doctest: +SKIP
            >>> found[found.district.isna()].set_index("class").T  # doctest: +SKIP
        """
        query = {"from": start, "to": end, "known_at": known_at, "by": _names(by)}
        return table_of(self._sender.json("/coverage/ledger", query))

    def timeline(self, start: Date, end: Date, *, step: str = "month", known_at: Moment | None = None) -> pd.DataFrame:
        """Return the state of the ground by district at the end of every month, quarter or year; m2.

        Example:
            >>> found = cw.timeline("2021-01-31", "2023-12-31", step="quarter")  # doctest: +SKIP
            >>> found.groupby("date")[["SHA", "CHA"]].sum().plot()  # doctest: +SKIP
        """
        query = {"from": start, "to": end, "step": step, "known_at": known_at}
        return table_of(self._sender.json("/coverage/timeline", query))

    def restatement(
        self, *, as_of: Date | None = None, known_at: Moment | None = None, against: Moment | None = None
    ) -> pd.DataFrame:
        """Return why a figure published at `known_at` reads differently at `against` (default now).

        Returns:
            A row per changeset that moved the figures of `as_of`, in order of recording: `changeset`, `recorded_at`,
            `author`, `message`, and by how many m2 each state moved. `attrs`: `was`, `is`, `difference` (m2 by state),
            `rows` (by district), `certificate`.

        Example:
            >>> found = cw.restatement(as_of="2022-12-31", known_at="2023-01-15T00:00:00Z")  # doctest: +SKIP
            >>> found[["recorded_at", "message", "SHA", "CHA"]]  # doctest: +SKIP
        """
        query = {"as_of": as_of, "known_at": known_at, "against": against}
        answer = self._sender.json("/coverage/restatement", query)
        told = [
            {name: one[name] for name in one if name not in {"difference", "rows"}} | one["difference"]
            for one in answer["changesets"]
        ]
        return table_of({**answer, "changesets": told}, "changesets")

    def overlaps(self, *, as_of: Date | None = None, known_at: Moment | None = None) -> pd.DataFrame:
        """Return the pairs of hazards that are open on the same ground, with their m2.

        `attrs`: `pairs_m2` (all of them), `attention` (what a person must look at), `hidden` (what is under 1 m2).

        Example:
            >>> cw.overlaps().sort_values("m2").tail()  # doctest: +SKIP
        """
        return table_of(self._sender.json("/coverage/overlaps", {"as_of": as_of, "known_at": known_at}), "pairs")

    def attention(self, *, as_of: Date | None = None, known_at: Moment | None = None) -> pd.DataFrame:
        """Return what a person must look at, such as a cancellation over confirmed ground, with the records and m2.

        Example:
            >>> cw.attention().groupby("message").m2.agg(["size", "sum"])  # doctest: +SKIP
        """
        return table_of(self._sender.json("/coverage/overlaps", {"as_of": as_of, "known_at": known_at}), "attention")

    # ------------------------------------------------------------------ ways

    def routes(  # noqa: PLR0913 - the question's own fields
        self,
        origin: Place,
        destination: Place,
        *,
        via: Sequence[Place] = (),
        mode: str = "car",
        unsurveyed: str = "show",
        as_of: Date | None = None,
        known_at: Moment | None = None,
        **terms: Any,
    ) -> gpd.GeoDataFrame:
        """Return the ways between two places that no other beats in time and exposure, with what they stand on.

        Args:
            origin, destination, via: (longitude, latitude) in degrees, a geometry in degrees, or the id or name of a
                settlement.
            mode: convoy, car, bus or foot.
            unsurveyed: `show` or `forbid` road that nobody surveyed.
            as_of, known_at: another day than today makes it `historical`: no verdict to travel by.
            **terms: `buffer_m`, `max_snap_m`, `max_alternatives`, `planning`, as of `POST /routes`.

        Returns:
            A row per way: `verdict`, `reasons`, `conditions`, `length_m`, `duration_s`, `exposure_m`, `evidence` (m by
            class), `segments`, `expires_on`; EPSG:4326. Without a way there is no row, and `attrs["reasons"]` says
            why, with the hazards that bar it and the least m2 that would open it.

        Example:
            >>> ways = cw.routes((46.1, 39.2), "SY-V-020", mode="bus")  # doctest: +SKIP
            >>> ways[["verdict", "length_m", "duration_s", "exposure_m"]]  # doctest: +SKIP
        """
        named = travel.Named(self.settlements, as_of, known_at)
        asked = {
            "from": named.place(origin, "origin"),
            "to": named.place(destination, "destination"),
            "via": [named.place(one, "via") for one in via],
            "mode": mode,
            "unsurveyed": unsurveyed,
            "as_of": as_of,
            "known_at": known_at,
            **terms,
        }
        return shapes_of(self._sender.json("/routes", body=asked), WAY)

    def access(
        self,
        site: str | None = None,
        *,
        mode: str = "car",
        as_of: Date | None = None,
        known_at: Moment | None = None,
        max_snap_m: float = 500.0,
    ) -> pd.DataFrame:
        """Return for each settlement whether it is reached from where people wait, or what bars the way.

        Args:
            site: a settlement's id or name, or `LON,LAT`; default all displacement sites.
            mode: convoy, car, bus or foot.
            as_of, known_at: the ground date and the knowledge time.
            max_snap_m: how far off the road a place may lie (m).

        Example:
            >>> found = cw.access(mode="bus")  # doctest: +SKIP
            >>> found[~found.reached][["name", "people_waiting", "hazards", "m2"]]  # doctest: +SKIP
        """
        query = {"site": site, "mode": mode, "as_of": as_of, "known_at": known_at, "max_snap_m": max_snap_m}
        return table_of(self._sender.json("/access", query), "settlements")

    def priorities(
        self,
        *,
        teams: float,
        rate_m2: float,
        as_of: Date | None = None,
        known_at: Moment | None = None,
        **terms: Any,
    ) -> pd.DataFrame:
        """Return what to clear first so that people return soonest, and how far the plan may be from the best.

        Args:
            teams, rate_m2: how many teams, and how many m2 each clears in a period.
            as_of, known_at: the ground date and the knowledge time.
            **terms: `period_days`, `horizon_days`, `settlements`, `people`, `weights`, `site`, `mode`,
                `on_settlement_m`, `time_limit_s`, as of `POST /priorities`.

        Returns:
            The schedule, a row per hazard in order. `attrs`: `value`, `bound`, `gap`, `proven`, `settlements` (who
            returns when), `heuristics` (what simple rules would cost).

        Example:
            >>> plan = cw.priorities(teams=4, rate_m2=500)  # doctest: +SKIP
            >>> plan.attrs["gap"], plan.attrs["proven"]  # doctest: +SKIP
        """
        asked = {"teams": teams, "rate_m2": rate_m2, "as_of": as_of, "known_at": known_at, **terms}
        return table_of(self._sender.json("/priorities", body=asked), "schedule")

    # ------------------------------------------------------------------ uploads and review

    def upload(  # noqa: PLR0913
        self,
        layer: str,
        records: pd.DataFrame | str | Path,
        *,
        message: str = "",
        dry_run: bool = False,
        submit: bool = True,
        crs: str | None = None,
        mapping: Mapping[str, str] | None = None,
        set: Mapping[str, Any] | None = None,  # noqa: A002 - the field of the same name
        answers: Mapping[str, Any] | None = None,
        wait: bool = True,
        **more: str,
    ) -> Changeset:
        """Send records in as one changeset; the report says what became of every row.

        Args:
            layer: whose records they are.
            records: a GeoDataFrame (or a table with coordinates), a row per version, or a file that the service reads.
            message: why they come.
            dry_run: only look, keep nothing.
            submit: False keeps it as a draft.
            crs: the coordinate system, where the records don't say.
            mapping: field -> column, where they are called otherwise.
            set: field -> value for rows without their own.
            answers: question -> choice, for what was asked at an earlier try (`errors` of `Refused`).
            wait: for a large file that is taken in the background, until it ends.
            **more: `source_layer`, `encoding`, `swap_axes`, as of `POST /changesets`.

        Returns:
            The changeset: approved at once unless review is on, then submitted.

        Raises:
            Refused: the file can't be read, or a question must be answered; nothing was kept.
            ValueError: the frame can't be sent as it is; the message names the column.

        Example:
            >>> tried = cw.upload("hazards", frame, dry_run=True)  # doctest: +SKIP
            >>> tried.counts, tried.report  # doctest: +SKIP
            >>> cw.upload("hazards", frame, message="survey of May").state  # doctest: +SKIP
            'approved'
        """
        if layer not in LAYERS:
            raise ValueError(f"no layer {layer!r}; layers: {', '.join(LAYERS)}")
        if isinstance(records, pd.DataFrame):
            file = (f"{layer}.parquet", file_of(records, layer))
        else:
            file = (Path(records).name, Path(records).read_bytes())
        objects = {"mapping": mapping, "set": set, "answers": answers}
        fields = {
            "layer": layer,
            "message": message,
            "dry_run": str(dry_run).lower(),
            "submit": str(submit).lower(),
            **({"crs": crs} if crs else {}),
            **{name: json.dumps(plain(value)) for name, value in objects.items() if value},
            **{name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in more.items()},
        }
        answer = self._sender.write("/changesets", fields=fields, file=file)
        sent = Changeset(self._sender, object_of(answer))
        return sent.wait() if wait else sent

    def changeset(self, id: int) -> Changeset:  # noqa: A002
        """Return a changeset by its number.

        Example:
            >>> cw.changeset(12).diff()  # doctest: +SKIP
        """
        return Changeset(self._sender, self._sender.json(f"/changesets/{int(id)}"))

    def changesets(self, *, limit: int | None = None, state: str | None = None) -> pd.DataFrame:
        """Return the changesets, the newest first: a row each, with its state, author, message and counts.

        Args:
            limit: at most so many are looked at, default all.
            state: only those that stand so, such as `submitted`.

        Example:
            >>> cw.changesets(state="submitted")[["id", "layer", "author", "message"]]  # doctest: +SKIP
        """
        found: list[dict[str, Any]] = []
        page = self._sender.json("/changesets", {"limit": _page(limit, 0)})["changesets"]
        while page:
            found += page
            if limit is not None and len(found) >= limit:
                break
            query = {"limit": _page(limit, len(found)), "before": found[-1]["id"]}
            page = self._sender.json("/changesets", query)["changesets"]
        frame = table_of({"changesets": found}, "changesets")
        return frame if state is None or not found else frame[frame["state"] == state].reset_index(drop=True)

    # ------------------------------------------------------------------ what a notebook shows

    def map(self, *, as_of: Date | None = None, known_at: Moment | None = None, height: int = 600) -> MapPage:
        """Return the overview map as one page with everything in it: it loads nothing from anywhere.

        Args:
            as_of, known_at: the ground date and the knowledge time.
            height: how high a notebook shows it (px).

        Example:
            >>> cw.map(as_of="2023-01-01").save("overview.html")  # doctest: +SKIP
        """
        query = {"as_of": as_of, "known_at": known_at}
        return MapPage(self._sender.read("/maps/overview.html", query, accept="text/html").text, height)

    def state(self, *, as_of: Date | None = None, known_at: Moment | None = None) -> State:
        """Return the open ground by class, the hazards open, and how old the data is.

        Example:
            >>> cw.state().open_m2, cw.state().age  # doctest: +SKIP
        """
        figures = self._sender.json("/maps/figures", {"as_of": as_of, "known_at": known_at})
        same = {"as_of": figures["as_of"], "known_at": figures["known_at"], "resultType": "hits"}
        about = self._sender.json("/collections/hazards/items", same)
        return state_of(figures, self._clock(), synthetic=bool(about["synthetic"]))

    def get(self, path: str, params: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Return the answer to any read of the service: JSON as objects, everything else as bytes.

        Args:
            path: such as `/healthz`.
            params: of its query; dates, moments and lists are written as the service reads them.
            **more: the same, where a name is one in Python; an underscore behind it is left out (`from_`).

        Example:
            >>> cw.get("/coverage/ledger", from_="2021-12-31", to="2022-12-31", f="xlsx")  # doctest: +SKIP
        """
        answer = self._sender.read(path, {**(params or {}), **more}, accept="*/*")
        return _content(answer)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """Return the answer to any POST of the service with a JSON body; it is sent once, and never again by itself.

        Example:
            >>> cw.post("/routes/matrix", {"origins": [[46.1, 39.2]], "destinations": [[46.7, 39.6]]})  # doctest: +SKIP
        """
        return _content(self._sender.write(path, body={} if body is None else body, values=more))

    def __repr__(self) -> str:
        """Return where it is; a token is never shown."""
        return f"Clearway({self.address!r})"

    def _repr_html_(self) -> str:
        try:
            shown = self.state()._repr_html_()
        except ClearwayError as error:
            shown = f"<p>{html.escape(str(error))}</p>"
        return f"<p><b>Clearway</b> {html.escape(self.address)}</p>{shown}"


def _names(by: By) -> str:
    return by if isinstance(by, str) else ",".join(by)


def _page(limit: int | None, have: int) -> int:
    return 1_000 if limit is None else max(1, min(1_000, limit - have))


def _content(answer: httpx.Response) -> Any:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    return orjson.loads(answer.content) if kind.endswith(("/json", "+json")) else answer.content
