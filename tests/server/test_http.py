"""GraphQL over HTTP, as clients meet it."""

import asyncio
import dataclasses
import logging
from typing import Any

import httpx
import pytest

from server.endpoint import Endpoint
from server.negotiation import GRAPHQL, JSON
from tests.server.conftest import GOOD, Post, Seen

TYPED = {"content-type": JSON}
BROKEN = {
    "syntax": {"query": "{ alerts {"},
    "an empty selection": {"query": "{ }"},
    "validation": {"query": "{ nonsense }"},
    "no such operation": {"query": "query A { __typename }", "operationName": "B"},
    "no name among two": {"query": "query A { __typename } query B { __typename }"},
    "coercion": {
        "query": "query ($id: ID!) { alert(id: $id) { id } }",
        "variables": {"id": None},
    },
}


def code(answer: httpx.Response) -> str:
    """The code of the only error of an answer that has no data."""
    body = answer.json()
    assert answer.headers["content-type"].endswith("; charset=utf-8")
    assert list(body) == ["errors"]
    [error] = body["errors"]
    assert error["message"]
    return error["extensions"]["code"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_a_method_other_than_get_and_post_is_not_allowed(
    http: httpx.AsyncClient, method: str
) -> None:
    answer = await http.request(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert method == "HEAD" or code(answer) == "BAD_REQUEST"


async def test_a_query_may_come_in_the_url(http: httpx.AsyncClient) -> None:
    query = (
        "query A($no: Boolean!) { __typename @skip(if: $no) } query B { x: __typename }"
    )
    asked = {"query": query, "variables": '{"no": false}', "operationName": "A"}
    answer = await http.get("/graphql", params=asked)
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_a_mutation_in_the_url_is_never_run(
    http: httpx.AsyncClient, seen: Seen
) -> None:
    query = "mutation { testLogin }"
    answer = await http.get("/graphql", params={"query": query})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert not seen.logins


async def test_a_subscription_is_refused_at_once(post: Post) -> None:
    answer = await post("subscription { diagnosticsFlood }")
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("*/*", JSON),
        (f"{GRAPHQL}, {JSON}, text/event-stream, multipart/mixed", GRAPHQL),
        (f"{JSON}, text/event-stream, multipart/mixed", JSON),
        ("text/event-stream, multipart/mixed", None),
    ],
)
async def test_the_answer_has_the_media_type_that_the_client_prefers(
    http: httpx.AsyncClient, accept: str | None, media: str | None
) -> None:
    del http.headers["accept"]
    headers = {"accept": accept} if accept else {}
    answer = await http.post(
        "/graphql", json={"query": "{ a: __typename }"}, headers=headers
    )
    assert answer.status_code == (200 if media else 406)
    assert answer.headers["content-type"] == f"{media or JSON}; charset=utf-8"


async def test_a_browser_that_asks_for_nothing_is_shown_the_page(
    http: httpx.AsyncClient,
) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert (await http.get("/graphql", headers=browser)).text == "the page"
    asked = await http.get("/graphql?query={__typename}", headers=browser)
    assert asked.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize(("media", "status"), [(GRAPHQL, 400), (JSON, 200)])
async def test_an_operation_that_cannot_run_has_no_data(
    post: Post, broken: dict[str, Any], media: str, status: int
) -> None:
    answer = await post(headers={"accept": media}, **broken)
    assert (answer.status_code, code(answer)) == (status, "BAD_REQUEST")


@pytest.mark.parametrize("media", [GRAPHQL, JSON])
async def test_an_error_in_a_field_stands_beside_the_data(
    post: Post, media: str
) -> None:
    answer = await post('{ __typename alert(id: "x") { id } }', {"accept": media})
    [error] = answer.json()["errors"]
    assert answer.status_code == 200
    assert answer.json()["data"] == {"__typename": "Query", "alert": None}
    assert (error["path"], error["locations"]) == (
        ["alert"],
        [{"line": 1, "column": 14}],
    )


async def test_a_token_that_is_sent_must_be_good(http: httpx.AsyncClient) -> None:
    headers = {"authorization": "Bearer forged"}
    answer = await http.post("/graphql", json={"query": "{ a }"}, headers=headers)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("given", ["0123-abc_", "a" * 64])
async def test_a_request_keeps_the_id_it_came_with(post: Post, given: str) -> None:
    answer = await post("{ __typename }", {"x-request-id": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["short", "a" * 65, "sp ace-in-it", "\"'<>{}--"])
async def test_an_id_that_does_not_look_like_one_is_replaced(
    post: Post, given: str
) -> None:
    answer = await post("{ __typename }", {"x-request-id": given})
    assert len(answer.headers["x-request-id"]) == 32


async def test_a_fault_is_told_by_its_reference_and_logged_in_full(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await post("{ diagnosticsFault }", {"x-request-id": "request-77"})
    [error] = answer.json()["errors"]
    assert answer.status_code == 200
    assert error["extensions"] == {"code": "INTERNAL", "reference": "request-77"}
    assert "hunter2" not in answer.text
    assert "hunter2" in caplog.text
    assert "request-77" in caplog.text


async def test_a_fault_outside_an_operation_is_json_too(
    endpoint: Endpoint, http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("the password is hunter2")

    endpoint.authenticate = broken
    answer = await http.post("/graphql", json={"query": "{ __typename }"})
    assert (answer.status_code, code(answer)) == (500, "INTERNAL")
    assert "hunter2" not in answer.text
    assert "hunter2" in caplog.text


async def test_an_answer_that_no_json_can_say_is_our_fault(post: Post) -> None:
    answer = await post("{ unspeakable }")
    assert (answer.status_code, code(answer)) == (500, "INTERNAL")


@pytest.mark.parametrize(("kind", "goes_on"), [("query", False), ("mutation", True)])
async def test_a_client_that_leaves_stops_a_query_and_never_a_mutation(
    http: httpx.AsyncClient,
    endpoint: Endpoint,
    seen: Seen,
    kind: str,
    goes_on: bool,  # noqa: FBT001
) -> None:
    query = f"{kind} {{ sleep(seconds: 0.5) }}"
    with pytest.raises(httpx.ReadTimeout):
        await http.post("/graphql", json={"query": query}, timeout=0.2)
    async with asyncio.timeout(3):
        await (seen.ended if goes_on else seen.cancelled).wait()
        await endpoint.operations.finished()
    assert seen.cancelled.is_set() is not goes_on


@pytest.mark.parametrize(
    ("kind", "told"), [("query", "LIMIT_EXCEEDED"), ("mutation", "UNKNOWN_OUTCOME")]
)
async def test_what_takes_too_long_is_ended(
    post: Post, endpoint: Endpoint, seen: Seen, kind: str, told: str
) -> None:
    operations = endpoint.operations
    admission = operations.admission
    admission.limits = dataclasses.replace(admission.limits, seconds=0.1)
    answer = await post(f"{kind} {{ sleep(seconds: 60) }}")
    assert code(answer) == told
    assert seen.cancelled.is_set()


async def test_an_answer_is_not_guessed_at_nor_kept(post: Post) -> None:
    answer = await post("{ __typename }")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers


async def test_many_questions_at_once_have_their_own_answers(
    http: httpx.AsyncClient,
) -> None:
    async def ask(number: int) -> Any:
        query = f"{{ x{number}: __typename }}"
        headers = {"authorization": GOOD}
        return (
            await http.post("/graphql", json={"query": query}, headers=headers)
        ).json()

    answers = await asyncio.gather(*(ask(number) for number in range(50)))
    assert answers == [{"data": {f"x{number}": "Query"}} for number in range(50)]
