"""What a client does with models, versions and aliases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from resolvers.context import Context
from schema import schema
from tests.conftest import Ask
from tests.journeys import ERRORS, File

MODEL = "model { id revision name description task tags }"
VERSION = """modelVersion { id version number label description status algorithm
  framework artifact loadable warnings fileSize sha256 inputSchema outputSchema
  inputExample signatureSource metrics tags metadata isActive createdBy { id } }"""
ALIAS = "modelAlias { id version alias protected modelVersion { number } }"
SHOWN = {
    "modelCreate": f"{MODEL} idempotencyReplayed",
    "modelUpdate": MODEL,
    "modelDelete": "deletedId",
    "modelVersionCreate": f"{VERSION} idempotencyReplayed",
    "modelVersionUpdate": VERSION,
    "modelVersionSetStatus": VERSION,
    "modelVersionDelete": "deletedId",
    "modelAliasSet": ALIAS,
    "modelAliasDelete": "deletedId",
}
PICKLE = b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00]\x94(K\x01K\x02e."
"""A list of two numbers, which is code all the same."""


@dataclass(frozen=True)
class Registry:
    """Somebody's models."""

    ask: Ask

    async def payload(self, name: str, /, **given: Any) -> Any:
        """What a mutation answers."""
        kind = name[0].upper() + name[1:]
        text = f"""mutation ($input: {kind}Input!) {{
            {name}(input: $input) {{ {SHOWN[name]} {ERRORS} }} }}"""
        return (await self.ask(text, input=given))[name]

    async def do(self, name: str, /, **given: Any) -> Any:
        """The row that comes of a mutation. The test fails where it is refused."""
        payload = await self.payload(name, **given)
        assert payload["userErrors"] == []
        return next(payload[one] for one in payload if one != "userErrors")

    async def refused(self, name: str, /, **given: Any) -> tuple[str, list[str], str]:
        """Why a mutation is refused: code, field and message."""
        [error] = (await self.payload(name, **given))["userErrors"]
        return error["code"], error["field"], error["message"]

    async def model(self, name: str = "spam", **given: Any) -> str:
        """The id of a new model."""
        return (await self.do("modelCreate", name=name, **given))["id"]

    async def version(self, model: str, content: bytes = PICKLE, **given: Any) -> Any:
        """A new version."""
        file = File(content, "model.bin")
        return await self.do("modelVersionCreate", model=model, file=file, **given)

    async def point(self, version: Mapping[str, Any], **given: Any) -> Any:
        """Let production lead to a version, if no other alias is said."""
        said = {"alias": "production", "modelVersion": version["id"], **given}
        return await self.do("modelAliasSet", **said)


async def told(context: Context, query: str, **given: Any) -> Any:
    """What an operation is answered. The test fails if it has errors."""
    result = await schema.execute(query, given, context_value=context)
    assert not result.errors, result.errors
    return orjson.loads(orjson.dumps(result.data))


@pytest.fixture
def registry(ask: Ask) -> Registry:
    return Registry(ask)
