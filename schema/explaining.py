"""How an operation was answered, for administrators who ask."""

from collections.abc import Mapping
from typing import Any

import orjson

from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from schema.splicing import Mixed


def execution_of(data: object) -> str:
    """Which execution gave some data: `compiled`, `mixed` or `batched`."""
    if isinstance(data, orjson.Fragment):
        return "compiled"
    return "mixed" if isinstance(data, Mixed) else "batched"


def wanted(extensions: Mapping[str, Any] | None, actor: Actor) -> bool:
    """Whether a request wants the plan of its answer, and may see it."""
    asked = bool(extensions) and extensions.get("plan") is True
    return asked and actor.role is BaseRole.ADMIN


async def explained(context: Context, data: object) -> dict[str, Any]:
    """The execution that gave some data, and its statements, each with its EXPLAIN."""
    statements = [
        {"sql": text.text, "explain": await context.explained(text, values)}
        for text, values in context.noted or ()
    ]
    return {"execution": execution_of(data), "statements": statements}
