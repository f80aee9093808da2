"""What is one owner's does not exist for another, by whatever path they look."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from graphql import get_named_type, is_leaf_type
from uuid_utils.compat import uuid7

from db.base import Base, referred
from db.models import Analysis, Job
from db.session import Database
from resolvers.access import SYSTEM, Actor, visible
from resolvers.monitoring import points
from resolvers.platform import events
from schema import schema
from schema.ids import prefix, spell
from schema.reads import Finds, Lists, ToOne
from tests.conftest import As, Save, Someone
from tests.factories import a_graph, kept_of
from tests.mutations import FIELDS, Asked
from tests.operations import TYPES, named, reads

QUERY: dict[str, Any] = TYPES["Query"].fields
SHARED = {"Role"}
"""Types whose rows everybody sees."""
KINDS = sorted(
    name
    for name, type_ in TYPES.items()
    if "Node" in map(str, getattr(type_, "interfaces", ())) and name not in SHARED
)


class World:
    """Two owners, each with a row of everything, and who asks."""

    def __init__(self, as_: As, mine: Actor, theirs: Actor) -> None:
        self.as_, self.mine, self.theirs = as_, mine, theirs
        self.rows: list[Any] = a_graph(theirs)
        self.own: list[Any] = a_graph(mine)
        self.ids = {type(row).__name__: spell(row) for row in self.rows}
        self.ids["User"] = f"user_{theirs.user_id.hex}"  # pyright: ignore[reportOptionalMemberAccess]

    async def answer(self, text: str, compiles: bool = True, **variables: Any) -> str:  # noqa: FBT001, FBT002
        """What the other owner is answered, byte for byte but for references."""
        context = self.as_(self.mine, compiles=compiles)
        result = await schema.execute(text, variables, context_value=context)
        errors = [error.formatted for error in result.errors or []]
        said = orjson.dumps([result.data, errors]).decode()
        return re.sub(r"[0-9a-f]{32} to have|\"reference\":\"[^\"]*\"", "", said)

    def shows(self, answer: str) -> bool:
        """Whether anything of what is theirs is in an answer."""
        return any(id_.rpartition("_")[2] in answer for id_ in self.ids.values())


@pytest.fixture
async def world(as_: As, save: Save, analyst: Actor, someone: Someone) -> World:
    world = World(as_, analyst, await someone())
    rows, own = world.rows, world.own
    await save(*rows, *kept_of(rows[11]), *own, *kept_of(own[11]))
    return world
