"""Limits on tries: in one process, over Redis, and while Redis is away."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond

from resolvers.errors import RateLimited
from server import throttle as throttle_
from server.settings import Settings
from server.throttle import MemoryThrottle, RedisThrottle, counted, rates

RATES = {
    "login": (RateLimitItemPerMinute(8),),
    "blink": (RateLimitItemPerSecond(2),),
    "both": (RateLimitItemPerMinute(8), RateLimitItemPerMinute(3, 60)),
}
Kind = MemoryThrottle | RedisThrottle


@pytest.fixture(params=["memory", "redis"])
async def throttle(request: pytest.FixtureRequest) -> AsyncIterator[Kind]:
    if request.param == "memory":
        yield MemoryThrottle(RATES)
        return
    throttle = RedisThrottle(request.getfixturevalue("redis_url"), RATES)
    yield throttle
    await throttle.close()


async def admitted(throttle: Kind, name: str, who: str, tries: int = 20) -> int:
    """How many of some tries at once are let through."""
    async with asyncio.timeout(10):
        hits = [throttle.hit(name, who) for _ in range(tries)]
        done = await asyncio.gather(*hits, return_exceptions=True)
    assert {type(one) for one in done} <= {type(None), RateLimited}, done
    return done.count(None)


async def test_no_more_than_the_limit_are_let_through(throttle: Kind) -> None:
    assert await admitted(throttle, "login", "192.0.2.1") == 8
    assert await admitted(throttle, "login", "192.0.2.2") == 8
    assert await admitted(throttle, "login", "192.0.2.1") == 0


async def test_of_several_limits_the_strictest_holds(throttle: Kind) -> None:
    assert await admitted(throttle, "both", "192.0.2.1") == 3


async def worn_out(throttle: Kind) -> None:
    """Try until it is once too often, however slowly the machine goes about it."""
    for _ in range(1_000):
        await throttle.hit("blink", "192.0.2.1")


async def test_who_is_refused_is_told_when_to_come_back(throttle: Kind) -> None:
    with pytest.raises(RateLimited) as told:
        await worn_out(throttle)
    assert 0 < told.value.retry_after <= 1
    await asyncio.sleep(told.value.retry_after + 0.05)
    await throttle.hit("blink", "192.0.2.1")


async def test_a_network_of_ipv6_counts_as_one(throttle: Kind) -> None:
    for host in range(8):
        await throttle.hit("login", f"2001:db8:1:2:{host:x}::1")
    with pytest.raises(RateLimited):
        await throttle.hit("login", "2001:db8:1:2:ffff::9")
    await throttle.hit("login", "2001:db8:1:3::1")


async def test_of_very_many_those_who_tried_least_lately_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throttle_, "REMEMBERED", 3)
    throttle = MemoryThrottle({"login": (RateLimitItemPerMinute(1),)})
    for who in "abcd":
        await throttle.hit("login", who)
    for who in "bcd":
        with pytest.raises(RateLimited):
            await throttle.hit("login", who)
    await throttle.hit("login", "a")


async def test_two_processes_count_together_over_redis(redis_url: str) -> None:
    one, other = RedisThrottle(redis_url, RATES), RedisThrottle(redis_url, RATES)
    assert await admitted(one, "login", "a", 5) == 5
    assert await admitted(other, "login", "a", 5) == 3
    await one.close()
    await other.close()


async def test_without_redis_a_process_counts_alone_and_more_strictly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    throttle = RedisThrottle("unix:///nowhere/redis.sock", RATES)
    with caplog.at_level(logging.ERROR):
        assert await admitted(throttle, "login", "a") == 2
    assert [record.message for record in caplog.records if "redis" in record.message]
    assert len(caplog.records) == 1
    await throttle.close()


def test_the_limits_are_those_of_the_settings() -> None:
    found = rates(Settings(logins_per_minute=7, sign_ups_per_hour=3))
    assert [item.amount for item in found["login"]] == [7, 100]
    assert [item.get_expiry() for item in found["signUp"]] == [3_600]


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_hosts_of_one_network_are_counted_as_it(address: Any, host: int) -> None:
    number = int(address)
    neighbour = type(address)((number >> 64 << 64) + host)
    if number >> 32 != 0xFFFF:
        assert counted(str(neighbour)) == counted(str(address))


def test_an_ipv4_address_in_ipv6_clothes_is_the_same() -> None:
    assert counted("::ffff:192.0.2.1") == counted("192.0.2.1") == "192.0.2.1"
    assert counted("not an address") == "not an address"
