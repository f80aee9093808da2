"""What Stripe tells takes effect once, in whatever order it arrives."""

import asyncio
import itertools
import time
from typing import Any

import httpx
import pytest

from db.models import (
    BillingEvent,
    Outcome,
    PlanSubscription,
    SubscriptionStatus,
    Tier,
)
from db.session import Database
from resolvers.access import Actor
from tests.audit.conftest import Chain
from tests.billing.conftest import MINE
from tests.billing.rows import PLANS, a_subscription
from tests.billing.stripes import PERIOD_END, event, subscription
from tests.billing.telling import UPDATED, rows, tell, told
from tests.conftest import Ask, Save

DELETED = "customer.subscription.deleted"
EXPIRED = "checkout.session.expired"
WRONG = """{ billingEvents(filter: {error: {isNull: false}}) {
  nodes { eventId type error } } }"""
INCOMPLETE = SubscriptionStatus.INCOMPLETE


async def test_what_is_paid_for_holds(
    http: httpx.AsyncClient, waiting: PlanSubscription, ask: Ask
) -> None:
    assert (await ask(MINE))["viewer"]["tier"] == "FREE"
    answer = await tell(http, told(waiting))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    mine = (await ask(MINE))["viewer"]
    assert (mine["tier"], mine["stripeSubscriptionId"]) == ("PRO", "sub_1")
    assert mine["subscription"]["status"] == "ACTIVE"


async def test_the_same_event_twice_is_one(
    http: httpx.AsyncClient,
    waiting: PlanSubscription,
    database: Database,
    chain: Chain,
) -> None:
    one = told(waiting)
    first = await tell(http, one)
    again = await asyncio.gather(*(tell(http, one) for _ in range(10)))
    assert first.json() == {"received": True}
    assert [(it.status_code, it.json()) for it in again] == [
        (200, {"received": False})
    ] * 10
    assert len(await rows(database, BillingEvent)) == 1
    [row] = await rows(database, PlanSubscription)
    assert row.version == 2
    [entry] = [one for one in await chain() if one.action == "stripeWebhook"]
    assert (entry.status, entry.entity_id) == (Outcome.SUCCESS, waiting.id)
    [kept] = await rows(database, BillingEvent)
    assert entry.payload[f"billing_event_{kept.id.hex}"] == {
        "event_id": [None, one["id"]],
        "type": [None, UPDATED],
        "error": [None, None],
    }


async def test_of_ten_that_arrive_at_once_one_takes_effect(
    http: httpx.AsyncClient, waiting: PlanSubscription, database: Database
) -> None:
    one = told(waiting)
    came = await asyncio.gather(*(tell(http, one) for _ in range(10)))
    assert sorted(it.json()["received"] for it in came) == [False] * 9 + [True]
    assert len(await rows(database, BillingEvent)) == 1


