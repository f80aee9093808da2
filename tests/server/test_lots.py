"""Points that several processes share: in lots, from one bucket in Redis."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from unittest import mock

import pytest
from redis.asyncio import Redis

from resolvers.errors import RateLimited
from server import lots
from server.buckets import Bucket, Buckets, Rate
from server.lots import RedisBuckets
from tests import instances
from tests.waiting import until_told

NEVER = 1e-9
"""Points that come back in a second: none within a test."""
Process = Callable[[], RedisBuckets]


@pytest.fixture
async def process(redis_url: str) -> AsyncIterator[Process]:
    """The buckets as a process sees them; each call is one more process."""
    made: list[RedisBuckets] = []

    def process() -> RedisBuckets:
        made.append(RedisBuckets(redis_url))
        return made[-1]

    yield process
    for one in made:
        await one.close()


async def paid(waiting: Awaitable[None] | None) -> None:
    async with asyncio.timeout(10):
        if waiting:
            await waiting


async def takes(buckets: Buckets, points: float, rate: Rate, whose: str = "a") -> bool:
    """Whether somebody may spend some points."""
    try:
        await paid(buckets.take(whose, points, rate))
    except RateLimited:
        return False
    return True


async def all_of(processes: list[RedisBuckets], rate: Rate) -> int:
    """How often somebody may spend a point, by whichever process lets them."""
    spent = 0
    while True:
        let = [await takes(one, 1, rate) for one in processes]
        spent += sum(let)
        if not any(let):
            return spent


@pytest.mark.parametrize("capacity", [7, 100, 2_000])
async def test_several_processes_let_pass_what_one_would(
    capacity: int, process: Process
) -> None:
    assert await all_of([process(), process(), process()], Rate(capacity, NEVER)) == (
        capacity
    )


@pytest.mark.parametrize("seed", range(5))
async def test_they_never_let_pass_more_whoever_asks_for_whatever_at_once(
    seed: int, process: Process
) -> None:
    chance, rate = random.Random(seed), Rate(500, NEVER)  # noqa: S311  to be repeatable
    processes = [process(), process()]
    asked = [(chance.choice(processes), chance.randint(1, 30)) for _ in range(200)]
    passed = await asyncio.gather(*(takes(one, many, rate) for one, many in asked))
    spent = sum(many for (_, many), let in zip(asked, passed, strict=True) if let)
    assert spent <= 500
    assert spent + await all_of(processes, rate) == 500


async def test_each_has_points_of_their_own(process: Process) -> None:
    one, rate = process(), Rate(10, NEVER)
    assert await takes(one, 10, rate, "a")
    assert not await takes(one, 1, rate, "a")
    assert await takes(one, 10, rate, "b")


async def test_points_that_are_given_back_may_be_spent_by_any_process(
    process: Process,
) -> None:
    one, other, rate = process(), process(), Rate(100, NEVER)
    assert await takes(one, 100, rate)
    assert not await takes(other, 1, rate)
    one.give("a", 60, rate)
    assert one.missing("a", rate) == pytest.approx(40)

    async def returned() -> bool:
        return await takes(other, 60, rate)

    await until_told(returned)
    assert await all_of([one, other], rate) == 0


async def test_points_are_given_back_to_where_they_were_taken_without_redis(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, rate = process(), Rate(10, NEVER)
    monkeypatch.setattr(one, "_failed", True)
    monkeypatch.setattr(one, "_again", float("inf"))
    assert await takes(one, 10, rate)
    assert not await takes(one, 1, rate)
    one.give("a", 4, rate)
    assert one.missing("a", rate) == pytest.approx(6)
    assert await takes(one, 4, rate)


async def test_more_than_there_can_be_costs_all_there_is(process: Process) -> None:
    one, rate = process(), Rate(10, NEVER)
    assert await takes(one, 1_000, rate)
    assert not await takes(one, 1, rate)


async def test_points_come_back_as_they_do_in_one_process(process: Process) -> None:
    one, rate, alone = process(), Rate(20, 40), Bucket()
    assert await takes(one, 20, rate)
    alone.spend(20, rate)
    with pytest.raises(RateLimited) as late:
        await paid(one.take("a", 10, rate))
    with pytest.raises(RateLimited) as expected:
        alone.spend(10, rate)
    assert late.value.retry_after == pytest.approx(expected.value.retry_after, abs=0.2)
    await asyncio.sleep(late.value.retry_after)
    assert await takes(one, 10, rate)


async def test_what_is_not_spent_of_a_lot_goes_back(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "HELD", 0.05)
    one, other, rate = process(), process(), Rate(2_000, NEVER)
    assert await takes(one, 1, rate)

    async def back() -> bool:
        return await takes(other, 1_999, rate)

    await until_told(back, 10)
    assert not await takes(one, 1, rate)


async def test_a_process_that_stops_gives_back_what_it_has(process: Process) -> None:
    one, other, rate = process(), process(), Rate(2_000, NEVER)
    assert await takes(one, 1, rate)
    assert not await takes(other, 1_999, rate)
    await one.close()
    assert await takes(process(), 1_999, rate)


async def test_what_is_spent_of_a_lot_and_what_is_refused_asks_redis_nothing(
    process: Process, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "HELD", 60)
    one, rate = process(), Rate(2_000, NEVER)
    async with Redis.from_url(redis_url) as redis:

        async def calls() -> int:
            return (await redis.info("stats"))["total_commands_processed"]

        assert await takes(one, 1, rate)
        before = await calls()
        assert [one.take("a", 1, rate) for _ in range(99)] == [None] * 99
        assert await calls() == before + 1
        assert not await takes(one, 2_000, rate)
        before = await calls()
        for _ in range(50):
            assert not await takes(one, 2_000, rate)
        assert await calls() == before + 1


async def test_those_who_ask_at_once_are_asked_for_together(process: Process) -> None:
    one, rate = process(), Rate(100, NEVER)
    with mock.patch.object(one, "_script", wraps=one._script) as script:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        asked = [takes(one, 1, rate, str(number)) for number in range(300)]
        assert all(await asyncio.gather(*asked))
    assert script.call_count <= 2


async def test_who_leaves_while_redis_is_asked_takes_nothing_from_the_others(
    process: Process,
) -> None:
    one, rate = process(), Rate(100, NEVER)
    leaves, stays = (asyncio.create_task(takes(one, 1, rate)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays
    assert await all_of([one], rate) == 99


async def test_while_redis_is_away_a_process_counts_alone_and_then_again_with_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "PAUSE", 0.2)
    rate = Rate(10, NEVER)
    one = RedisBuckets(f"unix://{tmp_path}/redis.sock")
    with caplog.at_level(logging.ERROR):
        assert await all_of([one], rate) == 10
        assert await takes(one, 10, rate, "b")
    assert len([line for line in caplog.messages if "redis is away" in line]) == 1
    with instances.redis(tmp_path):
        await asyncio.sleep(0.3)
        assert await all_of([one], rate) == 10
        await one.close()
