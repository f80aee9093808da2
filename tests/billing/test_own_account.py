"""Whoever has no calls left sees their own account, and pays, and leaves."""

import re
from typing import Any

import pytest

from db.base import utcnow
from db.models import PeriodKind, Tier
from resolvers.access import Actor
from resolvers.billing import counters
from resolvers.equipment import Equipment
from schema import schema
from schema.account import OF_ACCOUNT
from schema.billing import subscriptions
from schema.identity import (
    departures,
    entrances,
    factors,
    invitations,
    keys,
    passwords,
    sessions,
    verification,
)
from server.settings import Settings
from tests.billing.callers import READ, counted
from tests.billing.conftest import plan_id
from tests.billing.rows import a_counter
from tests.conftest import Save
from tests.factories import a_key
from tests.server.clients import codes, talking
from tests.server.ways import Client, client, signed

START = f"""mutation {{ subscriptionStart(input: {{plan: "{plan_id(Tier.PRO)}"}}) {{
  userErrors {{ code }} }} }}"""
BOTH = """mutation { sessionsRevokeOthers { userErrors { code } }
  jobCancel(input: {id: "job_1"}) { userErrors { code } } }"""
NEAREST = "rateLimit { scope limit used remaining }"
LIMITS = "{ viewer { limits { scope used remaining } } }"
"""Of a plan that is used up the scope, and what is left of it."""
ASKED = (
    "{ viewer { id tier limits { scope } apiKeys { nodes { id } } } }",
    "{ rateLimit { scope } plans { nodes { name } } }",
    "query Q { ...Mine } fragment Mine on Query { me: viewer { email } }",
    "mutation { viewerExport { userErrors { code } } }",
    'mutation { sessionConfirm(input: {password: "x"}) { userErrors { code } } }',
    'mutation { passwordChange(input: {password: "x"}) { userErrors { code } } }',
    START,
    "mutation { sessionsRevokeOthers { userErrors { code } } }",
)
OTHER = (
    "{ __typename }",
    "{ viewer { id } datasets { nodes { id } } }",
    "{ viewer { id } ...All } fragment All on Query { models { nodes { id } } }",
    "{ serverInfo { version } }",
    'mutation { datasetDelete(input: {id: "dataset_1"}) { userErrors { code } } }',
    BOTH,
)
THEIRS = {"userTwoFactorReset", "userActivate", "userPurge"}
"""What administrators do to the accounts of others."""
INVITING = {"invitationCreate", "invitationRevoke"}


@pytest.fixture
def settings() -> Settings:
    return Settings(graphiql=False, points_signed_in=10**9, points_paid=10**9)


@pytest.fixture
async def bearer(equipment: Equipment, save: Save, analyst: Actor) -> str:
    return await signed(equipment, save, analyst)


@pytest.fixture
async def used_up(plans: Any, save: Save, analyst: Actor) -> None:
    """The plan has three calls a day, which were made."""
    await plans(Tier.FREE, api_limit_daily=3)
    await plans(Tier.PRO, api_limit_daily=30)
    day = counters.key_of(PeriodKind.DAY, utcnow())
    of = {"period_kind": PeriodKind.DAY, "metric": "api_calls"}
    await save(a_counter(analyst, period_key=day, count=3, **of))


async def status(asking: Client, query: str) -> int:
    return (await asking.post("/graphql", json={"query": query})).status_code


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.usefixtures("used_up")
async def test_what_is_of_ones_account_is_answered_without_a_call_left(
    equipment: Equipment,
    settings: Settings,
    bearer: str,
    save: Save,
    analyst: Actor,
    short: bool,  # noqa: FBT001
) -> None:
    key: Any = await save(a_key(analyst))
    revoke = (
        f'mutation {{ apiKeyRevoke(input: {{id: "api_key_{key.id.hex}"}}) '
        "{ apiKey { revokedAt } userErrors { code } } }"
    )
    async with client(equipment, settings, bearer, short=short) as asking:
        assert await status(asking, READ["query"]) == 429
        for query in ASKED * 2:
            assert (query, await status(asking, query)) == (query, 200)
        gone = (await asking.post("/graphql", json={"query": revoke})).json()
        assert gone["data"]["apiKeyRevoke"]["apiKey"]["revokedAt"]
        assert await status(asking, "mutation { logout { session { id } } }") == 200
    assert await counted(equipment.database, PeriodKind.DAY) == 3


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.usefixtures("used_up")
async def test_what_asks_for_anything_else_too_is_a_call(
    equipment: Equipment,
    settings: Settings,
    bearer: str,
    short: bool,  # noqa: FBT001
) -> None:
    async with client(equipment, settings, bearer, short=short) as asking:
        for query in OTHER:
            assert (query, await status(asking, query)) == (query, 429)


