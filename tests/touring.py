"""A tour that is printed in a document, step by step, and somebody who takes it."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import httpx
import orjson

from resolvers.context import Context
from resolvers.equipment import Equipment
from schema import schema
from server.app import create_app
from server.authentication import Authentication
from server.graphiql.tour import TOKEN, Operation, values
from server.settings import Settings

URL = "http://heliograph.test"
ROOT = Path(__file__).parents[1]
KEPT = re.compile(r"`([\w.]+)` as\s+`([A-Z_]+)`")


@dataclass
class Step:
    """An operation or a command, and what is kept of its answer, by name."""

    title: str
    kept: dict[str, str]
    command: str | None = None
    operation: Operation | None = None


def steps(markdown: str) -> Iterator[Step]:
    """Every step of a document that is a tour as a whole, in order."""
    found: Step | None = None
    title, begun = "", 0
    for token in TOKEN.finditer(markdown):
        kind, text = token["language"], token["text"]
        if token["bold"]:
            title, begun = token["bold"].strip(" ,."), token.start()
        elif kind == "json" and found and found.operation:
            query = found.operation.query
            found.operation = Operation(title, query, values(title, text))
        elif kind in {"graphql", "sh"}:
            if found:
                yield found
            said = KEPT.findall(markdown[begun : token.start()])
            found = Step(title, {name: path for path, name in said})
            if kind == "sh":
                found.command = text
            else:
                found.operation = Operation(title, text.strip())
    if found:
        yield found


@dataclass
class Traveller:
    """Somebody who takes a tour over HTTP, and puts in what was answered before."""

    equipment: Equipment
    kept: dict[str, str] = field(default_factory=dict[str, str])
    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    """What each operation gave, by its name; of a subscription all answers."""

    async def take(self, step: Step) -> None:
        if step.command:
            answer = await self._command(self._filled(step.command))
        else:
            assert step.operation
            answer = await self._operation(step.operation)
        for name, path in step.kept.items():
            self.kept[name] = _at(answer, path)

    async def _operation(self, step: Operation) -> Any:
        variables = orjson.loads(self._filled(orjson.dumps(step.variables).decode()))
        kind, name = step.query.split()[:2]
        run = self._listened if kind == "subscription" else self._asked
        answer = self.answers[re.split(r"\W", name)[0]] = await run(
            step.query, variables
        )
        return answer

    async def _asked(self, query: str, variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        answer = await self._sent("/graphql", json=body)
        assert "errors" not in answer, answer
        for payload in answer["data"].values():
            assert not payload.get("userErrors"), payload
        return answer["data"]

    async def _listened(self, query: str, variables: Any) -> list[Any]:
        """Everything that is told, to its end."""
        bearer = self._headers.get("Authorization")
        who = await Authentication(self.equipment).authenticate(bearer)
        context = Context(self.equipment, who.actor)
        events: Any = await schema.subscribe(query, variables, context)
        told = [event async for event in events]
        assert not [event.errors for event in told if event.errors]
        return [orjson.loads(orjson.dumps(event.data)) for event in told]

    async def _command(self, command: str) -> Any:
        """What curl would have been answered."""
        said = iter(shlex.split(command))
        given: dict[str, Any] = {"headers": {}}
        url = ""
        for word in said:
            if word == "--data-binary":
                given["content"] = (ROOT / next(said).removeprefix("@")).read_bytes()
            elif word == "-H":
                name, _, value = next(said).partition(": ")
                given["headers"][name] = value
            elif word != "curl":
                url = word
        return await self._sent(httpx.URL(url).raw_path.decode(), **given)

    async def _sent(self, path: str, **given: Any) -> Any:
        transport = httpx.ASGITransport(create_app(self.equipment, Settings()))
        given.setdefault("headers", self._headers)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            answer = await client.post(path, **given)
        assert answer.status_code < 300, answer.text
        return answer.json()

    @property
    def _headers(self) -> dict[str, str]:
        token = self.kept.get("TOKEN")
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _filled(self, text: str) -> str:
        """A text with what was kept in the place of its name."""
        names = re.compile("|".join([*map(re.escape, self.kept), "$^"]))
        return names.sub(lambda found: self.kept[found[0]], text)


def _at(answer: Any, path: str) -> Any:
    return reduce(
        lambda found, name: found[int(name) if name.isdigit() else name],
        path.split("."),
        answer,
    )
