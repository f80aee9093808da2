"""Files on their way in, through GraphQL and by themselves."""

import gzip
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from db.models import AuditEntry, FileUpload
from db.session import Database
from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.policy import Policy
from schema import schema
from tests.conftest import As, Ask, Someone
from tests.journeys import (
    UPLOAD,
    File,
    codes,
    counted,
    errors,
    kept,
    last_entries,
    parquet,
)

GOOD = b"a,b\n1,2\n3,4\n"
PACKED = parquet({"a": [1, 3], "b": [2.0, 4.0]})
COLUMNS = ",".join(f"c{n}" for n in range(10_000))
BAD = {
    "a short row": (b"a,b\n1,2\n3\n", "line 3: the row has 1 cell and the header 2"),
    "a long row": (b"a,b\n1,2,3\n", "line 2: the row has 3 cells and the header 2"),
    "a NUL byte": (b"a,b\n1,x\0y\n", "line 2, column 'b': the text has a NUL byte"),
    "Latin-1": (b"n,m\nRen\xe9,1\n", "line 2, column 'n': the bytes b'\\xe9' are not"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "is text in UTF-16; save it as UTF-8"),
    "a repeated name": (b"a,b,a\n1,2,3\n", "line 1, column 'a': columns 1 and 3"),
    "an empty name": (b"a,,c\n1,2,3\n", "line 1, column 2: the column has no name"),
    "NaN": (b"a,b\n1,2\n3,NaN\n", "line 3, column 'b': 'NaN' is no finite number"),
    "infinity": (b"a,b\n-inf,4\n", "line 2, column 'a': '-inf' is no finite number"),
    "10,000 columns": (COLUMNS.encode(), "line 1: the header has 10000 columns; 1 to"),
    "a header alone": (b"a,b\n", "has a header and no rows; at least one is expected"),
    "an empty file": (b"", "the file is empty; a header and a row are expected"),
    "a gzip bomb": (gzip.compress(b"a\n" + b"1\n" * (9 << 20)), "100 times"),
    "half a gzip file": (gzip.compress(GOOD * 9)[:-9], "cannot be unpacked"),
    "half a Parquet file": (b"PAR1" + b"x" * 99, "cannot be read as Parquet"),
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("readings.csv", GOOD),
        ("Zoë 的 📈.csv", GOOD),
        ("../../etc/passwd", GOOD),
        ("readings.csv.gz", gzip.compress(GOOD)),
        ("readings.parquet", PACKED),
        ("readings.parquet.gz", gzip.compress(PACKED)),
        ("x" * 255, GOOD),
    ],
    ids=["csv", "unicode", "path", "gzip", "parquet", "packed parquet", "long name"],
)
async def test_a_file_is_kept_as_it_came(
    ask: Ask, tmp_path: Path, name: str, content: bytes
) -> None:
    data = await ask(UPLOAD, input={"file": File(content, name)})
    kept_file = data["fileUpload"]["fileUpload"]
    assert data["fileUpload"]["userErrors"] == []
    assert kept_file["id"].startswith("file_upload_")
    del kept_file["id"]
    assert kept_file == {
        "originalFilename": name,
        "fileSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
        "status": "PENDING",
        "rowCount": 2,
        "columns": ["a", "b"],
    }
    [key] = kept(tmp_path)
    assert key.startswith("uploads/")
    assert (tmp_path / "files" / key).read_bytes() == content


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD.keys())
async def test_what_is_no_table_is_refused_and_nothing_of_it_stays(
    ask: Ask, database: Database, tmp_path: Path, content: bytes, said: str
) -> None:
    data = await ask(UPLOAD, input={"file": File(content)})
    [error] = data["fileUpload"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["file"])
    assert said in error["message"]
    assert data["fileUpload"]["fileUpload"] is None
    assert await counted(database, FileUpload) == 0
    assert kept(tmp_path) == []
    assert await counted(database, AuditEntry) == 1
    assert await last_entries(database, 1) == [("fileUpload", "failure", "INVALID")]


@pytest.mark.parametrize("name", ["", None, "x" * 256, "a\0b"])
async def test_a_file_needs_a_name(ask: Ask, tmp_path: Path, name: str | None) -> None:
    data = await ask(UPLOAD, input={"file": File(GOOD, name)})
    assert errors(data["fileUpload"]) == [("INVALID", ["file"])]
    assert kept(tmp_path) == []


@pytest.mark.parametrize("given", ["a.csv", 5, None, {}])
async def test_a_file_that_is_none_is_a_bad_request(as_: As, given: object) -> None:
    assert await codes(as_, UPLOAD, input={"file": given}) == ["BAD_REQUEST"]


