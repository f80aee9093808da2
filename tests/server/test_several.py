"""Several processes at one port, and who looks after them."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.commands.several import check
from server.failures import Failure
from server.listening import listener, reserved
from server.lots import HELD
from server.settings import Settings
from server.stopping import DRAIN
from tests import instances
from tests.crashing import survived
from tests.families import children, counted, get, home, kill, whole
from tests.processes import FREELY, Server, run, serving
from tests.waiting import SECONDS, until, until_told

pytestmark = pytest.mark.once("postgresql")

CHEAP = {"query": "{ __typename }"}
"""Costs a point."""
POINTS = 100
SCARCE = {**FREELY, "points_anonymous": str(POINTS), "stop_notice": "0"}
SCARCE["points_anonymous_a_second"] = "0.000001"


@pytest.fixture
async def shared(
    apart: str | None, tmp_path: Path, redis_url: str
) -> AsyncIterator[dict[str, Any]]:
    """A PostgreSQL and a Redis, as the settings of whoever shares them."""
    if apart:
        yield {"database": apart, "redis_url": redis_url, **SCARCE}
        return
    with instances.postgresql(tmp_path / "cluster") as url:
        yield {"database": url, "redis_url": redis_url, **SCARCE}


async def stopped(server: Server) -> int:
    """How a server ends that is told to stop; fails if something of it is left."""
    family = server.family()
    server.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(DRAIN):
        code = await server.process.wait()
    await server.gone(family)
    return code


async def test_several_processes_answer_at_one_port_and_share_what_one_may_ask(
    tmp_path: Path, shared: dict[str, Any]
) -> None:
    async with serving(tmp_path / "data", "--processes", "2", **shared) as server:
        url = server.url
        assert {*children(server)} == {"web-1", "web-2", "worker"}
        passed = 0
        for _ in range(3):  # what a process had left goes back to all meanwhile
            asked = [get(f"{url}/graphql", json=CHEAP) for _ in range(POINTS)]
            statuses = [one.status_code for one in await asyncio.gather(*asked)]
            assert {*statuses} <= {200, 429}
            passed += statuses.count(200)
            await asyncio.sleep(2 * HELD)
        assert passed == POINTS
        answered = await counted(url)
        assert {*answered} == {"web-1", "web-2", "worker"}
        assert answered["web-1"] > 0
        assert answered["web-2"] > 0
        assert answered["worker"] == 0
        await replaced(server, "web-2")
        await replaced(server, "worker")
        assert await stopped(server) == 0
    assert "Traceback" not in server.log.read_text()


async def replaced(server: Server, name: str) -> None:
    """Kill a process: another takes its place, and meanwhile the others answer."""
    before = children(server)
    await kill(server, name)
    ended = f"{name} ended with -9"  # and no thread of it has its socket any more
    await until(lambda: ended in server.log.read_text())
    for _ in range(10):
        assert (await get(f"{server.url}/readyz")).status_code == 200
    await whole(server)
    after = children(server)
    assert after[name] != before[name]
    assert {**after, name: 0} == {**before, name: 0}


async def test_a_second_signal_ends_all_processes_at_once(
    tmp_path: Path, shared: dict[str, Any]
) -> None:
    given = {**shared, "stop_notice": "600"}
    arguments = ("--processes", "2", "--only", "web")
    async with serving(tmp_path / "data", *arguments, **given) as server:
        assert {*children(server)} == {"web-1", "web-2"}
        family = server.family()
        server.process.send_signal(signal.SIGTERM)

        async def heard() -> bool:
            return (await get(f"{server.url}/readyz")).status_code == 503

        await until_told(heard)
        server.process.send_signal(signal.SIGTERM)
        await server.gone(family)
        assert server.process.returncode == -signal.SIGTERM


async def test_processes_whose_parent_is_killed_stop_by_themselves(
    tmp_path: Path, shared: dict[str, Any]
) -> None:
    arguments = ("--processes", "2", "--only", "web")
    async with serving(tmp_path / "data", *arguments, **shared) as server:
        family, folder = server.family(), home(server)
        server.process.kill()
        await server.gone(family)
        assert not folder.exists()
    log = server.log.read_text()
    assert log.count("stopping; ") == log.count('"stopped"') == 2


async def test_a_process_that_cannot_begin_ends_the_others_too(
    tmp_path: Path, shared: dict[str, Any]
) -> None:
    given = {**shared, "data": str(tmp_path / "data"), "redis_url": "unix:///nowhere"}
    given["database_url"] = given.pop("database")
    log = tmp_path / "log"
    words = ("serve", "--processes", "2", "--port", "0", "--migrate")
    process = await run(*words, settings=given, to=log)
    async with asyncio.timeout(SECONDS):
        assert await process.wait() == 1
    said = log.read_text()
    assert "heliograph: redis cannot be reached" in said
    assert "ended before it was ready" in said.splitlines()[-1]


async def test_processes_that_are_killed_at_work_lose_nothing_that_was_promised(
    tmp_path: Path, shared: dict[str, Any]
) -> None:
    seed = secrets.randbelow(10_000)
    place = shared["database"], 2, seed, shared["redis_url"]
    load = await survived(tmp_path / "data", *place)
    assert load.rows > 0, seed
    assert load.runs, seed
    assert load.uploads, seed


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "HELIOGRAPH_PROCESSES 2 will not do with the embedded database"),
        ("postgresql://u@h/x", "2 will not do without HELIOGRAPH_REDIS_URL"),
    ],
)
def test_what_processes_cannot_share_is_refused(url: str | None, said: str) -> None:
    with pytest.raises(Failure, match=said):
        check(Settings(processes=2, database_url=url))


def test_a_port_is_shared_by_those_who_may_and_by_nobody_else() -> None:
    taken = pytest.raises(Failure, match="cannot be had")
    with (
        reserved("127.0.0.1", 0) as port,
        listener("127.0.0.1", port, shared=True),
        listener("127.0.0.1", port, shared=True),
    ):
        with taken:
            listener("127.0.0.1", port)
        with taken, reserved("127.0.0.1", port):
            pass
