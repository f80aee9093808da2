"""Jobs computed by the workers of a Dask scheduler."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest
from distributed import LocalCluster

from compute import progress, sandbox
from server.cluster import ClusterPools

SECONDS = 30


def told(steps: int) -> int:
    """Tell how far it is, and which process it is."""
    for step in range(steps):
        progress.report((step + 1) / steps, f"step {step}")
    return os.getpid()


def broken() -> None:
    raise ValueError("3 is not 4")


@pytest.fixture(scope="module")
def pools() -> Iterator[ClusterPools]:
    one: Any = LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        silence_logs=50,
    )
    with one as cluster:
        pools = ClusterPools(cluster.scheduler_address, 1, sandbox.Limits())
        yield pools
        pools.close()


async def test_a_job_is_computed_on_the_cluster_and_tells_how_far_it_is(
    pools: ClusterPools,
) -> None:
    heard: list[tuple[float, str | None]] = []

    async def hear(share: float, line: str | None) -> None:
        heard.append((share, line))

    async with asyncio.timeout(SECONDS):
        process = await pools.run(told, 3, heard=hear)
    assert process != os.getpid()
    lines = "\n".join(line or "" for _, line in heard).split()
    assert lines == ["step", "0", "step", "1", "step", "2"]


async def test_an_exception_comes_back_as_what_it_was(pools: ClusterPools) -> None:
    async def hear(share: float, line: str | None) -> None:
        pass

    async with asyncio.timeout(SECONDS):
        with pytest.raises(ValueError, match="3 is not 4"):
            await pools.run(broken, heard=hear)


async def test_what_must_be_answered_at_once_is_computed_here(
    pools: ClusterPools,
) -> None:
    async with asyncio.timeout(SECONDS):
        assert await pools.run(max, 3, 4) == 4
