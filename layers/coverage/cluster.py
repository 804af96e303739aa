"""Cells worked out by a Dask cluster: one pure function, mapped over GeoParquet partitioned by cells.

A worker that is lost takes nothing with it: its portions are files, and another worker reads them again.
Needs the `cluster` extra (dask and distributed).
"""

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from distributed import Client, Future

from layers.coverage import parcels
from layers.coverage.arrangement import Workers
from layers.coverage.portion import Portion
from layers.coverage.work import Worked, work_out

IN_HAND = 4
"""Portions per worker process that are written and under way at a time; bounds memory and disk."""


def work_out_folder(folder: str) -> Worked:
    """Work out the portion in a folder."""
    return work_out(parcels.read(Path(folder)))


def dask_workers(client: Client, folder: Path) -> Workers:
    """Return workers that are a Dask cluster.

    Args:
        client: of the cluster's scheduler.
        folder: where portions are written; every worker must reach it under this path.
    """

    def work(portions: Iterable[Portion]) -> Iterator[Worked]:
        waiting: deque[tuple[Future[Worked], Path]] = deque()
        for number, one in enumerate(portions):
            place = folder / f"portion-{number:06}"
            parcels.write(one, place)
            waiting.append((client.submit(work_out_folder, str(place), pure=False), place))
            if len(waiting) > IN_HAND * max(len(client.nthreads()), 1):
                yield _done(waiting)
        while waiting:
            yield _done(waiting)

    return work


def _done(waiting: "deque[tuple[Future[Worked], Path]]") -> Worked:
    future, place = waiting.popleft()
    found: Worked = future.result()
    future.release()
    for file in place.iterdir():
        file.unlink()
    place.rmdir()
    return found
