"""What may be done so often in an hour that moves with the clock."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from resolvers.access import SYSTEM
from resolvers.billing import windows
from resolvers.billing.counters import Taken
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.writes import Transaction

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Hours:
    """How often something was done, by a limit of 60 in an hour."""

    def __init__(self, equipment: Equipment) -> None:
        self._context = Context(equipment, SYSTEM)

    async def take(self, number: int, at: datetime) -> bool:
        async def work(write: Transaction) -> Taken | None:
            return await windows.take(write, "a key", number, 60, at)

        return await self._context.written(work) is not None

    async def give_back(self, number: int, at: datetime) -> None:
        async def work(write: Transaction) -> None:
            await windows.give_back(write, "a key", number, at)

        await self._context.written(work)

    async def used(self, at: datetime) -> Taken:
        async def work(write: Transaction) -> Taken:
            return await windows.used(write, "a key", 60, at)

        return await self._context.written(work)


@pytest.fixture
def hours(equipment: Equipment) -> Hours:
    return Hours(equipment)


async def test_of_many_at_once_as_many_pass_as_may(hours: Hours) -> None:
    took = await asyncio.gather(*(hours.take(1, NOON) for _ in range(80)))
    assert sum(took) == 60


@pytest.mark.parametrize("after", [0, 1, 4, 5, 30, 59, 60])
async def test_whatever_the_clock_shows_an_hour_is_sixty_minutes(
    hours: Hours, after: int
) -> None:
    begun = NOON + after * MINUTE
    assert await hours.take(60, begun)
    for passed in range(61):
        assert not await hours.take(1, begun + passed * MINUTE)
    assert await hours.take(60, begun + 65 * MINUTE)


async def test_what_was_done_counts_for_an_hour_and_five_minutes_at_most(
    hours: Hours,
) -> None:
    for quarter in range(4):
        await hours.take(15, NOON + 15 * quarter * MINUTE)
    used = [(await hours.used(NOON + (65 + 15 * n) * MINUTE)).used for n in range(5)]
    assert used == [45, 30, 15, 0, 0]


async def test_what_is_given_back_may_be_done_by_others(hours: Hours) -> None:
    assert await hours.take(60, NOON)
    await hours.give_back(20, NOON)
    assert not await hours.take(21, NOON)
    assert await hours.take(20, NOON)


async def test_there_is_room_for_one_more_as_soon_as_it_is_told(hours: Hours) -> None:
    for quarter in range(4):
        assert await hours.take(15, NOON + 15 * quarter * MINUTE)
    at = (await hours.used(NOON + 50 * MINUTE)).resets_at
    assert not await hours.take(1, at - MINUTE / 100)
    assert await hours.take(15, at)
    assert not await hours.take(1, at)
