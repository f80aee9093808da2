"""How often a user may ask in a day and in a month, as their plan has it."""

from typing import Any

import pytest
import sqlalchemy as sa

from db.base import utcnow
from db.models import PeriodKind, SubscriptionStatus, Tier, User
from db.session import Database
from resolvers.access import Actor, BaseRole
from resolvers.billing import counters
from resolvers.equipment import Equipment
from server import calls
from server.settings import Settings
from tests.billing.callers import CHEAP, READ, a_bearer, counted, statuses
from tests.billing.rows import PLANS, a_counter, a_subscription
from tests.conftest import Save, Someone
from tests.server.clients import codes, talking
from tests.server.ways import client, signed
from tests.waiting import until_told

LIMIT = 100
LIMITS = "{ viewer { limits { scope metric limit used remaining tier upgradeTo } } }"
PERIODS = {PeriodKind.DAY: "api_limit_daily", PeriodKind.MONTH: "api_limit_monthly"}


@pytest.fixture
def settings() -> Settings:
    return Settings(graphiql=False, points_signed_in=10**9, points_paid=10**9)


@pytest.fixture
async def bearer(equipment: Equipment, save: Save, analyst: Actor) -> str:
    return await signed(equipment, save, analyst)


@pytest.mark.parametrize("kind", PERIODS)
@pytest.mark.parametrize("asked", [CHEAP, READ])
async def test_of_many_at_once_exactly_as_many_pass_as_may(
    equipment: Equipment,
    settings: Settings,
    bearer: str,
    plans: Any,
    kind: PeriodKind,
    asked: Any,
) -> None:
    await plans(Tier.FREE, **{PERIODS[kind]: LIMIT})
    async with client(equipment, settings, bearer, short=True) as asking:
        assert await statuses(asking, 5 * LIMIT, asked) == {200: LIMIT, 429: 4 * LIMIT}
    assert await counted(equipment.database, kind) == LIMIT


