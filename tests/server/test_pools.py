"""Processes that compute: what comes back, and how they end."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from compute.sandbox import Limits
from server import pools
from server.pools import LocalPools
from tests.server import computing
from tests.waiting import SECONDS, until

ROOT = Path(__file__).parents[2]
GIB = 1 << 30
UNSHARED = "import ctypes; print(ctypes.CDLL(None).unshare(0x50000000))"
PARENT = """
import asyncio, sys
from server.pools import LocalPools
from tests.server import computing

async def heard(share, line): pass

async def main():
    pools = LocalPools(1)
    quick, alone = sys.argv[1:]
    asyncio.ensure_future(pools.run(computing.lengthy, alone, heard=heard))
    await pools.run(computing.lengthy, quick)

if __name__ == "__main__":
    asyncio.run(main())
"""


class Ears:
    """Hears how far a computation is; may have had enough."""

    def __init__(self, most: int | None = None) -> None:
        self.shares: list[float] = []
        self.lines: list[str] = []
        self._most = most

    async def __call__(self, share: float, line: str | None) -> None:
        self.shares.append(share)
        self.lines += line.split("\n") if line else []
        if self._most is not None and len(self.shares) > self._most:
            raise TimeoutError("that is enough")


@pytest.fixture
def pool() -> Iterator[LocalPools]:
    pool = LocalPools(1, Limits(memory=4 * GIB))
    yield pool
    pool.close()


@pytest.fixture(autouse=True)
def within_reason() -> Iterator[None]:
    signal.alarm(2 * int(SECONDS))
    yield
    signal.alarm(0)


def alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def told(marker: Path) -> int:
    """The process that a marker names, once it does."""
    return int(await until(lambda: marker.exists() and marker.read_text()))


async def gone(pid: int, within: float = 5) -> None:
    await until(lambda: not alive(pid), within)


@pytest.mark.parametrize("ears", [None, Ears()], ids=["quick", "job"])
async def test_a_result_and_an_exception_come_back_as_they_are(
    pool: LocalPools, ears: Ears | None
) -> None:
    there = await pool.run(computing.where, heard=ears)
    assert there != os.getpid()
    assert await pool.run(computing.where, heard=ears) == there
    with pytest.raises(computing.Odd) as caught:
        await pool.run(computing.wrong, 7, heard=ears)
    assert (caught.value.reason, caught.value.place) == ("it is odd", 7)


async def test_every_line_is_heard_by_whoever_had_it_computed(pool: LocalPools) -> None:
    for number in range(20):
        ears = Ears()
        lines = [f"{number} {place}" for place in range(5)]
        assert await pool.run(computing.telling, *lines, heard=ears) == lines[-1]
        assert ears.lines == lines
        assert ears.shares[-1] == 0.8


async def test_a_job_that_is_cancelled_ends_its_process_at_once(
    pool: LocalPools, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    marker = tmp_path / "cancelled"
    task = asyncio.create_task(pool.run(computing.lengthy, str(marker), heard=Ears()))
    pid = await told(marker)
    task.cancel()
    await asyncio.wait({task}, timeout=1)
    assert task.cancelled()
    await gone(pid, 1)
    assert await pool.run(computing.where, heard=Ears()) != pid
    assert not caplog.records


async def test_a_job_whose_listener_gives_up_ends_its_process(
    pool: LocalPools, tmp_path: Path
) -> None:
    marker = tmp_path / "given up"
    with pytest.raises(TimeoutError, match="that is enough"):
        await pool.run(computing.lengthy, str(marker), heard=Ears(most=0))
    if marker.exists():
        await gone(int(marker.read_text() or 0), 1)


async def test_a_process_that_dies_is_replaced_and_the_call_repeated(
    pool: LocalPools, tmp_path: Path
) -> None:
    marker = str(tmp_path / "died")
    assert await pool.run(computing.fatal, marker) == "survived"
    first = await pool.run(computing.where)
    os.kill(first, signal.SIGKILL)
    await gone(first)
    assert await pool.run(computing.where) != first
    with pytest.raises(BrokenProcessPool):
        await pool.run(computing.fatally)
    assert await pool.run(computing.where)


async def test_a_job_whose_process_dies_fails_and_the_next_has_another(
    pool: LocalPools,
) -> None:
    with pytest.raises(BrokenProcessPool):
        await pool.run(computing.fatally, heard=Ears())
    assert await pool.run(computing.where, heard=Ears())


async def test_processes_are_replaced_in_time_and_lose_no_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pools, "LIFETIME", 5)
    pool = LocalPools(2)
    async with asyncio.timeout(SECONDS):
        calls = (pool.run(computing.where) for _ in range(23))
        seen = await asyncio.gather(*calls)
        alone = [await pool.run(computing.where, heard=Ears()) for _ in range(7)]
    pool.close()
    assert len(set(seen)) >= 5
    assert len(set(alone)) == 2


@pytest.mark.parametrize("ears", [None, Ears()], ids=["quick", "job"])
async def test_more_memory_than_is_allowed_is_an_error_and_no_death(
    pool: LocalPools, ears: Ears | None
) -> None:
    with pytest.raises(MemoryError):
        await pool.run(computing.large, 5 * GIB, heard=ears)
    assert await pool.run(computing.large, GIB // 8, heard=ears) == GIB // 8


async def test_a_process_has_no_network_where_the_kernel_allows_that(
    pool: LocalPools,
) -> None:
    done = subprocess.run(  # noqa: ASYNC221, S603  # what this kernel allows
        [sys.executable, "-c", UNSHARED],
        capture_output=True,
        check=True,
        timeout=SECONDS,
    )
    apart = await pool.run(computing.namespace) != computing.namespace()
    assert apart == (done.stdout.strip() == b"0")


async def test_a_process_knows_no_secrets(
    pool: LocalPools, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HELIOGRAPH_SECRET", "AWS_SECRET_ACCESS_KEY", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    known = set(await pool.run(computing.environment))
    assert "OMP_NUM_THREADS" in known
    assert not {"HELIOGRAPH_SECRET", "AWS_SECRET_ACCESS_KEY"} & known


async def test_processes_die_with_whoever_began_them(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    quick, alone = tmp_path / "quick", tmp_path / "alone"
    parent = subprocess.Popen(  # noqa: ASYNC220, S603  # our own program
        [sys.executable, script, quick, alone],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    pids = [await told(quick), await told(alone)]
    parent.kill()
    parent.wait(SECONDS)
    began = time.monotonic()
    for pid in pids:
        await gone(pid)
    assert time.monotonic() - began < 2
