"""Beyond one machine: a Dask cluster of several processes says what this process says, also when a worker is lost."""

import os
import signal
import threading
import time

import pytest
from distributed import Client, LocalCluster
from test_moving import history, same_tables

from layers import coverage
from layers.coverage.arrangement import arranged, built
from layers.coverage.cluster import dask_workers

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]
SIZE = 2.0**-9


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1") as cluster,
        Client(cluster) as one,
    ):
        yield one


@pytest.fixture(scope="module")
def embedded():
    return arranged(coverage.Arrangement, history(23, 200), planar=False, size=SIZE)


def test_the_same_figures(client, embedded, tmp_path):
    by_dask = built(embedded, workers=dask_workers(client, tmp_path))
    same_tables(by_dask, embedded)
    day = "2021-01-01"
    assert by_dask.partition(day).equals(embedded.partition(day))
    assert list(tmp_path.iterdir()) == []


def test_a_lost_worker_changes_nothing(client, embedded, tmp_path):
    pids = client.run(os.getpid)
    lost = []

    def lose_one(done, total):
        if done * 3 >= total and not lost:
            lost.append(next(iter(pids.values())))
            os.kill(lost[0], signal.SIGKILL)

    by_dask = built(embedded, workers=dask_workers(client, tmp_path), progress=lose_one)
    assert lost
    same_tables(by_dask, embedded)
    until = time.monotonic() + 30
    while lost[0] in client.run(os.getpid).values() and time.monotonic() < until:
        threading.Event().wait(0.1)
    assert lost[0] not in client.run(os.getpid).values()
