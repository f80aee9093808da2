"""Aliases: set, moved, protected, deleted, and what they led to when."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from db.base import utcnow
from tests.conftest import As, Ask
from tests.models.registry import Registry, registry, told

__all__ = ["registry"]

AT_ONCE = 20
"""Operations of one user that a server runs; the others wait for their turn."""
HISTORY = """query ($id: ID!, $after: String) { model(id: $id) {
  aliasMoves(first: 100, after: $after, filter: {alias: {eq: "production"}}) {
    pageInfo { endCursor hasNextPage }
    nodes { number fromNumber toNumber reason movedBy { id } } } } }"""
AT = """query ($id: ID!, $at: DateTime!) { model(id: $id) {
  aliasAt(alias: "production", at: $at) { number } } }"""


async def history(ask: Ask, model: str) -> list[Any]:
    """All moves of production, the oldest first."""
    moves: list[Any] = []
    page: dict[str, Any] = {"endCursor": None, "hasNextPage": True}
    while page["hasNextPage"]:
        found = await ask(HISTORY, id=model, after=page["endCursor"])
        moves += found["model"]["aliasMoves"]["nodes"]
        page = found["model"]["aliasMoves"]["pageInfo"]
    return sorted(moves, key=lambda one: one["number"])


async def test_an_alias_is_made_and_moved(registry: Registry) -> None:
    model = await registry.model()
    one, two = [await registry.version(model) for _ in range(2)]
    alias = await registry.point(one, reason="the first")
    moved = await registry.point(two)
    assert alias.pop("id") == moved.pop("id")
    assert alias.pop("modelVersion") == {"number": 1}
    assert moved.pop("modelVersion") == {"number": 2}
    assert moved == {**alias, "version": 2}
    moves = await history(registry.ask, model)
    steps = [(one["number"], one["fromNumber"], one["toNumber"]) for one in moves]
    assert steps == [(1, None, 1), (2, 1, 2)]
    assert [one["reason"] for one in moves] == ["the first", None]
    assert moves[0]["movedBy"]["id"].startswith("user_")


async def test_production_makes_a_version_the_active_one(
    registry: Registry, ask: Ask
) -> None:
    model = await registry.model()
    one, two = [await registry.version(model) for _ in range(2)]
    await registry.point(one)
    await registry.point(two, alias="staging")
    query = "query ($id: ID!) { modelVersion(id: $id) { isActive } }"
    active = [(await ask(query, id=each["id"])) for each in (one, two)]
    assert [each["modelVersion"]["isActive"] for each in active] == [True, False]


async def test_what_leads_there_already_is_not_moved(registry: Registry) -> None:
    model = await registry.model()
    version = await registry.version(model)
    for _ in range(2):
        await registry.point(version)
    assert len(await history(registry.ask, model)) == 1


async def test_a_protected_alias_is_moved_only_by_who_confirms_it(
    registry: Registry,
) -> None:
    model = await registry.model()
    one, two = [await registry.version(model) for _ in range(2)]
    alias = await registry.point(one, protected=True)
    given = {"alias": "production", "modelVersion": two["id"]}
    free = {"alias": "production", "modelVersion": one["id"], "protected": False}
    for name, said in (
        ("modelAliasSet", given),
        ("modelAliasSet", free),
        ("modelAliasDelete", {"id": alias["id"]}),
    ):
        code, field, _ = await registry.refused(name, **said)
        assert (code, field) == ("CONFLICT", ["confirm"])
    moved = await registry.do("modelAliasSet", **given, confirm=True)
    assert (moved["modelVersion"]["number"], moved["protected"]) == (2, True)
    await registry.do("modelAliasDelete", id=alias["id"], confirm=True)


async def test_an_alias_is_moved_only_from_where_it_was_seen(
    registry: Registry,
) -> None:
    model = await registry.model()
    one, two = [await registry.version(model) for _ in range(2)]
    await registry.point(one, expectedNumber=0)
    given = {"alias": "production", "modelVersion": two["id"]}
    code, field, why = await registry.refused(
        "modelAliasSet", **given, expectedNumber=2
    )
    assert (code, field) == ("CONFLICT", ["expectedNumber"])
    assert why == "it leads to version 1, not to version 2"
    await registry.point(two, expectedNumber=1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"alias": ""}, "alias"),
        ({"alias": "1st"}, "alias"),
        ({"alias": "a b"}, "alias"),
        ({"alias": "x" * 51}, "alias"),
        ({"alias": "é"}, "alias"),
        ({"alias": "production\n"}, "alias"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
async def test_an_alias_has_a_plain_name(
    registry: Registry, given: dict[str, Any], field: str
) -> None:
    version = await registry.version(await registry.model())
    said = {"alias": "production", "modelVersion": version["id"], **given}
    code, where, _ = await registry.refused("modelAliasSet", **said)
    assert (code, where) == ("INVALID", [field])


async def test_no_alias_leads_to_an_archived_version(registry: Registry) -> None:
    version = await registry.version(await registry.model())
    for status in ("DEPRECATED", "ARCHIVED"):
        await registry.do("modelVersionSetStatus", id=version["id"], status=status)
    code, field, _ = await registry.refused(
        "modelAliasSet", alias="production", modelVersion=version["id"]
    )
    assert (code, field) == ("MODEL_ARCHIVED", ["modelVersion"])


async def test_a_deleted_alias_leaves_its_history(registry: Registry) -> None:
    model = await registry.model()
    version = await registry.version(model)
    alias = await registry.point(version)
    await registry.do("modelAliasDelete", id=alias["id"], reason="retired")
    await registry.point(version)
    moves = await history(registry.ask, model)
    steps = [(one["number"], one["fromNumber"], one["toNumber"]) for one in moves]
    assert steps == [(1, None, 1), (2, 1, None), (3, None, 1)]


@pytest.mark.parametrize("compiles", [True, False])
async def test_what_was_in_production_at_a_time_is_told(
    registry: Registry, as_: As, statements: list[str], *, compiles: bool
) -> None:
    model = await registry.model()
    moments = [utcnow()]
    for _ in range(3):
        await registry.point(await registry.version(model))
        moments.append(utcnow())
    statements.clear()
    led: list[Any] = []
    for moment in moments:
        given = {"id": model, "at": moment.isoformat()}
        found = await told(as_(compiles=compiles), AT, **given)
        led.append(found["model"]["aliasAt"])
    assert led == [None, {"number": 1}, {"number": 2}, {"number": 3}]
    assert not compiles or len(statements) == len(moments)


async def test_moves_at_once_are_a_chain_without_a_fork(
    registry: Registry, ask: Ask
) -> None:
    model = await registry.model()
    versions = [await registry.version(model) for _ in range(4)]
    turns = asyncio.Semaphore(AT_ONCE)

    async def moved(place: int) -> None:
        async with turns:
            await registry.point(versions[place % 4])

    async with asyncio.timeout(120):
        await asyncio.gather(*map(moved, range(200)))
    moves = await history(ask, model)
    assert [one["number"] for one in moves] == list(range(1, len(moves) + 1))
    assert moves[0]["fromNumber"] is None
    assert all(one["toNumber"] == two["fromNumber"] for one, two in pairwise(moves))
    assert all(one["fromNumber"] != one["toNumber"] for one in moves)
    query = """query ($id: ID!) { model(id: $id) {
        version(alias: "production") { number } } }"""
    last = (await ask(query, id=model))["model"]["version"]
    assert last == {"number": moves[-1]["toNumber"]}
