"""How much somebody may ask in a while, however little each time."""

import asyncio
from unittest import mock

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.access import ANONYMOUS, Actor
from resolvers.errors import RateLimited
from server import buckets
from server.buckets import Bucket, Rate
from server.crowds import Turns
from server.endpoint import Endpoint
from server.limits import Limits
from server.principals import Principal
from tests.server.clients import codes, talking
from tests.server.conftest import GOOD, Post, Seen

CHEAP = {"query": "{ __typename }"}
DEAR = "{ alertRules { totalCount } }"
"""Costs 12 points."""


@pytest.fixture
def poor(endpoint: Endpoint) -> None:
    """Whoever asks has few points, and none come back within the test."""
    little = Rate(20, 0.01)
    endpoint.operations.admission.limits = Limits(rate=little, strangers_rate=little)


@pytest.mark.usefixtures("poor")
async def test_who_has_spent_their_points_is_told_when_to_come_back(
    post: Post, http: httpx.AsyncClient
) -> None:
    assert "errors" not in (await post(DEAR)).json()
    late = await post(DEAR)
    assert late.status_code == 429
    [error] = late.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    wait = error["extensions"]["retryAfter"]
    assert wait <= int(late.headers["retry-after"]) < wait + 1
    assert "data" not in late.json()
    stranger = await http.post("/graphql", json=CHEAP)
    assert stranger.json() == {"data": {"__typename": "Query"}}


@pytest.mark.usefixtures("poor")
async def test_points_are_the_same_over_a_websocket(address: str, post: Post) -> None:
    await post(DEAR)
    async with talking(address) as talk:
        await (await talk.init(authorization=GOOD)).subscribe(DEAR)
        late = await talk.hear()
        assert codes(late) == {"RATE_LIMITED"}
        assert late["payload"][0]["extensions"]["retryAfter"] > 0
        await talk.subscribe(CHEAP["query"])
        assert (await talk.hear())["type"] == "next"


@pytest.mark.usefixtures("poor")
async def test_what_is_refused_for_another_reason_costs_a_point(
    http: httpx.AsyncClient,
) -> None:
    statuses = {
        (await http.post("/graphql", json={"query": "{"})).status_code
        for _ in range(21)
    }
    assert statuses == {200, 429}


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 20)), max_size=30))
def test_a_bucket_is_one_that_is_filled_bit_by_bit(
    asked: list[tuple[float, float]],
) -> None:
    bucket, rate, points, now = Bucket(), Rate(20, 3), 20.0, 1_000.0
    for after, much in asked:
        now, points = now + after, min(20, points + after * 3)
        waits = 0.0
        with mock.patch.object(buckets.time, "monotonic", return_value=now):
            try:
                bucket.spend(much, rate)
            except RateLimited as error:
                waits = error.retry_after
        assert waits == pytest.approx(max((much - points) / 3, 0), abs=1e-6)
        points = points if waits else max(points - much, 0)


def test_strangers_pay_by_address_and_users_wherever_they_are(
    endpoint: Endpoint, analyst: Actor
) -> None:
    def paying(actor: Actor, address: str) -> str:
        admission = endpoint.operations.admission
        return admission.payer(Principal(actor), address).whose

    assert paying(analyst, "10.0.0.1") == paying(analyst, "10.0.0.2")
    assert paying(ANONYMOUS, "10.0.0.1") != paying(ANONYMOUS, "10.0.0.2")
    assert paying(ANONYMOUS, "fe80::1") == paying(ANONYMOUS, "fe80::2")


async def test_what_is_too_much_at_a_time_waits_for_its_turn(
    endpoint: Endpoint, post: Post, http: httpx.AsyncClient, seen: Seen
) -> None:
    endpoint.operations.turns = Turns(1)
    endpoint.operations.admission.limits = Limits(seconds=0.4)
    slow = asyncio.create_task(post("{ sleep(seconds: 0.3) }"))
    async with asyncio.timeout(5):
        await seen.begun.wait()
    assert (await http.post("/graphql", json=CHEAP)).json()["data"]  # somebody else
    assert not slow.done()
    assert (await post(**CHEAP)).json() == {"data": {"__typename": "Query"}}
    assert slow.done()
    first, late = await asyncio.gather(
        *(post("mutation { sleep(seconds: 9) }") for _ in range(2))
    )
    codes = {one.json()["errors"][0]["extensions"]["code"] for one in (first, late)}
    assert codes <= {"UNKNOWN_OUTCOME", "SERVER_BUSY"}
