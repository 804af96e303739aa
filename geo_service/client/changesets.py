"""A changeset as the client sees it: what was sent in, its report, and the steps that it takes."""

import html
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from geo_service.client.errors import ClearwayError
from geo_service.client.reading import DEGREES, shapes_of, table_of
from geo_service.client.records import Date
from geo_service.client.transport import Sender, object_of

COLUMNS = ("row", "id", "level", "code", "message")
"""A line of a report: the row of the file, the record, how grave, what in a word and in a sentence."""

COUNTS = ("rows_read", "accepted", "repaired", "unchanged", "rejected", "warnings")

PATIENCE_S = 3_600.0
"""How long is waited for an upload that goes on in the background."""


@dataclass(frozen=True, repr=False)
class Changeset:
    """An upload or edit, as it stood when it was read; each step answers with it as it stands then.

    Attributes:
        body: all that the service says of it.

    Example:
        >>> sent = cw.upload("hazards", frame, message="survey of May", submit=False)  # doctest: +SKIP
        >>> sent.report[sent.report.level == "warning"]  # doctest: +SKIP
        >>> sent = sent.submit()  # then somebody else: cw.changeset(sent.id).approve()  # doctest: +SKIP
    """

    _sender: Sender
    body: Mapping[str, Any]

    @property
    def id(self) -> int | None:
        """Its number; None where it was only tried (`dry_run`)."""
        number: int | None = self.body["id"]
        return number

    @property
    def state(self) -> str:
        """Where it stands: draft, submitted, approved, rejected, processing, failed or cancelled."""
        return str(self.body["state"])

    @property
    def layer(self) -> str:
        """The layer whose records it brings."""
        return str(self.body["layer"])

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were read, accepted (of these repaired, unchanged) and rejected, and how many warnings."""
        return {name: self.body[name] for name in COUNTS if name in self.body}

    @cached_property
    def report(self) -> pd.DataFrame:
        """A line per problem: `row` (in the file), `id`, `level`, `code`, `message`.

        Example:
            >>> cw.upload("hazards", frame, dry_run=True).report  # doctest: +SKIP
        """
        lines = self.body.get("report")
        if lines is None:
            lines = self._sender.json(self._path("report"))["report"]
        frame = pd.DataFrame.from_records(list(lines), columns=list(COLUMNS))
        return frame.astype({"row": "Int64", "id": object, "level": "str", "code": "str", "message": "str"})

    def refreshed(self) -> "Changeset":
        """Return it as it stands now.

        Example:
            >>> cw.changeset(12).refreshed().state  # doctest: +SKIP
        """
        return Changeset(self._sender, self._sender.json(self._path()))

    def wait(self, patience_s: float = PATIENCE_S, sleep: Callable[[float], None] = time.sleep) -> "Changeset":
        """Return it when it no longer goes on in the background.

        Raises:
            ClearwayError: it still does after `patience_s` seconds.

        Example:
            >>> cw.upload("hazards", "all.gpkg", wait=False).wait(600).counts  # doctest: +SKIP
        """
        now, waited, pause = self, 0.0, 0.2
        while now.state == "processing":
            if waited >= patience_s:
                raise ClearwayError(
                    f"Changeset {self.id} is still worked on after {patience_s:g} seconds.",
                    advice=f"Look again later: changeset({self.id}).",
                )
            sleep(pause)
            waited, pause = waited + pause, min(2.0, pause * 1.5)
            now = now.refreshed()
        return now

    def submit(self) -> "Changeset":
        """Hand a draft in for review.

        Raises:
            Conflict: it is no draft.

        Example:
            >>> cw.changeset(12).submit().state  # doctest: +SKIP
            'submitted'
        """
        return self._step("submit")

    def approve(self) -> "Changeset":
        """Approve it: its versions hold from now.

        Raises:
            Conflict: it was not submitted.
            NotAllowed: by role, or because it is the author's own where review is on.

        Example:
            >>> cw.changeset(12).approve().body["recorded_at"]  # doctest: +SKIP
        """
        return self._step("approve")

    def reject(self) -> "Changeset":
        """Reject it; it stays readable.

        Raises:
            Conflict: it was not submitted.
            NotAllowed: by role.

        Example:
            >>> cw.changeset(12).reject().state  # doctest: +SKIP
            'rejected'
        """
        return self._step("reject")

    def cancel(self) -> "Changeset":
        """Stop an upload that goes on in the background; nothing of it is kept.

        Example:
            >>> cw.upload("hazards", "all.gpkg", wait=False).cancel().state  # doctest: +SKIP
            'cancelled'
        """
        return self._step("cancel")

    def reverse(self, message: str = "", valid_from: Date | None = None) -> "Changeset":
        """Take it back by a new changeset, which restores what was in force before; nothing recorded is undone.

        Args:
            message: why.
            valid_from: from when on, default today.

        Example:
            >>> cw.changeset(12).reverse("wrong village").id  # doctest: +SKIP
            13
        """
        return self._step("reverse", {"message": message, "valid_from": valid_from})

    def diff(self, as_of: Date | None = None) -> gpd.GeoDataFrame:
        """Return what it adds, changes and removes.

        Args:
            as_of: ground date of the balance beside it, default today.

        Returns:
            A row per record: `diff` (added, changed, removed), `m2_before`, `m2_after`, `changed` fields with
            `before` and `after`, `geometry_before`; EPSG:4326. `attrs["balance"]` is the balance before and after.

        Example:
            >>> found = cw.changeset(12).diff()  # doctest: +SKIP
            >>> found[["id", "diff", "m2_before", "m2_after"]]  # doctest: +SKIP
        """
        answer = self._sender.json(self._path("diff"), {"as_of": as_of})
        names = ("id", "layer", "diff", "valid_from", "m2_before", "m2_after", "changed", "before", "after")
        frame = shapes_of(answer, names)
        before = [one["geometry_before"] for one in answer["features"]]
        texts = [None if one is None else orjson.dumps(one).decode() for one in before]
        shapes = shapely.from_geojson(np.array(texts, dtype=object))
        frame["geometry_before"] = gpd.GeoSeries(shapes, crs=DEGREES, index=frame.index)
        return frame

    def history(self) -> pd.DataFrame:
        """Return its steps as the hash chain has them: who, when, and the hash up to each.

        Example:
            >>> cw.changeset(12).history()[["at", "actor", "step"]]  # doctest: +SKIP
        """
        return table_of(self._sender.json(self._path("history")), "history")

    def _path(self, *more: str) -> str:
        if self.id is None:
            raise ValueError("It was only tried (dry_run), and nothing of it was kept: upload it first.")
        return "/".join(("/changesets", str(self.id), *more))

    def _step(self, name: str, body: object = None) -> "Changeset":
        return Changeset(self._sender, object_of(self._sender.write(self._path(name), body=body)))

    def __repr__(self) -> str:
        """Return what it is in a line."""
        name = "tried only" if self.id is None else f"changeset {self.id}"
        counts = ", ".join(f"{value} {label.replace('_', ' ')}" for label, value in self.counts.items())
        return f"<{name}: {self.layer}, {self.state}; {counts}>"

    def _repr_html_(self) -> str:
        lines = self.report if self.state != "processing" else pd.DataFrame()
        shown = lines.head(20).to_html(index=False, escape=True, border=0) if len(lines) else "<p>no problems</p>"
        more = f"<p>and {len(lines) - 20:,} more lines: .report</p>" if len(lines) > 20 else ""
        reason = f"<p>{html.escape(str(self.body['reason']))}</p>" if self.body.get("reason") else ""
        return f"<p>{html.escape(repr(self)[1:-1])}</p>{reason}{shown}{more}"