async def test_two_processes_have_one_limit(
    equipment: Equipment, settings: Settings, bearer: str, plans: Any
) -> None:
    await plans(Tier.FREE, api_limit_daily=LIMIT)
    passed = 0
    async with (
        client(equipment, settings, bearer, short=True) as one,
        client(equipment, settings, bearer, short=False) as other,
    ):
        for way in (one, other) * 3:
            passed += (await statuses(way, LIMIT // 4))[200]
    assert passed == LIMIT


async def test_a_refusal_names_the_limit_and_what_has_more(
    equipment: Equipment, settings: Settings, bearer: str, plans: Any
) -> None:
    await plans(Tier.FREE, api_limit_daily=3, api_limit_monthly=50)
    await plans(Tier.PRO, api_limit_daily=3)
    async with client(equipment, settings, bearer, short=True) as asking:
        for _ in range(3):
            assert (await asking.post("/graphql", json=READ)).status_code == 200
        late = await asking.post("/graphql", json=READ)
    [error] = late.json()["errors"]
    said, resets = error["extensions"], counters.resets_at(PeriodKind.DAY, utcnow())
    told = {"scope": "PLAN_DAY", "limit": 3, "used": 3, "remaining": 0}
    assert said | told | {"tier": "FREE", "upgradeTo": "TEAM"} == said
    assert said["resetAt"] == f"{resets:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert late.status_code == 429
    assert 0 < int(late.headers["retry-after"]) <= 86_400


async def test_the_hour_of_a_key_is_looked_at_before_the_day_and_the_month(
    equipment: Equipment, settings: Settings, save: Save, analyst: Actor, plans: Any
) -> None:
    scopes: list[str] = []
    for limits in ((2, 2, 2), (9, 2, 2), (9, 9, 2)):
        hour, day, month = limits
        await plans(Tier.FREE, api_limit_daily=day, api_limit_monthly=month)
        await forget(equipment.database)
        bearer = await a_bearer(save, equipment.keys, analyst, rate_limit=hour)
        async with client(equipment, settings, bearer, short=True) as asking:
            for _ in range(2):
                assert (await asking.post("/graphql", json=READ)).status_code == 200
            late = await asking.post("/graphql", json=READ)
        scopes.append(late.json()["errors"][0]["extensions"]["scope"])
    assert scopes == ["KEY_HOUR", "PLAN_DAY", "PLAN_MONTH"]


async def forget(database: Database) -> None:
    async with database.write.begin() as session:
        await session.execute(sa.text("DELETE FROM usage_counters"))


async def test_limits_that_were_agreed_on_hold_in_place_of_the_plans(
    equipment: Equipment,
    settings: Settings,
    bearer: str,
    plans: Any,
    save: Save,
    analyst: Actor,
) -> None:
    await plans(Tier.ENTERPRISE, api_limit_daily=5)
    agreed = {"api_limit_daily": LIMIT}
    holds = {"status": SubscriptionStatus.ACTIVE, "plan_id": PLANS[Tier.ENTERPRISE]}
    await save(a_subscription(analyst, limits=agreed, **holds))
    async with client(equipment, settings, bearer, short=True) as asking:
        assert (await statuses(asking, 2 * LIMIT))[200] == LIMIT


async def test_what_nobody_limits_is_counted_after_the_fact(
    equipment: Equipment, settings: Settings, bearer: str, database: Database
) -> None:
    async with client(equipment, settings, bearer, short=True) as asking:
        await asking.post("/graphql", json=READ)
        await statuses(asking, 29, READ)
    for kind in PERIODS:
        assert await counted(database, kind) == 30


async def test_what_is_refused_for_another_reason_is_no_call(
    equipment: Equipment, settings: Settings, bearer: str, database: Database
) -> None:
    async with client(equipment, settings, bearer, short=True) as asking:
        for query in ("{", "{ nonsense }", "{ datasets(first: 0) { totalCount } }"):
            await asking.post("/graphql", json={"query": query})
    assert await counted(database, PeriodKind.DAY) == 1


async def test_calls_that_were_taken_and_not_made_are_given_back(
    equipment: Equipment, settings: Settings, bearer: str, plans: Any
) -> None:
    await plans(Tier.FREE, api_limit_daily=10_000)
    database = equipment.database

    async def returned() -> bool:
        return await counted(database, PeriodKind.DAY) == 3

    async with client(equipment, settings, bearer, short=True) as asking:
        for _ in range(3):
            await asking.post("/graphql", json=READ)
        assert await counted(database, PeriodKind.DAY) > 3
        await until_told(returned, 10 * calls.EVERY)
        await asking.post("/graphql", json=READ)
    assert await counted(database, PeriodKind.DAY) == 4


async def test_a_limit_that_is_lifted_holds_no_more_within_seconds(
    equipment: Equipment, settings: Settings, bearer: str, plans: Any
) -> None:
    await plans(Tier.FREE, api_limit_daily=1)
    async with client(equipment, settings, bearer, short=True) as asking:
        assert await statuses(asking, 3) == {200: 1, 429: 2}
        await plans(Tier.FREE, api_limit_daily=None)

        async def answered() -> bool:
            return (await statuses(asking, 1))[200] == 1

        await until_told(answered, 10 * calls.EVERY)


async def test_nobody_limits_administrators_who_are_counted_all_the_same(
    equipment: Equipment, settings: Settings, save: Save, someone: Someone, plans: Any
) -> None:
    await plans(Tier.FREE, api_limit_daily=1)
    bearer = await signed(equipment, save, await someone(BaseRole.ADMIN))
    async with client(equipment, settings, bearer, short=True) as asking:
        assert await statuses(asking, 5) == {200: 5}
    assert await counted(equipment.database, PeriodKind.DAY) == 5


async def test_a_subscription_is_one_call_when_it_begins(
    equipment: Equipment, settings: Settings, bearer: str, plans: Any
) -> None:
    await plans(Tier.FREE, api_limit_daily=1)

    async def begun() -> bool:
        return await counted(equipment.database, PeriodKind.DAY) == 1

    async with client(equipment, settings, bearer, short=True) as asking:
        address = str(asking.base_url).removeprefix("http://")
        async with talking(address) as talk:
            await talk.init(authorization=bearer)
            await talk.subscribe("subscription { alertChanged { cursor } }", "1")
            await until_told(begun)
            await talk.subscribe("{ __typename }", "2")
            assert codes(await talk.hear()) == {"RATE_LIMITED"}


async def test_somebody_who_asks_is_shown_every_limit_beforehand(
    equipment: Equipment, settings: Settings, save: Save, analyst: Actor, plans: Any
) -> None:
    await plans(Tier.FREE, api_limit_daily=7)
    month = counters.key_of(PeriodKind.MONTH, utcnow())
    await save(a_counter(analyst, period_key=month, count=2))
    bearer = await a_bearer(save, equipment.keys, analyst, rate_limit=9)
    async with client(equipment, settings, bearer, short=True) as asking:
        await asking.post("/graphql", json=READ)
        answer = (await asking.post("/graphql", json={"query": LIMITS})).json()
    told = {one["scope"]: one for one in answer["data"]["viewer"]["limits"][:4]}
    assert [*told] == ["POINTS", "KEY_HOUR", "PLAN_DAY", "PLAN_MONTH"]
    day = {"limit": 7, "used": 1, "remaining": 6, "tier": "FREE", "upgradeTo": "PRO"}
    assert told["PLAN_DAY"] | day == told["PLAN_DAY"]
    assert (told["KEY_HOUR"]["used"], told["KEY_HOUR"]["limit"]) == (2, 9)
    assert told["PLAN_MONTH"]["limit"] is None
    metrics = {one["metric"]: one for one in answer["data"]["viewer"]["limits"][4:]}
    assert metrics["datasets"]["used"] == 2


async def test_calls_of_an_account_that_is_gone_harm_nobody(
    equipment: Equipment, settings: Settings, save: Save, someone: Someone
) -> None:
    gone, other = await someone(), await someone()
    bearer = await signed(equipment, save, gone)
    async with client(equipment, settings, bearer, short=True) as asking:
        await asking.post("/graphql", json=READ)
        asking.headers["authorization"] = await signed(equipment, save, other)
        await asking.post("/graphql", json=READ)
        async with equipment.database.write.begin() as session:
            await session.execute(sa.delete(User).where(User.id == gone.user_id))
    assert await counted(equipment.database, PeriodKind.DAY) == 1
