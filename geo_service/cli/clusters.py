"""The balance by a Dask cluster: one that runs already, or one of worker processes made for the purpose."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from geo_service.balance import Refused
from geo_service.store.log import Progress
from layers.coverage import Arrangement
from layers.coverage.arrangement import CELL_DEGREES, FRAMES, arranged


def arranged_by_dask(
    frames: Mapping[str, gpd.GeoDataFrame], scheduler: str | None, parts: Path | None, progress: Progress
) -> Arrangement:
    """Arrange version frames on a Dask cluster.

    Args:
        frames: the version frames by layer, in order of recording.
        scheduler: the address of the cluster's scheduler; None makes worker processes here, one for each core.
        parts: the folder that portions are written to; None takes one of this machine's own.
        progress: told how many of how many cells are done.

    Raises:
        Refused: dask is not installed, or no scheduler answers at the address.
    """
    try:
        from distributed import Client, LocalCluster

        from layers.coverage.cluster import dask_workers
    except ImportError:
        raise Refused("--engine dask needs dask and distributed: pip install 'clearway[cluster]'") from None
    layers = {name: frames[name] for name in FRAMES if len(frames[name])}
    with tempfile.TemporaryDirectory(dir=parts, prefix="clearway-") as folder:
        here = {"n_workers": os.cpu_count() or 1, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        try:
            cluster = scheduler or LocalCluster(**here, host="127.0.0.1")
            client = Client(cluster, timeout="10s")
        except (OSError, ValueError) as error:
            raise Refused(f"no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            try:
                workers = dask_workers(client, Path(folder))
                return arranged(
                    Arrangement, layers, planar=False, size=CELL_DEGREES, workers=workers, progress=progress
                )
            finally:
                if not isinstance(cluster, str):
                    cluster.close()
