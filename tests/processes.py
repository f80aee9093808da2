"""Servers in processes of their own, which may be killed."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.waiting import SECONDS, until

ROOT = Path(__file__).parents[1]
FREELY: dict[str, Any] = {
    "points_signed_in": "1000000000",
    "points_anonymous": "1000000000",
}
"""Settings of a server that is asked more than one client may ask."""


class Server:
    """A server that runs; `log` is what it writes to standard error."""

    def __init__(self, process: Process, url: str, log: Path) -> None:
        self.process, self.url, self.log = process, url, log

    def family(self) -> list[int]:
        """The processes that it began, and those that they began."""
        return descendants(self.process.pid)

    def memory(self) -> int:
        """Bytes that it has in memory, without those of its children."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s*(\d+) kB", status)
        return int(found[1]) * 1024 if found else 0

    async def kill(self) -> None:
        """Kill it, and see that nothing of it is left. Raises TimeoutError."""
        family = self.family()
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.gone(family)

    async def gone(self, family: list[int]) -> None:
        """Wait until it has ended by itself, with the processes that it began."""
        async with asyncio.timeout(SECONDS):
            await self.process.wait()
        await until(lambda: not any(map(alive, family)), 10)


async def started(
    data: Path, *arguments: str, database: str | None = None, **settings: str
) -> Server:
    """A server on a free port once it has begun; its data are in a folder."""
    log = data.parent / f"{data.name}.log"
    given = {"data": str(data), "database_url": database or "", **settings}
    process = await run(
        "serve", "--port", "0", "--migrate", *arguments, settings=given, to=log
    )
    assert process.stdout
    async with asyncio.timeout(SECONDS):
        said = (await process.stdout.readline()).decode()
    assert said, log.read_text()[-2_000:]
    found = re.search(r"http://[^/]+", said)
    return Server(process, found.group() if found else "", log)


@asynccontextmanager
async def serving(
    data: Path, *arguments: str, database: str | None = None, **settings: str
) -> AsyncGenerator[Server]:
    """A server that is killed in the end, unless it ended before."""
    server = await started(data, *arguments, database=database, **settings)
    try:
        yield server
    finally:
        if server.process.returncode is None:
            await server.kill()


async def run(
    *arguments: str, settings: Mapping[str, str], to: Path = Path(os.devnull)
) -> Process:
    """A command of the server's, with some settings."""
    given = {f"HELIOGRAPH_{name.upper()}": value for name, value in settings.items()}
    with to.open("ab") as errors:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "server", *arguments),
            cwd=ROOT,
            env={**os.environ, **given},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=errors,
        )


async def killed(process: Process) -> bool:
    """Whether a process that is about to end was killed."""
    async with asyncio.timeout(SECONDS):
        return await process.wait() == -signal.SIGKILL


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, (task / "children").read_text().split())
    return found + [further for one in found for further in descendants(one)]
