"""Somebody who is signed in, and talks with a server over its sockets."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.waiting import SECONDS, until_told

ENDED = {"COMPLETED", "FAILED", "CANCELLED"}


class Client:
    """Somebody who is signed in. The address changes when the server starts again."""

    def __init__(self) -> None:
        self.http = httpx.AsyncClient(timeout=SECONDS)
        self.tokens: dict[str, str] = {}
        self.url = ""

    @property
    def headers(self) -> dict[str, str]:
        token = self.tokens.get("accessToken")
        return {"authorization": f"Bearer {token}"} if token else {}

    async def ask(self, query: str, **variables: Any) -> Any:
        """The first field of the answer. Fails for an error, and for a refusal."""
        body = {"query": query, "variables": variables}
        url = f"{self.url}/graphql"
        said = (await self.http.post(url, json=body, headers=self.headers)).json()
        assert "errors" not in said, said
        field = next(iter(said["data"].values()))
        assert not (isinstance(field, dict) and field.get("userErrors")), field
        return field

    async def do(self, name: str, shown: str, /, **given: Any) -> Any:
        """What a mutation gives that takes one input."""
        kind = name[0].upper() + name[1:]
        return await self.ask(
            f"mutation($i: {kind}Input!) {{ {name}(input: $i)"
            f" {{ {shown} userErrors {{ message field }} }} }}",
            i=given,
        )

    async def sign_up(self) -> None:
        shown = "tokens { accessToken refreshToken }"
        email = f"{random.getrandbits(64)}@example.org"
        password = "a machine that hums"  # noqa: S105  nobody's
        said = await self.do("signUp", shown, email=email, password=password)
        self.tokens = said["tokens"]

    async def upload(
        self, content: bytes | AsyncIterator[bytes], key: str
    ) -> dict[str, Any]:
        answer = await self.http.post(
            f"{self.url}/upload?name=rows.csv",
            content=content,
            headers={**self.headers, "idempotency-key": key},
        )
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["fileUpload"]

    async def ended(self, kind: str, id_: str) -> str:
        """How a dataset's or an analysis's job ended."""
        query = f"query($id: ID!) {{ {kind}(id: $id) {{ job {{ status error }} }} }}"

        async def status() -> str | None:
            job = (await self.ask(query, id=id_))["job"]
            return job["status"] if job["status"] in ENDED else None

        return await until_told(status, 2 * SECONDS) or ""


@asynccontextmanager
async def streaming(
    client: Client, analysis: str
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection whose answer is read while the request is still being sent."""
    host, _, port = client.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = [
        f"POST /analyses/{analysis}/points HTTP/1.1",
        "host: test",
        "transfer-encoding: chunked",
        *(f"{name}: {value}" for name, value in client.headers.items()),
    ]
    try:
        writer.write("\r\n".join([*head, "", ""]).encode())
        yield reader, writer
    finally:
        writer.close()