@pytest.mark.usefixtures("used_up")
async def test_over_a_websocket_too(
    equipment: Equipment, settings: Settings, bearer: str
) -> None:
    async with client(equipment, settings, bearer, short=True) as asking:
        address = str(asking.base_url).removeprefix("http://")
        async with talking(address) as talk:
            await talk.init(authorization=bearer)
            await talk.subscribe("{ viewer { tier } }", "1")
            assert (await talk.hear())["payload"]["data"]["viewer"]
            assert (await talk.hear())["type"] == "complete"
            await talk.subscribe("{ __typename }", "2")
            assert codes(await talk.hear()) == {"RATE_LIMITED"}


@pytest.mark.usefixtures("used_up")
async def test_the_limit_that_refuses_next_is_told_by_a_process_that_knew_nothing(
    equipment: Equipment, settings: Settings, bearer: str
) -> None:
    day = {"scope": "PLAN_DAY", "limit": 3, "used": 3, "remaining": 0}
    dry = NEAREST.replace(
        "rateLimit", "datasets { totalCount } rateLimit(dryRun: true)"
    )
    for query in (f"{{ {NEAREST} }}", f"{{ {dry} }}"):
        async with client(equipment, settings, bearer, short=True) as asking:
            told = (await asking.post("/graphql", json={"query": query})).json()
        assert told["data"]["rateLimit"] == day
    async with client(equipment, settings, bearer, short=True) as asking:
        told = (await asking.post("/graphql", json={"query": LIMITS})).json()
    limits = {one["scope"]: one for one in told["data"]["viewer"]["limits"]}
    assert limits["PLAN_DAY"] == {"scope": "PLAN_DAY", "used": 3, "remaining": 0}
    assert await counted(equipment.database, PeriodKind.DAY) == 3


async def test_points_are_told_where_they_refuse_before_the_plan_does(
    equipment: Equipment, bearer: str, plans: Any
) -> None:
    few = Settings(graphiql=False, points_signed_in=1_000)
    await plans(Tier.FREE, api_limit_daily=100)
    dear = f"{{ datasets(first: 50) {{ nodes {{ id }} }} {NEAREST} }}"
    scopes: list[str] = []
    async with client(equipment, few, bearer, short=True) as asking:
        for query in (dear, f"{{ {NEAREST} }}"):
            told = (await asking.post("/graphql", json={"query": query})).json()
            scopes.append(told["data"]["rateLimit"]["scope"])
    assert scopes == ["POINTS", "PLAN_DAY"]


@pytest.mark.usefixtures("used_up")
async def test_a_refusal_says_when_calls_are_counted_anew_and_who_has_more(
    equipment: Equipment, settings: Settings, bearer: str
) -> None:
    async with client(equipment, settings, bearer, short=True) as asking:
        late = (await asking.post("/graphql", json=READ)).json()
    [error] = late["errors"]
    resets = counters.resets_at(PeriodKind.DAY, utcnow())
    assert error["message"] == (
        "free has 3 api calls a day, and there are 3; "
        f"they are counted anew at {resets:%Y-%m-%dT%H:%MZ}; pro has more"
    )
    said = error["extensions"]
    assert (said["tier"], said["upgradeTo"]) == ("FREE", "PRO")


def test_every_mutation_of_ones_account_is_known_as_such() -> None:
    domains = (entrances, sessions, passwords, verification, factors, departures)
    own = {*fields(*domains, keys, subscriptions, invitations)} - THEIRS - INVITING
    assert own == OF_ACCOUNT["Mutation"]
    roots = schema.as_str()
    for name in OF_ACCOUNT["Query"]:
        assert re.search(rf"^  {name}[(:]", roots, re.MULTILINE)


def fields(*modules: Any) -> list[str]:
    """The mutations that modules declare."""
    graph = schema._schema.mutation_type  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    assert graph
    there = [name for one in modules for name in vars(one.Mutation)]
    return [name for name in graph.fields if snake(name) in there]


def snake(name: str) -> str:
    return re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", name)


def test_what_is_of_ones_account_leads_to_nothing_else() -> None:
    graph: Any = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    found: set[str] = set()
    for root, names in OF_ACCOUNT.items():
        for name in names:
            reach(graph.get_type(root).fields[name].type, found)
    others = {"Dataset", "Model", "Analysis", "Prediction", "MonitorPoint", "Alert"}
    assert found >= {"User", "Plan", "PlanSubscription", "Session", "ApiKey", "Limit"}
    assert not found & {*others, "Job", "AuditEntry", "Node"}


def reach(type_: Any, found: set[str]) -> None:
    while hasattr(type_, "of_type"):
        type_ = type_.of_type
    if type_.name not in found and hasattr(type_, "fields"):
        found.add(type_.name)
        for one in type_.fields.values():
            reach(one.type, found)
