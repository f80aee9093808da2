"""What is too much to ask, over HTTP and websockets alike."""

import threading
import time
from typing import Any

import httpx
import pytest
from graphql import build_client_schema, execute_sync, get_introspection_query

from server import operations
from server.endpoint import Endpoint
from server.limits import Limits
from tests.server.clients import talking
from tests.server.conftest import GOOD, Post


def doubling(fragments: int) -> str:
    said = [
        f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}"
        for i in range(fragments - 1)
    ]
    last = f"fragment F{fragments - 1} on Query {{ __typename }}"
    return " ".join(["{ ...F0 }", *said, last])


def introspection(levels: int) -> str:
    text = "name"
    for _ in range(levels):
        text = f"ofType {{ {text} }}"
    return f'{{ __type(name: "Query") {{ {text} }} }}'


ALIASES = " ".join(f"a{i}: __typename" for i in range(51))
MANY: dict[str, Any] = {
    "aliases": {"query": f"{{ alerts {{ {ALIASES} }} }}"},
    "root fields": {"query": "{" + "__typename " * 21 + "}"},
    "tokens": {"query": "{" + "__typename " * 2_000 + "}"},
    "characters": {"query": "{ __typename }" + " " * 32 * 1024},
    "levels of fields": {"query": "{" + "node(id: 1) {" * 12 + "id" + "}" * 13},
    "levels of introspection": {"query": introspection(15)},
    "fields of introspection": {
        "query": "{ __schema { types {" + "name " * 300 + "} } }"
    },
    "introspections": {
        "query": '{ __schema { description } __type(name: "Query") { name } }'
    },
    "fields of one name": {"query": "{ viewer {" + "email " * 900 + "} }"},
    "directives": {"query": "{ __typename " + "@skip(if: false) " * 21 + "}"},
    "fragments": {"query": doubling(51)},
    "fields": {"query": doubling(30)},
    "operations": {
        "query": " ".join(f"query A{i} {{ __typename }}" for i in range(6)),
        "operationName": "A1",
    },
    "points of cost": {
        "query": """{ alerts(first: 100) { nodes { rule {
          alerts(first: 100) { nodes { id } } } } } }"""
    },
    "items of a list": {
        "query": '{ nodes(ids: ["' + '" "'.join(["x"] * 1001) + '"]) { id } }'
    },
    "items of a list in the variables": {
        "query": "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        "variables": {"ids": ["x"] * 1001},
    },
    "values in the variables": {"variables": {"x": [[True] * 999] * 11}},
    "levels of variables": {
        "variables": {"x": [[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]}
    },
    "characters in a string": {"variables": {"x": "x" * (2**16 + 1)}},
    "of this costly kind": {
        "query": "{ a: auditVerify { isWhole } b: auditVerify { isWhole } }"
    },
    "of this kind": {"query": "mutation { a: testLogin b: testLogin }"},
}
FEW: dict[str, Any] = {
    "aliases": {"query": "{" + " ".join(f"a{i}: __typename" for i in range(15)) + "}"},
    "root fields": {"query": "{" + "__typename " * 20 + "}"},
    "directives": {"query": "{" + "__typename @skip(if: false) " * 20 + "}"},
    "depth": {
        "query": "{ alerts { nodes { rule { alerts(first: 1) { nodes { id } } } } } }"
    },
    "introspection": {"query": get_introspection_query()},
    "all of introspection": {
        "query": get_introspection_query(
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
            one_of=True,
        )
    },
    "operations": {
        "query": " ".join(f"query A{i} {{ __typename }}" for i in range(5)),
        "operationName": "A1",
    },
    "lists of one name": {
        "query": "{" + "alertRules(first: 1) { nodes { id name } } " * 20 + "}"
    },
    "rows of measurements": {"variables": {"x": [{"values": [0.5] * 2_000}] * 30}},
    "a dashboard": {
        "query": """{ alertRules { totalCount nodes { name
          alerts(first: 5) { totalCount nodes { id } } } } }"""
    },
}
USUAL = {"query": "{ __typename }"}


@pytest.mark.parametrize("asked", MANY.values(), ids=MANY.keys())
async def test_too_much_is_refused_at_once_and_without_data(
    post: Post, asked: dict[str, Any]
) -> None:
    began = time.perf_counter()
    answer = await post(**{**USUAL, **asked})
    assert time.perf_counter() - began < 2
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "data" not in answer.json()


@pytest.mark.parametrize("asked", FEW.values(), ids=FEW.keys())
async def test_what_honest_clients_ask_is_answered(
    post: Post, asked: dict[str, Any]
) -> None:
    assert "errors" not in (await post(**{**USUAL, **asked})).json()


async def test_the_same_is_too_much_over_a_websocket(address: str) -> None:
    async with talking(address) as talk:
        await talk.init(authorization=GOOD)
        for asked in MANY.values():
            await talk.send("subscribe", id="1", payload={**USUAL, **asked})
            message = await talk.hear()
            assert message["type"] == "error"
            [error] = message["payload"]
            assert error["extensions"]["code"] == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("name", ["introspection", "all of introspection"])
async def test_strangers_may_ask_for_all_of_the_schema(
    http: httpx.AsyncClient, name: str
) -> None:
    answer = (await http.post("/graphql", json=FEW[name])).json()
    assert build_client_schema(answer["data"]).query_type


async def test_the_schema_is_told_by_a_thread_and_holds_up_nobody(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def noted(*given: Any, **named: Any) -> Any:
        seen.append(threading.current_thread().name)
        return execute_sync(*given, **named)

    monkeypatch.setattr(operations, "execute_sync", noted)
    for query in ("{ __schema { description } }", "{ __typename }"):
        assert "errors" not in (await post(query)).json()
    [name] = seen
    assert name.startswith("introspection")


async def test_introspection_that_goes_round_in_circles_is_refused(post: Post) -> None:
    around = "fields { type { fields { type { fields { name } } } } }"
    answer = await post(f"{{ __schema {{ types {{ {around} }} }} }}")
    assert "data" not in answer.json()


async def test_an_answer_has_nine_errors_at_most(post: Post) -> None:
    for query in (
        "{" + " ".join(f"nonsense{i}" for i in range(15)) + "}",
        "{" + " ".join(f'a{i}: alert(id: "x") {{ id }}' for i in range(15)) + "}",
    ):
        assert len((await post(query)).json()["errors"]) == 9


async def test_whoever_asks_for_much_signs_in_first(http: httpx.AsyncClient) -> None:
    query = "{ alerts(first: 100) { nodes { id } } }"
    answer = await http.post("/graphql", json={"query": query})
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { description } }",
        '{ ...F } fragment F on Query { __type(name: "Query") { name } }',
    ],
)
async def test_strangers_see_the_schema_only_where_they_may(
    endpoint: Endpoint, http: httpx.AsyncClient, post: Post, query: str
) -> None:
    assert "data" in (await http.post("/graphql", json={"query": query})).json()
    endpoint.operations.admission.limits = Limits(introspection=False)
    answer = await http.post("/graphql", json={"query": query})
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "data" in (await post(query)).json()


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "{ alertz { totalCount } }"},
        {"query": "{ alerts(frist: 1) { totalCount } }"},
        {"query": "{ node(id: 1) { ... on Alrt { id } } }"},
        {"query": "{ node(id: 1) { idd } }"},
        {
            "query": "query ($f: AlertFilter) { alerts(filter: $f) { totalCount } }",
            "variables": {"f": {"statuz": {}}},
        },
    ],
)
async def test_strangers_are_not_helped_to_guess_names(
    endpoint: Endpoint, http: httpx.AsyncClient, asked: dict[str, Any]
) -> None:
    assert "Did you mean" in (await http.post("/graphql", json=asked)).text
    endpoint.operations.admission.limits = Limits(introspection=False)
    answer = await http.post("/graphql", json=asked)
    assert answer.json()["errors"][0]["message"]
    assert "Did you mean" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "{ alerts(first: 0) { totalCount } }",
        "{ alerts(first: 101) { totalCount } }",
        "{ alerts(first: -1) { totalCount } }",
        "{ alerts(last: 0) { totalCount } }",
        f"{{ alerts(first: {2**31}) {{ totalCount }} }}",
        "{ alerts(first: 1.5) { totalCount } }",
        '{ alerts(after: "junk") { nodes { id } } }',
        '{ alerts(after: "%s", orderBy: {field: OCCURRENCES}) { nodes { id } } }'
        % ("0" * 32),
        '{ alert(id: "") { id } }',
        '{ alert(id: "alert_x") { id } }',
        '{ alert(id: "alert_rule_%s") { id } }' % ("0" * 32),
        '{ node(id: "\\u0000") { id } }',
        "{ node(id: 99999999999999999999999999) { id } }",
        '{ nodes(ids: ["x", null]) { id } }',
    ],
)
async def test_a_bad_argument_is_the_clients_mistake(post: Post, query: str) -> None:
    answer = await post(query)
    codes = {one["extensions"]["code"] for one in answer.json()["errors"]}
    assert (answer.status_code, codes) == (200, {"BAD_REQUEST"})