class Endless(File):
    """A file that never ends, and knows how much of it was read."""

    taken = 0

    async def read(self, size: int | None = -1) -> bytes:
        Endless.taken += size or 0
        return b"1,2\n" * ((size or 0) // 4)


async def test_a_file_that_is_too_large_is_not_read_to_its_end(
    equipment: Equipment, analyst: Actor, tmp_path: Path
) -> None:
    small = replace(equipment, policy=Policy(upload_bytes=5 << 20))
    file = {"input": {"file": Endless(b"")}}
    result = await schema.execute(UPLOAD, file, context_value=Context(small, analyst))
    [error] = (result.data or {})["fileUpload"]["userErrors"]
    assert error["code"] == "LIMIT_EXCEEDED"
    assert error["message"] == "a file has at most 5242880 bytes"
    assert Endless.taken <= 6 << 20
    assert kept(tmp_path) == []


async def test_a_viewer_keeps_no_files(as_: As, someone: Someone) -> None:
    viewer = await someone(BaseRole.VIEWER)
    given = {"input": {"file": File(GOOD)}}
    result = await schema.execute(UPLOAD, given, context_value=as_(viewer))
    [error] = result.errors or []
    assert (error.extensions or {})["code"] == "FORBIDDEN"


async def test_under_a_key_a_file_is_kept_once(
    ask: Ask, database: Database, tmp_path: Path
) -> None:
    async def keep(content: bytes) -> dict[str, object]:
        given = {"file": File(content), "idempotencyKey": "mine"}
        return (await ask(UPLOAD, input=given))["fileUpload"]

    first, second, third = [await keep(one) for one in (GOOD, GOOD, GOOD + b"5,6\n")]
    assert first["fileUpload"] == second["fileUpload"]
    assert (first["idempotencyReplayed"], second["idempotencyReplayed"]) == (
        False,
        True,
    )
    assert errors(third) == [("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])]
    assert await counted(database, FileUpload) == 1
    assert len(kept(tmp_path)) == 1


async def test_a_file_by_itself_is_answered_with_the_payload(
    web: httpx.AsyncClient, ask: Ask
) -> None:
    told = await web.post("/upload?name=Zo%C3%AB.csv", content=GOOD)
    shown = told.json()
    assert told.status_code == 201
    assert shown["userErrors"] == []
    assert shown["fileUpload"]["originalFilename"] == "Zoë.csv"
    query = """query ($id: ID!) { fileUpload(id: $id) { id originalFilename fileSize
      sha256 status rowCount columns } }"""
    assert await ask(query, id=shown["fileUpload"]["id"]) == {
        "fileUpload": shown["fileUpload"]
    }


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD.keys())
async def test_a_file_by_itself_that_is_no_table_is_refused_alike(
    web: httpx.AsyncClient,
    database: Database,
    tmp_path: Path,
    content: bytes,
    said: str,
) -> None:
    told = await web.post("/upload?name=a.csv", content=content)
    assert told.status_code == 422
    assert said in told.json()["userErrors"][0]["message"]
    assert errors(told.json()) == [("INVALID", ["file"])]
    assert told.json()["fileUpload"] is None
    assert await counted(database, FileUpload) == 0
    assert kept(tmp_path) == []
    assert await last_entries(database, 1) == [("fileUpload", "failure", "INVALID")]


async def test_a_file_by_itself_is_kept_once_under_a_key(
    web: httpx.AsyncClient, tmp_path: Path
) -> None:
    headers = {"idempotency-key": "mine"}
    first, second = [
        await web.post("/upload?name=a.csv", content=GOOD, headers=headers)
        for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["fileUpload"] == second.json()["fileUpload"]
    assert second.json()["idempotencyReplayed"]
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [
        ("GET", {}, 405, "BAD_REQUEST"),
        ("POST", {"authorization": ""}, 401, "UNAUTHENTICATED"),
        ("POST", {"authorization": "Bearer forged"}, 401, "UNAUTHENTICATED"),
        ("POST", {"idempotency-key": "x" * 101}, 422, None),
    ],
)
async def test_an_upload_is_refused_as_a_request(
    web: httpx.AsyncClient,
    tmp_path: Path,
    method: str,
    headers: dict[str, str],
    status: int,
    code: str | None,
) -> None:
    told = await web.request(method, "/upload", content=GOOD, headers=headers)
    assert told.status_code == status
    if code:
        assert told.json()["errors"][0]["extensions"]["code"] == code
    else:
        assert errors(told.json()) == [("INVALID", ["idempotencyKey"])]
    assert kept(tmp_path) == []


async def test_nothing_of_a_file_stays_whose_sender_left(
    web: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    class Left(Exception):
        pass

    async def half() -> AsyncIterator[bytes]:
        yield GOOD * 1_000
        raise Left

    with pytest.raises(Left):
        await web.post("/upload?name=a.csv", content=half())
    await web.post("/upload?name=b.csv", content=GOOD)
    assert await counted(database, FileUpload) == 1
    assert len(kept(tmp_path)) == 1
