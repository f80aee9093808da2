"""What is used is counted exactly, and refused beyond what a plan allows."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from db.base import utcnow
from db.models import PeriodKind, Tier, UsageCounter, UsageMetric
from db.session import Database
from resolvers.access import SYSTEM, Actor, visible
from resolvers.billing import counters
from schema import schema
from schema.ids import spell
from tests.billing.conftest import Start
from tests.conftest import As, Ask, Save, Someone
from tests.factories import an_upload

CREATE = """mutation ($input: DatasetCreateInput!) { datasetCreate(input: $input) {
  dataset { id } userErrors { code message field limit {
    scope metric limit used remaining resetAt tier upgradeTo } } } }"""
USAGE = """{ viewer { tier
  usage(months: 2) { month datasets aiMessages reports apiCalls predictions analyses }
  limits { scope metric limit used remaining resetAt tier upgradeTo } } }"""
Create = Any


@pytest.fixture
def create(ask: Ask, save: Save, analyst: Actor) -> Create:
    """Make a dataset; gives its payload."""

    async def create(who: Actor = analyst, **more: Any) -> Any:
        upload = await save(an_upload(who))
        given = {"name": "Bearing", "uploads": [spell(upload)], **more}
        return (await ask(CREATE, who, input=given))["datasetCreate"]

    return create


async def used(database: Database, who: Actor) -> int:
    """How many datasets somebody has used this month, as it is counted."""
    counter: Any = UsageCounter
    rows = visible(SYSTEM, counter).where(counter.owner_id == who.user_id)
    count = rows.where(counter.metric == UsageMetric.DATASETS)
    async with database.read() as session:
        return await session.scalar(count.with_only_columns(counter.count)) or 0


async def test_the_sixth_dataset_of_a_month_is_refused_to_who_pays_nothing(
    create: Create, database: Database, analyst: Actor
) -> None:
    for _ in range(5):
        assert (await create())["userErrors"] == []
    [error] = (await create())["userErrors"]
    resets = counters.resets_at(PeriodKind.MONTH, utcnow())
    assert error["code"] == "LIMIT_EXCEEDED"
    assert error["limit"] == {
        "scope": "TIER_MONTH",
        "metric": "datasets",
        "limit": 5,
        "used": 5,
        "remaining": 0,
        "resetAt": f"{resets:%Y-%m-%dT%H:%M:%S.%fZ}",
        "tier": "FREE",
        "upgradeTo": "PRO",
    }
    assert "free has 5 datasets a month" in error["message"]
    assert await used(database, analyst) == 5


async def test_of_a_hundred_at_a_time_exactly_five_are_made(
    create: Create, database: Database, analyst: Actor
) -> None:
    made = await asyncio.gather(*(create() for _ in range(100)))
    assert sum(not one["userErrors"] for one in made) == 5
    refused = {one["userErrors"][0]["code"] for one in made if one["userErrors"]}
    assert refused == {"LIMIT_EXCEEDED"}
    assert await used(database, analyst) == 5


async def test_what_fails_uses_nothing(
    create: Create, database: Database, analyst: Actor, save: Save
) -> None:
    other = await save(an_upload(analyst, columns=["other"]))
    upload = await save(an_upload(analyst))
    both = [spell(upload), spell(other)]
    assert (await create(uploads=both))["userErrors"][0]["code"] == "INVALID"
    assert await used(database, analyst) == 0


async def test_a_key_of_idempotency_uses_one_however_often_it_is_sent(
    ask: Ask, save: Save, database: Database, analyst: Actor
) -> None:
    upload = await save(an_upload(analyst))
    given = {"name": "A", "uploads": [spell(upload)], "idempotencyKey": "once"}
    for _ in range(7):
        assert not (await ask(CREATE, input=given))["datasetCreate"]["userErrors"]
    assert await used(database, analyst) == 1


async def test_to_delete_a_dataset_does_not_give_it_back(
    create: Create, ask: Ask, database: Database, analyst: Actor
) -> None:
    id_ = (await create())["dataset"]["id"]
    delete = """mutation ($id: ID!) { datasetDelete(input: {id: $id}) { deletedId } }"""
    assert (await ask(delete, id=id_))["datasetDelete"]["deletedId"] == id_
    assert await used(database, analyst) == 1


async def test_a_month_begins_anew(
    create: Create, save: Save, analyst: Actor, ask: Ask
) -> None:
    ago = counters.months(utcnow(), 2)[1]
    counter = {"metric": UsageMetric.DATASETS, "period_kind": PeriodKind.MONTH}
    row = UsageCounter(owner_id=analyst.user_id, period_key=ago, count=5, **counter)
    await save(row)
    assert (await create())["userErrors"] == []
    now, last = (await ask(USAGE))["viewer"]["usage"]
    assert (now["datasets"], last["datasets"], last["month"]) == (1, 5, ago)


@pytest.mark.parametrize("tier", [Tier.PRO, Tier.TEAM, Tier.ENTERPRISE])
async def test_whoever_has_a_plan_makes_more(
    create: Create, start: Start, analyst: Actor, tier: Tier
) -> None:
    assert (await start(tier, analyst))["userErrors"] == []
    for _ in range(6):
        assert (await create())["userErrors"] == []


async def test_what_was_agreed_on_holds_instead_of_the_plan(
    create: Create, start: Start, analyst: Actor
) -> None:
    await start(Tier.ENTERPRISE, analyst, limits={"datasets": 1})
    assert (await create())["userErrors"] == []
    [error] = (await create())["userErrors"]
    assert error["limit"]["limit"] == 1
    assert error["limit"]["tier"] == "ENTERPRISE"
    assert error["limit"]["upgradeTo"] is None


async def test_administrators_are_counted_and_not_limited(
    create: Create, admin: Actor, database: Database
) -> None:
    for _ in range(6):
        assert (await create(admin))["userErrors"] == []
    assert await used(database, admin) == 6


async def test_every_limit_is_told_beforehand(
    create: Create, ask: Ask, start: Start, analyst: Actor
) -> None:
    await create()
    limits = {one["metric"]: one for one in (await ask(USAGE))["viewer"]["limits"]}
    assert {limits[one]["limit"] for one in ("datasets", "reports")} == {5, 3}
    assert limits["ai_messages"]["remaining"] == 50
    assert (limits["datasets"]["used"], limits["datasets"]["remaining"]) == (1, 4)
    assert limits["datasets"]["upgradeTo"] == "PRO"
    await start(Tier.TEAM, analyst)
    told = (await ask(USAGE))["viewer"]
    limits = {one["metric"]: one for one in told["limits"]}
    assert told["tier"] == limits["datasets"]["tier"] == "TEAM"
    assert limits["datasets"]["limit"] is limits["datasets"]["remaining"] is None


async def test_nobody_is_told_what_another_has_used(
    create: Create, ask: Ask, someone: Someone, analyst: Actor
) -> None:
    await create()
    told = (await ask(USAGE, await someone()))["viewer"]
    assert told["usage"][0]["datasets"] == 0


async def test_more_months_than_are_told_are_refused(as_: As) -> None:
    asked = "{ viewer { usage(months: 25) { month } } }"
    result = await schema.execute(asked, context_value=as_())
    [error] = result.errors or []
    assert error.extensions == {"code": "BAD_REQUEST"}


async def test_periods_end_where_the_next_begin() -> None:
    last = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    first = datetime(2027, 1, 1, tzinfo=UTC)
    for kind in PeriodKind:
        assert counters.resets_at(kind, last) == first
    assert counters.key_of(PeriodKind.MONTH, last) == "2026-12"
    assert counters.months(first, 3) == ["2027-01", "2026-12", "2026-11"]


async def test_the_database_knows_how_a_period_is_called(
    save: Save, analyst: Actor
) -> None:
    given = {"metric": UsageMetric.DATASETS, "period_kind": PeriodKind.MONTH}
    row = UsageCounter(owner_id=analyst.user_id, period_key="2026", count=1, **given)
    with pytest.raises(IntegrityError):
        await save(row)
