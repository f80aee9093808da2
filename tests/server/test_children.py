"""Processes for the models of others: what they may, and how they end."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from compute.artifacts.errors import ArtifactError, Broke
from compute.remote import Remote
from server.children import Children
from server.turns import LONGEST
from tests.server import asking
from tests.waiting import SECONDS, until

pytestmark = pytest.mark.once("sqlite")
MIB = 1024**2


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    children = Children(2, seconds=SECONDS)
    async with asyncio.timeout(4 * SECONDS):
        yield children
    await children.close()


def named(function: Any) -> Remote:
    return Remote(asking.__name__, function.__name__)


WHERE = named(asking.where)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_a_model_keeps_its_process_and_each_has_its_own(
    children: Children,
) -> None:
    first = await children.ask(WHERE, "a")
    assert await children.ask(WHERE, "b") not in {first, os.getpid()}
    assert await children.ask(WHERE, "a") == first


async def test_values_go_there_and_back_and_prints_do_not(children: Children) -> None:
    value = {"text": "é\n", "numbers": [1, 2.5, None], "deep": {"": [True]}}
    assert await children.ask(named(asking.echoed), "a", value) == value


async def test_a_third_model_ends_the_process_that_was_longest_not_asked(
    children: Children,
) -> None:
    first, second = [await children.ask(WHERE, digest) for digest in "ab"]
    assert await children.ask(WHERE, "a") == first
    third = await children.ask(WHERE, "c")
    await until(lambda: not alive(second))
    assert (alive(first), alive(third)) == (True, True)
    assert await children.ask(WHERE, "a") == first


async def test_there_are_never_more_processes_than_may_be(children: Children) -> None:
    slept = named(asking.slept)
    asked = [children.ask(slept, str(digest), 0.1) for digest in range(5)]
    ended = sorted(await asyncio.gather(*asked))
    assert all(later - sooner >= 0.05 for sooner, later in pairwise(ended[::2]))


async def test_many_calls_of_many_models_are_each_answered_with_their_own(
    children: Children,
) -> None:
    echoed = named(asking.echoed)
    calls = [(str(number % 3), number) for number in range(60)]
    asked = (children.ask(echoed, digest, number) for digest, number in calls)
    assert await asyncio.gather(*asked) == list(range(60))


@pytest.mark.parametrize(
    ("function", "given", "why"),
    [
        (asking.slept, [60], "it took longer than 2 s"),
        (asking.large, [1200 * MIB], "it took more memory than it may"),
        (asking.died, [], "it died"),
        (asking.failed, [], "it failed: ZeroDivisionError"),
        (asking.babbled, [17 * MIB], "it said more than 16 MiB"),
        (asking.forged, ["cposix\nsystem\n(S'true'\ntR."], "it died"),
        (asking.forged, ['{"answer": 1, '], "it died"),
        (asking.forged, ["[1]"], "it died"),
    ],
)
async def test_a_process_that_breaks_a_limit_is_replaced_and_harms_no_other(
    function: Any, given: list[Any], why: str
) -> None:
    children = Children(2, seconds=2)
    try:
        broken, other = [await children.ask(WHERE, digest) for digest in "ab"]
        asked = asyncio.create_task(children.ask(named(function), "a", *given))
        assert await children.ask(WHERE, "b") == other
        with pytest.raises(Broke) as caught:
            await asked
        assert str(caught.value) == why
        assert not alive(broken)
        assert await children.ask(WHERE, "a") != broken
        assert await children.ask(WHERE, "b") == other
    finally:
        await children.close()


async def test_those_that_wait_for_a_process_that_breaks_have_the_next(
    children: Children,
) -> None:
    died = asyncio.create_task(children.ask(named(asking.died), "a"))
    waiting = [asyncio.create_task(children.ask(WHERE, "a")) for _ in range(5)]
    assert len(set(await asyncio.gather(*waiting))) == 1
    with pytest.raises(Broke, match=r"^it died$"):
        await died


async def test_one_who_asks_slow_models_holds_up_nobody_else(
    children: Children,
) -> None:
    slept = named(asking.slept)
    slow = [
        asyncio.create_task(children.ask(slept, str(digest), 60, owner="slow"))
        for digest in range(5)
    ]
    async with asyncio.timeout(SECONDS):
        for _ in range(3):
            assert await children.ask(WHERE, "a", owner="quick") != os.getpid()
    assert not any(one.done() for one in slow)
    for one in slow:
        one.cancel()
    await asyncio.wait(slow)


async def test_owners_take_turns_however_much_one_of_them_asks() -> None:
    children = Children(1, seconds=SECONDS)
    slept, ends = named(asking.slept), list[str]()

    async def asked(owner: str) -> None:
        await children.ask(slept, "a", 0.01, owner=owner)
        ends.append(owner)

    owners = [*["many"] * 20, "one", "two"]
    async with asyncio.timeout(SECONDS):
        await asyncio.gather(*map(asked, owners))
    assert set(ends[:4]) == {"many", "one", "two"}
    await children.close()


async def test_only_so_many_calls_of_one_owner_wait(children: Children) -> None:
    slept = named(asking.slept)
    calls = [
        asyncio.create_task(children.ask(slept, "a", 60, owner="many"))
        for _ in range(LONGEST + 1)
    ]
    await asyncio.sleep(0)
    with pytest.raises(Broke, match="too many questions of its owner wait already"):
        await children.ask(WHERE, "a", owner="many")
    assert await children.ask(WHERE, "b", owner="another")
    for one in calls:
        one.cancel()
    await asyncio.wait(calls)
    assert await children.ask(WHERE, "a", owner="many")


async def test_calls_that_are_cancelled_while_they_wait_leave_the_line(
    children: Children,
) -> None:
    slept, chance = named(asking.slept), random.Random(5)  # noqa: S311  the same anew
    calls = [
        asyncio.create_task(children.ask(slept, str(number % 3), 0.02, owner=number))
        for number in range(60)
    ]
    for one in chance.sample(calls, 40):
        await asyncio.sleep(0.005)
        one.cancel()
    await asyncio.wait(calls)
    assert sum(not one.cancelled() for one in calls) >= 20
    assert await children.ask(WHERE, "0")


async def test_a_process_lets_the_server_go_before_it(children: Children) -> None:
    pid = await children.ask(WHERE, "a")
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)


async def test_a_process_that_dies_unasked_is_noticed_before_the_next_call(
    children: Children,
) -> None:
    first = await children.ask(WHERE, "a")
    os.kill(first, 9)
    await until(lambda: not alive(first))
    assert await children.ask(WHERE, "a") != first


async def test_a_call_that_is_cancelled_ends_its_process(children: Children) -> None:
    first = await children.ask(WHERE, "a")
    task = asyncio.create_task(children.ask(named(asking.slept), "a", 60))
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert not alive(first)
    assert await children.ask(WHERE, "a") != first


async def test_a_refusal_comes_back_as_it_is_and_ends_nothing(
    children: Children,
) -> None:
    first = await children.ask(WHERE, "a")
    with pytest.raises(ArtifactError, match=r"^it is odd$"):
        await children.ask(named(asking.unfit), "a", "it is odd")
    assert await children.ask(WHERE, "a") == first


async def test_a_process_knows_no_secrets_and_writes_no_files(
    children: Children, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HELIOGRAPH_SECRET_KEY", "secret-of-ours")
    known = await children.ask(named(asking.surroundings), "a")
    assert "PATH" in known
    assert "secret" not in known.lower()
    with pytest.raises(Broke, match="OSError"):
        await children.ask(named(asking.wrote), "a", str(tmp_path / "file"))


async def test_a_process_has_a_network_of_its_own_where_the_kernel_allows_that(
    children: Children,
) -> None:
    apart = await children.ask(named(asking.network), "a") != asking.network()
    assert apart == await unshares()


async def unshares() -> bool:
    program = "import ctypes, sys; sys.exit(-ctypes.CDLL(None).unshare(0x50000000))"
    process = await asyncio.create_subprocess_exec("python", "-c", program)
    return await process.wait() == 0


async def test_a_process_has_its_libraries_before_it_is_asked() -> None:
    children = Children(1, libraries=["numpy", "there.is.none"])
    try:
        for digest in "ab":
            assert await children.ask(named(asking.imported), digest, "numpy")
    finally:
        await children.close()


async def test_processes_end_with_those_who_asked() -> None:
    children = Children(2)
    pids = [await children.ask(WHERE, digest) for digest in "ab"]
    began = time.monotonic()
    await children.close()
    assert not any(map(alive, pids))
    assert time.monotonic() - began < SECONDS
