"""Jobs computed by the workers of a Dask scheduler."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from compute.remote import Remote
from resolvers.errors import Exhausted
from server import cluster, link
from server.cluster import ClusterPools
from server.equipment import equipped
from server.failures import Failure
from server.settings import Settings
from tests.processes import ROOT, alive
from tests.server import computing
from tests.server.clusters import DEATHS, GIB, clustered, everywhere, pooled, port
from tests.waiting import SECONDS, until

pytestmark = pytest.mark.once("sqlite")
ASKING = """
import asyncio, sys
from tests.server.clusters import pooled
from tests.server.test_cluster import Ears, abroad

async def main():
    with pooled(sys.argv[1]) as pools:
        await pools.run(abroad("lengthy"), sys.argv[2], heard=Ears())

asyncio.run(main())
"""


class Ears:
    """Hears how far a computation is."""

    def __init__(self) -> None:
        self.shares: list[float] = []
        self.lines: list[str] = []

    async def __call__(self, share: float, line: str | None) -> None:
        self.shares.append(share)
        self.lines += line.split("\n") if line else []


def abroad(name: str) -> Remote:
    return Remote("tests.server.computing", name, abroad=True)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with clustered() as address:
        yield address


@pytest.fixture
def pools(scheduler: str) -> Iterator[ClusterPools]:
    with pooled(scheduler) as pools:
        yield pools


async def told(marker: Path) -> int:
    """The process that a marker names, once it does."""
    return int(await until(lambda: marker.exists() and marker.read_text()))


async def test_a_job_is_computed_on_the_cluster_and_tells_how_far_it_is(
    pools: ClusterPools,
) -> None:
    ears, lines = Ears(), [f"step {step}" for step in range(9)]
    async with asyncio.timeout(SECONDS):
        assert await pools.run(abroad("telling"), *lines, heard=ears) == lines[-1]
    assert ears.lines == lines
    assert ears.shares[-1] == 8 / 9


async def test_a_job_has_a_process_of_its_own_beside_the_workers(
    pools: ClusterPools, scheduler: str
) -> None:
    async with asyncio.timeout(SECONDS):
        there = await pools.run(abroad("where"), heard=Ears())
    assert there not in {os.getpid(), *everywhere(scheduler, os.getpid)}
    assert not alive(there)


async def test_an_exception_comes_back_as_what_it_was(pools: ClusterPools) -> None:
    async with asyncio.timeout(SECONDS):
        with pytest.raises(ValueError, match="3 is not 4"):
            await pools.run(abroad("unequal"), heard=Ears())
        with pytest.raises(RuntimeError, match="cannot be sent"):
            await pools.run(abroad("unsendable"), heard=Ears())
        with pytest.raises(BrokenProcessPool):
            await pools.run(abroad("fatally"), heard=Ears())


async def test_what_need_not_be_abroad_is_computed_here(pools: ClusterPools) -> None:
    async with asyncio.timeout(SECONDS):
        assert await pools.run(max, 3, 4) == 4
        here = Remote("os", "getppid")
        assert await pools.run(here, heard=Ears()) == os.getpid()


async def test_files_travel_so_no_folder_is_shared(
    pools: ClusterPools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.errand.PART", 1_000)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(4_321))
    async with asyncio.timeout(SECONDS):
        paths = await pools.run(abroad("copied"), source, target, heard=Ears())
    assert target.read_bytes() == source.read_bytes()
    assert not {str(source), str(target)} & set(paths)
    assert not any(map(os.path.exists, paths))


async def test_a_job_on_the_cluster_is_as_shut_in_as_one_here(
    pools: ClusterPools, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asyncio.timeout(SECONDS):
        with pytest.raises(MemoryError):
            await pools.run(abroad("large"), 5 * GIB, heard=Ears())
        apart = await pools.run(abroad("namespace"), heard=Ears())
        known = await pools.run(abroad("environment"), heard=Ears())
        here = await pools.run(computing.namespace)
    assert (apart == computing.namespace()) == (here == computing.namespace())
    assert "PYTHONPATH" not in known


async def test_a_job_that_is_cancelled_ends_its_process_soon(
    pools: ClusterPools, tmp_path: Path
) -> None:
    marker = tmp_path / "cancelled"
    running = pools.run(abroad("lengthy"), str(marker), heard=Ears())
    task = asyncio.create_task(running)
    pid = await told(marker)
    task.cancel()
    await asyncio.wait({task}, timeout=SECONDS)
    assert task.cancelled()
    await until(lambda: not alive(pid))
    async with asyncio.timeout(SECONDS):
        assert await pools.run(abroad("where"), heard=Ears()) != pid


async def test_a_job_whose_listener_gives_up_ends_its_process(
    pools: ClusterPools, tmp_path: Path
) -> None:
    marker = tmp_path / "given up"

    async def hear(share: float, line: str | None) -> None:
        if marker.exists() and marker.read_text():
            raise LookupError("the job is another's now")

    async with asyncio.timeout(SECONDS):
        with pytest.raises(LookupError, match="another's"):
            await pools.run(abroad("lengthy"), str(marker), heard=hear)
    pid = int(marker.read_text())
    await until(lambda: not alive(pid))


async def test_a_job_ends_with_whoever_asked_for_it(
    scheduler: str, tmp_path: Path
) -> None:
    script, marker = tmp_path / "asking.py", tmp_path / "asked"
    script.write_text(ASKING)
    asking = subprocess.Popen(  # noqa: ASYNC220, S603  # our own program
        [sys.executable, script, scheduler, marker],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        pid = await told(marker)
    finally:
        asking.kill()
        asking.wait(SECONDS)
    await until(lambda: not alive(pid))


@pytest.mark.parametrize("sent", [False, True], ids=["without files", "with a file"])
async def test_a_job_that_takes_its_workers_with_it_is_given_up(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sent: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    monkeypatch.setattr(cluster, "ATTEMPTS", DEATHS)
    marker, ears = tmp_path / "marker", Ears()
    given: list[Any] = [marker] if sent else [str(marker)]
    if sent:
        marker.touch()
    with clustered() as one, pooled(one) as pools:
        async with asyncio.timeout(SECONDS):
            with pytest.raises(Exhausted, match="workers of the cluster were lost"):
                await pools.run(abroad("fatal_to_its_parent"), *given, heard=ears)
    assert "its worker was lost; it is begun again" in ears.lines
    assert sent or marker.read_text() == "x" * DEATHS


async def test_a_job_waits_for_a_scheduler_and_outlives_its_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "PAUSE", 0.1)
    monkeypatch.setattr(link, "PATIENCE", 1)
    free, ears, marker = port(), Ears(), tmp_path / "marker"
    with pooled(f"tcp://127.0.0.1:{free}") as pools:
        running = pools.run(abroad("lengthy_at_first"), str(marker), heard=ears)
        task = asyncio.create_task(running)
        await until(lambda: ears.lines)
        assert ears.lines == [cluster.WAITING]
        with clustered(workers=1, port=free):
            pid = await told(marker)
        await until(lambda: not alive(pid))
        await until(lambda: len(ears.lines) > 1)
        assert ears.lines[1] == cluster.WAITING
        with clustered(workers=1, port=free):
            async with asyncio.timeout(SECONDS):
                assert await task == "done"


async def test_a_server_starts_without_its_cluster_but_not_with_a_wrong_address(
    tmp_path: Path,
) -> None:
    def given(scheduler: str) -> Settings:
        return Settings(data=tmp_path, compute_scheduler=scheduler)

    async with equipped(given(f"tcp://127.0.0.1:{port()}")) as equipment:
        assert await equipment.compute.run(max, 3, 4) == 4
    with pytest.raises(Failure, match="HELIOGRAPH_COMPUTE_SCHEDULER will not do"):
        async with equipped(given("somewhere")):
            pass
