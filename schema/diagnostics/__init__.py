"""A part of the schema for testing, in which things go wrong on purpose."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import count
from typing import Annotated

import strawberry

from resolvers.errors import BadRequest

LONGEST = 3600.0
"""Seconds between two numbers."""
Interval = Annotated[float, strawberry.argument(description="Seconds between numbers.")]
Numbers = Annotated[int, strawberry.argument(description="How many numbers.")]

_running: set[object] = set()


async def _counting(interval: float) -> AsyncGenerator[int]:
    """The numbers from 1, for ever."""
    if not 0 <= interval <= LONGEST:
        raise BadRequest(f"an interval is 0 to {LONGEST:g} seconds, not {interval:g}")
    _running.add(this := object())
    try:
        for number in count(1):
            yield number
            await asyncio.sleep(interval)
    finally:
        _running.remove(this)


async def _first(numbers: int, interval: float) -> AsyncGenerator[int]:
    async with aclosing(_counting(interval)) as counting:
        async for number in counting:
            if number > numbers:
                return
            yield number


async def _failing(numbers: int) -> AsyncGenerator[int]:
    async with aclosing(_first(numbers, 0)) as counting:
        async for number in counting:
            yield number
    raise RuntimeError("the password is hunter2")


@strawberry.type
class Query:
    @strawberry.field
    def diagnostics_fault(self) -> str:
        """Raises an exception that nobody expects."""
        raise RuntimeError("the password is hunter2")

    @strawberry.field
    def diagnostics_generators(self) -> int:
        """How many generators of `diagnostics` subscriptions are running now."""
        return len(_running)


@strawberry.type
class Subscription:
    @strawberry.subscription
    def diagnostics_count(
        self, numbers: Numbers, interval: Interval = 0
    ) -> AsyncGenerator[int]:
        """The numbers from 1, then it ends."""
        return _first(numbers, interval)

    @strawberry.subscription
    def diagnostics_ticks(self, interval: Interval = 1) -> AsyncGenerator[int]:
        """The numbers from 1, without end."""
        return _counting(interval)

    @strawberry.subscription
    def diagnostics_flood(self) -> AsyncGenerator[int]:
        """The numbers from 1, without end and as fast as they can be sent."""
        return _counting(0)

    @strawberry.subscription
    def diagnostics_failure(self, numbers: Numbers) -> AsyncGenerator[int]:
        """The numbers from 1, then an exception that nobody expects."""
        return _failing(numbers)
