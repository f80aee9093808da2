"""What a request may look like, and that nothing else hurts the server."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server import body
from tests.server.conftest import GOOD, Post, Seen

JSON = {"content-type": "application/json"}
FORM = "application/x-www-form-urlencoded"
DEEP = "[" * 100_000
QUERY = '{"query": "{ __typename }"'
MALFORMED = {
    "empty": b"",
    "null": b"null",
    "a number": b"5",
    "a string": b'"{ __typename }"',
    "a list": b'[{"query": "{ __typename }"}]',
    "half an object": b'{"query": "{ __',
    "not UTF-8": b'{"query": "\xff"}',
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "half a character": b'{"query": "\\ud800"}',
    "no number": b'{"query": NaN}',
    "an infinite number": f'{QUERY}, "variables": {{"x": 1e999}}}}'.encode(),
    "an endless number": f'{QUERY}, "variables": {{"x": {"9" * 5000}}}}}'.encode(),
    "100,000 deep": f'{QUERY}, "variables": {DEEP}'.encode(),
    "no query": b"{}",
    "an empty query": b'{"query": ""}',
    "a query that is null": b'{"query": null}',
    "a query that is a number": b'{"query": 5}',
    "variables in a list": f'{QUERY}, "variables": []}}'.encode(),
    "variables as text": f'{QUERY}, "variables": "{{}}"}}'.encode(),
    "a number as name": f'{QUERY}, "operationName": 5}}'.encode(),
    "extensions in a list": f'{QUERY}, "extensions": []}}'.encode(),
}
EMPTY = {"variables": None, "operationName": None, "extensions": None}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.text(max_size=5), below, max_size=3)
    ),
    max_leaves=8,
)
TEXTS = st.sampled_from(
    ["{ __typename }", "{ a }", "{", "query ($a: Int) { __typename }"]
)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "query": TEXTS | VALUES,
        "variables": VALUES,
        "operationName": VALUES,
        "extensions": VALUES,
        "documentId": st.sampled_from([f"sha256:{'0' * 64}", "x"]) | VALUES,
    },
)


def code(answer: httpx.Response) -> str:
    [error] = answer.json()["errors"]
    return error["extensions"]["code"]


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_body_is_the_clients_mistake(
    http: httpx.AsyncClient, content: bytes
) -> None:
    answer = await http.post("/graphql", content=content, headers=JSON)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_what_is_not_needed_may_be_null_or_more(post: Post) -> None:
    answer = await post("{ __typename }", **EMPTY, another={"thing": 1})
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"query": ""},
        {"query": "{ __typename }", "variables": "{"},
        {"query": "{ __typename }", "variables": "[]"},
        {"query": "{ __typename }", "extensions": "5"},
    ],
)
async def test_a_malformed_url_is_the_clients_mistake(
    http: httpx.AsyncClient, given: dict[str, str]
) -> None:
    answer = await http.get("/graphql", params=given)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json"}, 200),
        ({"content-type": "Application/JSON ; charset=utf-8; x=y"}, 200),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": FORM}, 415),
        ({"content-type": "application/graphql"}, 415),
        ({}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({**JSON, "content-encoding": "gzip"}, 415),
        ({"content-type": "text/plain", "apollo-require-preflight": "true"}, 415),
    ],
)
async def test_only_what_a_foreign_page_must_ask_for_first_is_run(
    http: httpx.AsyncClient, seen: Seen, headers: dict[str, str], status: int
) -> None:
    content = b'{"query": "mutation { testLogin }"}'
    answer = await http.post("/graphql", content=content, headers=headers)
    assert answer.status_code == status
    assert seen.logins == (status == 200)


@pytest.mark.parametrize(("sent", "status"), [("true", 200), ("", 415)])
async def test_files_come_with_a_header_that_asks_first(
    http: httpx.AsyncClient, sent: str, status: int
) -> None:
    headers = {"apollo-require-preflight": sent}
    answer = await http.post("/graphql", files={"0": b"x"}, headers=headers)
    assert answer.status_code == status


async def test_a_body_has_a_size(http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 2**17

    for content in (b" " * (body.LARGEST + 1), chunks()):
        answer = await http.post("/graphql", content=content, headers=JSON)
        assert (answer.status_code, code(answer)) == (413, "LIMIT_EXCEEDED")
    padding = " " * (body.LARGEST - len(QUERY) - 1)
    answer = await http.post("/graphql", content=QUERY + padding + "}", headers=JSON)
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_a_body_that_does_not_arrive_is_not_waited_for(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "SECONDS", 0.1)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(1)

    answer = await http.post("/graphql", content=slow(), headers=JSON)
    assert (answer.status_code, code(answer)) == (408, "BAD_REQUEST")


async def test_a_client_that_leaves_in_its_first_words_is_no_fault(
    address: str, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = address.split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: 99\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await post("{ __typename }")).status_code == 200
    assert not caplog.records


@given(REQUESTS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_request_is_our_fault(http: httpx.AsyncClient, asked: Any) -> None:
    headers = {**JSON, "authorization": GOOD}
    answer = await http.post("/graphql", content=json.dumps(asked), headers=headers)
    assert answer.status_code in {200, 400}
    codes = {one["extensions"]["code"] for one in answer.json().get("errors", [])}
    unknown = "PERSISTED_OPERATION_NOT_FOUND"
    assert codes <= {"BAD_REQUEST", "LIMIT_EXCEEDED", unknown}


@given(st.binary(max_size=200))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_bytes_are_our_fault(http: httpx.AsyncClient, content: bytes) -> None:
    answer = await http.post("/graphql", content=content, headers=JSON)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_a_malformed_body_is_refused_in_no_time(http: httpx.AsyncClient) -> None:
    began = time.perf_counter()
    await http.post("/graphql", content="[" * 1_000_000, headers=JSON)
    assert time.perf_counter() - began < 1
