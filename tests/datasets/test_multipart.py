"""GraphQL requests with files, as programs send them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.models import FileUpload
from db.session import Database
from tests.conftest import Ask
from tests.journeys import UPLOAD, counted, errors, kept

GOOD = b"a,b\n1,2\n3,4\n"
EDGE = "limit"
PREFLIGHT = {"apollo-require-preflight": "true"}
TYPE = {**PREFLIGHT, "content-type": f"multipart/form-data; boundary={EDGE}"}
ASKED = {"query": UPLOAD, "variables": {"input": {"file": None}}}
HERE = {"0": ["variables.input.file"]}


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'--{EDGE}\r\ncontent-disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def body(
    operations: Any = ASKED, places: Any = HERE, *more: bytes, end: bool = True
) -> bytes:
    """A request by hand; `more` are the parts after the first two."""
    given = [
        part(name, said if isinstance(said, bytes) else json.dumps(said).encode())
        for name, said in (("operations", operations), ("map", places))
        if said is not None
    ]
    files = more or (part("0", GOOD, "a.csv"),)
    return b"".join([*given, *files]) + (f"--{EDGE}--\r\n".encode() if end else b"")


@pytest.mark.parametrize("part_name", ["0", "file", "variables.input.file", "é 1"])
@pytest.mark.parametrize("filename", ["a.csv", "Zoë 的 📈.csv", "a;b=c.csv"])
async def test_a_file_comes_in_a_part_of_any_name(
    web: httpx.AsyncClient, tmp_path: Path, part_name: str, filename: str
) -> None:
    told = await web.post(
        "/graphql",
        headers=PREFLIGHT,
        data={
            "operations": json.dumps(ASKED),
            "map": json.dumps({part_name: HERE["0"]}),
        },
        files={part_name: (filename, GOOD), "unmapped": ("b.csv", b"whatever")},
    )
    payload = told.json()["data"]["fileUpload"]
    assert payload["userErrors"] == []
    assert payload["fileUpload"]["originalFilename"] == filename
    [key] = kept(tmp_path)
    assert (tmp_path / "files" / key).read_bytes() == GOOD


async def test_every_byte_of_a_file_comes(web: httpx.AsyncClient, ask: Ask) -> None:
    content = b"a\n" + b"x" * 2**20 + b"\r\n--limi\r\n--limit\n" + "é\n".encode()
    parts = part("0", content, "a.csv")
    told = await web.post("/graphql", headers=TYPE, content=body(ASKED, HERE, parts))
    shown = told.json()["data"]["fileUpload"]
    assert shown["fileUpload"] is None or int(shown["fileUpload"]["fileSize"]) == len(
        content
    )
    assert "longer than" in shown["userErrors"][0]["message"]


async def test_several_files_come_in_a_list(web: httpx.AsyncClient) -> None:
    asked = {**ASKED, "variables": {"input": {"file": None}, "more": [None, None]}}
    places = {
        "a": ["variables.more.0"],
        "b": ["variables.more.1", "variables.input.file"],
    }
    files = [part(name, GOOD, f"{name}.csv") for name in places]
    told = await web.post("/graphql", headers=TYPE, content=body(asked, places, *files))
    payload = told.json()["data"]["fileUpload"]
    assert payload["fileUpload"]["originalFilename"] == "b.csv"


async def test_an_empty_file_is_a_file(web: httpx.AsyncClient) -> None:
    files = part("0", b"", "a.csv")
    told = await web.post("/graphql", headers=TYPE, content=body(ASKED, HERE, files))
    payload = told.json()["data"]["fileUpload"]
    assert errors(payload) == [("INVALID", ["file"])]
    assert "the file is empty" in payload["userErrors"][0]["message"]


LISTED = {**ASKED, "variables": [None]}
FILLED = {**ASKED, "variables": {"input": {"file": "here"}}}
BROKEN = {
    "no operations": body(None),
    "no map": body(ASKED, None),
    "operations that are a file": part("operations", b"{}", "o.json")
    + body(None, HERE),
    "operations that are no JSON": body(b"{"),
    "operations in a list": body([ASKED]),
    "operations that are a number": body(b"5"),
    "operations 100,000 deep": body(b'{"variables":' + b"[" * 100_000),
    "an endless number": body(b'{"query": "{a}", "variables": ' + b"9" * 5_000 + b"}"),
    "a map that is no JSON": body(ASKED, b"{"),
    "a map in a list": body(ASKED, [HERE]),
    "a map to no list": body(ASKED, {"0": "variables.input.file"}),
    "a map to numbers": body(ASKED, {"0": [1]}),
    "a path elsewhere": body(ASKED, {"0": ["query"]}),
    "a path to the variables": body(ASKED, {"0": ["variables"]}),
    "a path to nothing": body(ASKED, {"0": ["variables.input.other"]}),
    "a path past a list": body(ASKED, {"0": ["variables.input.file.0"]}),
    "a path to an endless place": body(LISTED, {"0": [f"variables.{'9' * 5_000}"]}),
    "a path to what is not null": body(FILLED),
    "the same place twice": body(ASKED, {"0": HERE["0"] * 2}),
    "a file that was not sent": body(ASKED, {"1": HERE["0"]}),
    "a file that is a field": body(ASKED, HERE, part("0", GOOD)),
    "no last boundary": body(end=False),
    "a body cut in a file": body()[:-60],
    "another boundary": body().replace(EDGE.encode(), b"other"),
    "an empty body": b"",
    "a part without a name": body().replace(b'; name="0"', b""),
    "too many parts": body(ASKED, HERE, *(part(str(n), GOOD, "a") for n in range(21))),
    "too many fields": body(ASKED, HERE, *(part(str(n), GOOD) for n in range(21))),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
async def test_what_does_not_keep_to_the_specification_is_a_bad_request(
    web: httpx.AsyncClient, database: Database, tmp_path: Path, content: bytes
) -> None:
    told = await web.post("/graphql", headers=TYPE, content=content)
    assert told.status_code == 400
    [error] = told.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "data" not in told.json()
    assert await counted(database, FileUpload) == 0
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("type_", "status"),
    [
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; charset=undefined; boundary=limit", 400),
        (f"Multipart/Form-Data; Boundary={EDGE}", 200),
        (f'multipart/form-data; boundary="{EDGE}"', 200),
    ],
)
async def test_a_body_says_where_its_parts_end(
    web: httpx.AsyncClient, type_: str, status: int
) -> None:
    headers = {**PREFLIGHT, "content-type": type_}
    told = await web.post("/graphql", headers=headers, content=body())
    assert told.status_code == status


async def test_a_page_of_another_origin_sends_no_files(web: httpx.AsyncClient) -> None:
    headers = {"content-type": TYPE["content-type"]}
    told = await web.post("/graphql", headers=headers, content=body())
    assert told.status_code == 415


async def test_a_body_of_a_megabyte_passes_and_one_of_64_does_not(
    web: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def large(megabytes: int) -> AsyncIterator[bytes]:
        start, end = body(ASKED, HERE, part("0", b"a\n", "a.csv")).split(b"a\n\r\n")
        yield start + b"a\n"
        for _ in range(megabytes):
            yield b"12345,x\n" * 2**17
        yield b"\r\n" + end

    refused = await web.post("/graphql", headers=TYPE, content=large(64))
    assert refused.status_code == 413
    assert refused.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    whole = body(ASKED, HERE, part("0", b"a\n" + b"1234567\n" * 2**17, "a.csv"))
    passed = await web.post("/graphql", headers=TYPE, content=whole)
    assert passed.json()["data"]["fileUpload"]["fileUpload"]["rowCount"] == 2**17
    assert len(kept(tmp_path)) == 1
