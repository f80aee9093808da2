"""Maps whose pairs are spread over the workers of a Dask scheduler."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compute.parameters import Parameters
from compute.remote import FIT
from compute.results import Fitted
from compute.sandbox import Limits
from compute.tables.arrow import pa, parquet
from server.cluster import ClusterPools
from server.pools import LocalPools
from tests.compute.spectra import spectra
from tests.server.clusters import GIB, clustered, everywhere, held, kill, pooled, tasks
from tests.waiting import SECONDS, until

pytestmark = pytest.mark.once("sqlite")

WIDTH = 24
NAMES = [f"f_{n}" for n in range(WIDTH)]
FEW = Parameters(imax=8)
"""Evaluations of each descent; from 1,001 rows on there are two."""
LONGER = Parameters(imax=15)


class Ears:
    """Hears how far a map is, and does something when it is on its way."""

    def __init__(self, act: Any = None) -> None:
        self._act = act

    async def __call__(self, share: float, line: str | None) -> None:
        if self._act and share > 0.12:
            act, self._act = self._act, None
            await asyncio.to_thread(act)


@pytest.fixture
def pools(scheduler: str) -> Iterator[ClusterPools]:
    with pooled(scheduler, spread=1_000) as pools:
        yield pools


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPools]:
    """This machine, with one thread for a product of matrices, as workers have it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    pools = LocalPools(1, Limits(memory=4 * GIB))
    yield pools
    pools.close()


def table(folder: Path, rows: int, seed: int = 0) -> Path:
    path = folder / f"{rows}.parquet"
    columns = spectra(rows, width=WIDTH, seed=seed).T
    parquet.write_table(pa.table(dict(zip(NAMES, columns, strict=True))), path)
    return path


async def fitted(
    pools: LocalPools, source: Path, chosen: Parameters = FEW, act: Any = None
) -> tuple[Fitted, bytes]:
    target = source.with_suffix(".reference")
    target.unlink(missing_ok=True)
    async with asyncio.timeout(2 * SECONDS):
        found = await pools.run(FIT, source, NAMES, chosen, target, heard=Ears(act))
    return found, target.read_bytes()


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        (999, FEW),
        (1_001, FEW),
        (1_400, FEW),
        (1_200, Parameters(imax=20, optimizer="adam", seed=3)),
    ],
    ids=["whole", "just spread", "spread", "by Adam"],
)
async def test_a_map_is_the_same_wherever_it_is_made(
    pools: ClusterPools, here: LocalPools, tmp_path: Path, rows: int, chosen: Parameters
) -> None:
    source = table(tmp_path, rows, seed=rows)
    assert await fitted(pools, source, chosen) == await fitted(here, source, chosen)


async def test_nothing_of_a_map_is_left_on_the_workers(
    pools: ClusterPools, scheduler: str, tmp_path: Path
) -> None:
    seen: list[int] = []
    source = table(tmp_path, 1_200)
    await fitted(
        pools, source, LONGER, lambda: seen.extend(everywhere(scheduler, held))
    )
    assert min(seen) > 1
    await until(lambda: not any(everywhere(scheduler, held)))


@pytest.mark.parametrize("place", [0, 1])
async def test_a_map_is_the_same_though_a_worker_is_killed_meanwhile(
    here: LocalPools, tmp_path: Path, place: int
) -> None:
    source = table(tmp_path, 1_200)
    with clustered() as one, pooled(one, spread=1_000) as pools:
        killed = await fitted(pools, source, LONGER, lambda: kill(one, place))
    assert killed == await fitted(here, source, LONGER)


async def test_a_map_that_is_stopped_leaves_the_workers_idle(
    pools: ClusterPools, scheduler: str, tmp_path: Path
) -> None:
    source, endless = table(tmp_path, 1_200), Parameters(gamma0=0, imax=100_000)
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    act = lambda: loop.call_soon_threadsafe(begun.set)  # noqa: E731  # it is this short
    task = asyncio.create_task(fitted(pools, source, endless, act))
    async with asyncio.timeout(SECONDS):
        await begun.wait()
    task.cancel()
    await asyncio.wait({task}, timeout=SECONDS)
    assert task.cancelled()
    await until(lambda: not any(everywhere(scheduler, tasks)))
