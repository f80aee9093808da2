"""What is remembered of operations has bounds, for each and for all."""

import gc
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from schema import columns, documents, plans, schema
from schema.asking import Asking, fragments_of
from schema.memory import Memory
from tests.conftest import As

ASKED = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(1, 7)))


class Thing:
    """Something for which there may be much to remember."""


@given(asked=ASKED)
def test_a_memory_keeps_within_its_bounds_and_gives_what_was_made(asked: Any) -> None:
    memory, things = Memory[tuple[int, int]](most=20, share=10), [Thing()] * 6
    for whose, key, room in asked:
        made = memory.get(things[whose], key, lambda: ((key, 1), room))  # noqa: B023
        assert made[0] == key
        assert memory.room <= 20


def test_one_thing_forgets_its_own_and_not_what_others_have() -> None:
    memory, ours, theirs = Memory[int](most=20, share=10), Thing(), Thing()
    memory.get(theirs, "kept", lambda: (1, 5))
    for key in range(100):
        memory.get(ours, key, lambda: (2, 5))
    assert memory.get(theirs, "kept", lambda: (3, 5)) == 1


def test_what_was_asked_for_least_recently_goes_first() -> None:
    memory, things = Memory[int](most=10, share=10), [Thing() for _ in range(3)]
    for place, thing in enumerate(things[:2]):
        memory.get(thing, "key", lambda: (place, 5))  # noqa: B023
    memory.get(things[0], "key", lambda: (7, 5))
    memory.get(things[2], "key", lambda: (2, 5))
    assert memory.get(things[0], "key", lambda: (8, 1)) == 0
    assert memory.get(things[1], "key", lambda: (9, 1)) == 9


def test_what_is_too_large_to_keep_is_made_all_the_same() -> None:
    memory, thing = Memory[int](most=10, share=10), Thing()
    assert memory.get(thing, "large", lambda: (1, 11)) == 1
    assert memory.room == 0
    assert memory.get(thing, "large", lambda: (2, 11)) == 2


def test_what_was_made_for_a_thing_goes_with_it() -> None:
    memory, there = Memory[int](most=20, share=10), Thing()
    memory.get(there, "key", lambda: (1, 4))
    for place in range(100):
        memory.get(Thing(), "key", lambda: (place, 7))  # noqa: B023
    gc.collect()
    assert memory.get(there, "key", lambda: (2, 4)) == 1
    assert memory.room == 4


async def test_a_document_that_is_forgotten_leaves_nothing_behind(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    memories = [Memory[Any](10**6, 10**6) for _ in range(3)]
    monkeypatch.setattr(plans, "_plans", memories[0])
    monkeypatch.setattr(plans, "_texts", memories[1])
    monkeypatch.setattr(columns, "_shown", memories[2])
    monkeypatch.setattr(documents, "SHELF", documents.Shelf(most=50))
    rooms: list[list[int]] = []
    for place in range(20):
        mixed = "datasets { totalCount } viewer { sessions { nodes { isCurrent } } }"
        query = f"{{ a{place}: __typename {mixed} }}"
        assert not (await schema.execute(query, context_value=as_())).errors
        gc.collect()
        rooms.append([memory.room for memory in memories])
    assert rooms[0] != [0, 0, 0]
    assert rooms[-1] == rooms[-2] == rooms[10]


def test_what_raises_is_not_remembered() -> None:
    memory, thing = Memory[int](most=10, share=10), Thing()

    def fail() -> tuple[int, int]:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  it is raised above
        memory.get(thing, "key", fail)
    assert memory.get(thing, "key", lambda: (1, 1)) == 1


async def test_an_operation_of_a_thousand_outcomes_leaves_room_for_others(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, texts = Memory[Any](2_000, 200), Memory[Any](40_000, 20_000)
    monkeypatch.setattr(plans, "_plans", memory)
    monkeypatch.setattr(plans, "_texts", texts)
    kept = "{ datasets { nodes { name } } }"
    await schema.execute(kept, context_value=as_())
    names = [f"s{number}" for number in range(7)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: id @skip(if: ${name})" for name in names)
    query = f"query ({declared}) {{ alerts {{ nodes {{ __typename {fields} }} }} }}"
    for chosen in product((True, False), repeat=len(names)):
        given = dict(zip(names, chosen, strict=True))
        result = await schema.execute(query, given, context_value=as_())
        assert not result.errors
        assert memory.room <= 2_000
        assert texts.room <= 40_000
    made: list[int] = []
    monkeypatch.setattr(plans, "Planner", made.append)
    assert not (await schema.execute(kept, context_value=as_())).errors
    assert not made


def test_an_operation_is_planned_once_for_its_values() -> None:
    document = parse("query ($id: ID!) { dataset(id: $id) { name } }")
    operation: Any = document.definitions[0]
    graphql: Any = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    found = {
        plans.plan_of(Asking(graphql, fragments_of(document), operation, values))
        for values in map(coerced, ("dataset_1", "dataset_2"))
    }
    assert len(found) == 1


def coerced(id_: str) -> Any:
    return SimpleNamespace(coerced={"id": id_})
