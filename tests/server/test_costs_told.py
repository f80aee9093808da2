"""What asking costs: told beforehand, told afterwards, and given back."""

from typing import Any

import httpx
import pytest

from db.models import Tier
from resolvers.access import Actor, BaseRole
from server import till
from server.buckets import Rate
from server.endpoint import Endpoint
from server.limits import Limits
from server.principals import Principal
from tests.conftest import Save
from tests.factories import a_dataset
from tests.server.clients import talking
from tests.server.conftest import GOOD, Post

ALL = "cost nodeCount scope limit used remaining"
DATASETS = "datasets(first: 50) { nodes { id } }"
"""Costs 51 points, and one is for asking."""
DRY = """query Q($dry: Boolean!, $not: Boolean = false) {
  sleep(seconds: 0) ...F
  rateLimit(dryRun: $dry) @skip(if: $not) { ...Told } }
fragment Told on RateLimit { cost nodeCount used } """
PAID = "Bearer paid"


@pytest.fixture(autouse=True)
def principals(analyst: Actor, principals: dict[str | None, Principal]) -> Any:
    principals[PAID] = Principal(analyst, tier=Tier.TEAM)
    return principals


@pytest.fixture(autouse=True)
def slow(endpoint: Endpoint) -> None:
    """No points come back within the test."""
    rate = Rate(2_000, 0.01)
    paid = Rate(10_000, 0.01)
    endpoint.operations.admission.limits = Limits(rate=rate, paid_rate=paid)


def left(answer: httpx.Response) -> int:
    return int(answer.headers[till.REMAINING])


async def test_every_answer_says_how_much_is_left(
    post: Post, http: httpx.AsyncClient
) -> None:
    for asked in ("{ __typename }", "{ nonsense }", "{", f"{{ {DATASETS} }}"):
        answer = await post(asked)
        assert answer.headers[till.LIMIT] == "2000"
        assert left(answer) < 2_000
        assert int(answer.headers[till.RESET]) > 0
    for bad in (b"", b"[]", b'{"query": 1}'):
        headers = {"authorization": GOOD, "content-type": "application/json"}
        answer = await http.post("/graphql", content=bad, headers=headers)
        assert (answer.status_code, till.LIMIT in answer.headers) == (400, True)
    stranger = await http.post("/graphql", json={"query": "{ __typename }"})
    assert stranger.headers[till.LIMIT] == "500"


async def test_what_is_not_found_is_not_paid_for(
    post: Post, save: Save, analyst: Actor
) -> None:
    before = left(await post("{ __typename }"))
    empty = left(await post(f"{{ {DATASETS} }}"))
    assert before - empty == 3
    for _ in range(25):
        await save(a_dataset(analyst))
    half = left(await post(f"{{ {DATASETS} }}"))
    assert empty - half == 28
    refused = left(await post("{ datasets(first: 50, after: 1.5) { nodes { id } } }"))
    assert half - refused == 2


async def test_what_was_paid_and_what_it_came_to_is_told_to_who_asks(
    post: Post, save: Save, analyst: Actor
) -> None:
    await save(a_dataset(analyst))
    query = f"{{ {DATASETS} }}"
    assert "extensions" not in (await post(query)).json()
    assert "extensions" not in (await post(query, extensions={"cost": 1})).json()
    answer = await post(query, extensions={"cost": True})
    cost = answer.json()["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (52, 4)
    status = cost["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (2_000, 0.01)
    assert status["currentlyAvailable"] == left(answer)


@pytest.mark.parametrize("more", ["", "viewer { id } "])
async def test_the_query_and_the_headers_agree(post: Post, more: str) -> None:
    answer = await post(f"{{ {more}rateLimit {{ {ALL} }} }}")
    told = answer.json()["data"]["rateLimit"]
    assert (told["scope"], told["limit"]) == ("POINTS", 2_000)
    assert told["used"] + told["remaining"] == 2_000
    assert told["cost"] == told["nodeCount"] + 1 == told["used"]
    assert told["remaining"] == left(answer)


async def test_a_dry_run_tells_the_cost_and_does_nothing_else(
    post: Post, seen: Any
) -> None:
    before = left(await post("{ __typename }"))
    query = DRY + f"fragment F on Query {{ {DATASETS} }}"
    answer = await post(query, variables={"dry": True})
    told = answer.json()["data"]
    assert [*told] == ["rateLimit"]
    assert (told["rateLimit"]["cost"], told["rateLimit"]["nodeCount"]) == (53, 52)
    assert not seen.ended.is_set()
    assert before - left(answer) == 1
    for given in ({"dry": False}, {"dry": True, "not": True}):
        whole = (await post(query, variables=given)).json()["data"]
        assert whole.keys() >= {"sleep", "datasets"}


async def test_a_dry_run_of_what_is_not_valid_says_what_is_wrong(post: Post) -> None:
    answer = (await post("{ nonsense rateLimit(dryRun: true) { cost } }")).json()
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "data" not in answer


async def test_over_a_websocket_the_same_is_told(address: str) -> None:
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        await talk.subscribe(f"{{ rateLimit {{ {ALL} }} }}", extensions={"cost": True})
        payload = (await talk.hear())["payload"]
        assert payload["data"]["rateLimit"]["cost"] == 2
        assert payload["extensions"]["cost"]["requestedQueryCost"] == 2


async def test_whoever_pays_may_ask_for_more(post: Post) -> None:
    dear = "{ datasets(first: 100) { nodes { versions(first: 40) { nodes { id } } } } }"
    free = await post(dear)
    [error] = free.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "at most 1000 points" in error["message"]
    paid = await post(dear, headers={"authorization": PAID})
    assert paid.json() == {"data": {"datasets": {"nodes": []}}}


async def test_a_refusal_says_how_far_one_is_from_the_limit(
    post: Post, endpoint: Endpoint
) -> None:
    endpoint.operations.admission.limits = Limits(rate=Rate(20, 0.5))
    answer = await post(f"{{ {DATASETS} }}")
    said = answer.json()["errors"][0]["extensions"]
    assert (said["scope"], said["limit"]) == ("POINTS", 20)
    assert said["used"] + said["remaining"] == 20
    assert said["resetAt"].endswith("Z")
    assert answer.headers[till.RESET] == answer.headers["retry-after"]


async def test_administrators_are_told_more_of_the_server(
    post: Post, principals: dict[str | None, Principal], someone: Any
) -> None:
    asked = "{ serverInfo { version database columns databaseVersion databaseBytes } }"
    told = (await post(asked)).json()["data"]["serverInfo"]
    assert told["database"] in {"sqlite", "postgresql"}
    assert (told["databaseVersion"], told["databaseBytes"]) == (None, None)
    principals["Bearer admin"] = Principal(await someone(BaseRole.ADMIN))
    answer = await post(asked, headers={"authorization": "Bearer admin"})
    told = answer.json()["data"]["serverInfo"]
    assert told["databaseVersion"][0].isdigit()
    assert int(told["databaseBytes"]) > 10_000
