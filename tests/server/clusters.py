"""Clusters of a scheduler and workers on this machine."""

import os
import secrets
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

import dask.config
from distributed import Client, LocalCluster

from compute.sandbox import Limits
from server.cluster import ClusterPools
from tests.waiting import SECONDS

GIB = 1 << 30
DEATHS = 2
"""Workers that may die over one piece of work before the cluster gives it up."""


@contextmanager
def clustered(workers: int = 2, port: int = 0) -> Generator[str]:
    """The address of a scheduler that has so many workers of one thread each."""
    settings = {"distributed.scheduler.allowed-failures": DEATHS - 1}
    with dask.config.set(settings):
        one: Any = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            scheduler_port=port,
            silence_logs=50,
        )
        with one as cluster:
            yield cluster.scheduler_address


@contextmanager
def pooled(scheduler: str, spread: int = 100) -> Generator[ClusterPools]:
    """Pools that compute on a cluster."""
    pools = ClusterPools(scheduler, 1, Limits(memory=4 * GIB), spread)
    try:
        yield pools
    finally:
        pools.close()


def everywhere(scheduler: str, function: Callable[..., Any]) -> list[Any]:
    """What a function gives on each of the workers, once both are there."""
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=SECONDS)
        found: Any = client.run(function)
    return [found[place] for place in sorted(found)]


def held(dask_worker: Any) -> int:
    """How much a worker keeps for others."""
    return len(dask_worker.data)


def tasks(dask_worker: Any) -> int:
    """How much a worker does, keeps or knows of."""
    return len(dask_worker.state.tasks)


def kill(scheduler: str, place: int) -> None:
    """Kill one of the workers."""
    os.kill(everywhere(scheduler, os.getpid)[place], signal.SIGKILL)


def port() -> int:
    """One that nobody listens on, and below those that connections are given."""
    while True:
        number = 20_000 + secrets.randbelow(10_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", number)):
            return number
