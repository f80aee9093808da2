"""A server of several processes, looked at from outside."""

import os
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.processes import Server, alive
from tests.waiting import SECONDS, until, until_told


def children(server: Server) -> dict[str, int]:
    """The processes that a server began, by what they are called."""
    return {place.name: pid for place, pid in places(server).items()}


def home(server: Server) -> Path:
    """The folder that its processes have in common."""
    return next(iter(places(server))).parent


def places(server: Server) -> dict[Path, int]:
    found: dict[Path, int] = {}
    for pid in server.family():
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "--member" in words:
                found[Path(words[words.index("--member") + 1])] = pid
    return found


async def get(url: str, **asked: Any) -> httpx.Response:
    """An answer over a connection of its own, so by any of the processes."""
    async with httpx.AsyncClient(timeout=SECONDS) as http:
        return await http.request("POST" if asked else "GET", url, **asked)


async def counted(url: str) -> dict[str, int]:
    """How many requests each process has answered."""
    found: dict[str, int] = Counter()
    for family in text_string_to_metric_families((await get(f"{url}/metrics")).text):
        for sample in family.samples:
            if sample.name == "heliograph_requests_total":
                found[sample.labels["process"]] += int(sample.value)
            elif sample.name == "process_start_time_seconds":
                found[sample.labels["process"]] += 0
    return dict(found)


async def kill(server: Server, name: str) -> None:
    """Kill one of its processes, and see that it is gone."""
    pid = children(server)[name]
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not alive(pid))


async def whole(server: Server, processes: int = 3) -> None:
    """Wait until so many processes are there, and tell what they have counted."""

    async def there() -> bool:
        return len(await counted(server.url)) == processes

    await until(lambda: len(children(server)) == processes)
    await until_told(there)