STORY = (
    ("incomplete", 0, "price_pro"),
    ("active", 0, "price_pro"),
    ("past_due", 60, "price_pro"),
    ("active", 120, "price_team"),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_the_order_in_which_they_arrive_changes_nothing(
    http: httpx.AsyncClient,
    waiting: PlanSubscription,
    ask: Ask,
    order: tuple[int, ...],
) -> None:
    begun = int(time.time()) - 200
    events = [
        {**told(waiting, status, price=price), "created": begun + after}
        for status, after, price in STORY
    ]
    for place in order:
        assert (await tell(http, events[place])).status_code == 200
    mine = (await ask(MINE))["viewer"]
    assert (mine["tier"], mine["subscription"]["status"]) == ("TEAM", "ACTIVE")


@pytest.mark.parametrize("last", [True, False])
async def test_what_is_over_stays_over(
    http: httpx.AsyncClient,
    waiting: PlanSubscription,
    ask: Ask,
    database: Database,
    last: bool,  # noqa: FBT001
) -> None:
    over = event(DELETED, subscription(status="canceled", ours=waiting.id.hex))
    holds = told(waiting)
    for one in (holds, over) if last else (over, holds):
        assert (await tell(http, one)).status_code == 200
    mine = (await ask(MINE))["viewer"]
    assert (mine["tier"], mine["subscription"]) == ("FREE", None)
    errors = [one.error for one in await rows(database, BillingEvent) if one.error]
    assert errors == ([] if last else ["it is active at Stripe, and canceled here"])


async def test_an_end_that_is_told_late_takes_nothing_from_the_next_subscription(
    http: httpx.AsyncClient,
    waiting: PlanSubscription,
    save: Save,
    analyst: Actor,
    ask: Ask,
    database: Database,
) -> None:
    over = event(DELETED, subscription(status="canceled", ours=waiting.id.hex))
    await tell(http, over)
    ends = a_subscription(analyst, plan_id=PLANS[Tier.TEAM], status=INCOMPLETE)
    ends.ends_at = None
    second = await save(ends)
    given = subscription("sub_2", price="price_team", ours=second.id.hex)
    await tell(http, event(UPDATED, given))
    await tell(http, {**over, "id": "evt_late", "created": over["created"] + 5})
    assert (await ask(MINE))["viewer"]["tier"] == "TEAM"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("trialing", "ACTIVE"),
        ("unpaid", "PAST_DUE"),
        ("paused", "PAST_DUE"),
        ("incomplete_expired", None),
    ],
)
async def test_words_of_stripes_that_we_do_not_have_are_ours(
    http: httpx.AsyncClient,
    waiting: PlanSubscription,
    ask: Ask,
    word: str,
    status: str | None,
) -> None:
    await tell(http, told(waiting, word))
    mine = (await ask(MINE))["viewer"]["subscription"]
    assert (mine and mine["status"]) == status


async def test_the_end_of_what_is_paid_for_is_known(
    http: httpx.AsyncClient, waiting: PlanSubscription, ask: Ask
) -> None:
    await tell(http, told(waiting, cancel_at=PERIOD_END))
    mine = (await ask(MINE))["viewer"]["subscription"]
    assert mine["cancelAtPeriodEnd"]
    assert mine["endsAt"] == "2030-03-17T17:46:40.000000Z"


async def test_a_page_that_nobody_paid_on_is_given_up(
    http: httpx.AsyncClient, waiting: PlanSubscription, ask: Ask
) -> None:
    page = {"object": "checkout.session"}
    page["metadata"] = subscription(ours=waiting.id.hex)["metadata"]
    await tell(http, event(EXPIRED, page))
    assert (await ask(MINE))["viewer"]["subscription"] is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"price": "price_gone"}, "no plan has the price 'price_gone'"),
        ({"status": "odd"}, "nobody knows the status 'odd'"),
        ({"ours": "no id", "id_": "sub_9"}, "no subscription is sub_9"),
    ],
)
async def test_what_cannot_be_followed_is_kept_with_the_reason(
    http: httpx.AsyncClient,
    waiting: PlanSubscription,
    database: Database,
    chain: Chain,
    ask: Ask,
    admin: Actor,
    given: dict[str, Any],
    said: str,
) -> None:
    one = event(UPDATED, subscription(**{"ours": waiting.id.hex, **given}))
    assert (await tell(http, one)).status_code == 200
    [kept] = await rows(database, BillingEvent)
    assert (kept.error, kept.event_id) == (said, one["id"])
    entry = (await chain())[-1]
    assert entry.status is Outcome.FAILURE
    assert entry.payload[f"billing_event_{kept.id.hex}"]["error"] == [None, said]
    shown = (await ask(WRONG, admin))["billingEvents"]["nodes"]
    assert shown == [{"eventId": one["id"], "type": UPDATED, "error": said}]
    assert (await ask(WRONG))["billingEvents"]["nodes"] == []


async def test_what_says_nothing_to_us_is_taken(
    http: httpx.AsyncClient, database: Database
) -> None:
    for kind in ("invoice.paid", "customer.created", "customer.subscription.updated"):
        assert (await tell(http, event(kind, {"object": "x"}))).status_code == 200
    assert len(await rows(database, BillingEvent)) == 3
