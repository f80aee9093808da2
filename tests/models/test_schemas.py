"""Schemas of what models are asked: what they may be, and what they say of data."""

import asyncio
import time
from typing import Any

import pytest

from resolvers.models.schemas import checked_schema, violation
from tests.journeys import File
from tests.models.registry import PICKLE, Registry, registry

__all__ = ["registry"]

LAUGHS = {
    "$ref": "#/$defs/a0",
    "$defs": {
        **{f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(30)},
        "a30": {},
    },
}
FAR = {
    "$ref": "#/$defs/0",
    "$defs": {str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(1_500)}
    | {"1500": {}},
}
PAIRS = [[n, n] for n in range(4_000)]
MANY = [[1, "x"]] * 50_000


@pytest.mark.parametrize("field", ["inputSchema", "outputSchema"])
@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ([], "a JSON Schema is an object"),
        ({"type": "text"}, "this is no JSON Schema"),
        ({"$ref": "http://127.0.0.1:9/a"}, "is no place within it"),
        ({"$ref": "file:///etc/passwd"}, "is no place within it"),
        ({"properties": {"a": {"$ref": "//h/a"}}}, "is no place within it"),
        ({"$id": "http://127.0.0.1:9/"}, "has no $id"),
        ({"$dynamicRef": "http://127.0.0.1:9/"}, "has no $dynamicRef"),
        ({"$schema": "http://127.0.0.1:9/"}, "its $schema is"),
        ({"$ref": "#/$defs/a"}, "nothing is at '#/$defs/a'"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, "to itself"),
        (LAUGHS, "more than 5000 parts"),
        (FAR, "its references lead to one another too far"),
        ({"pattern": "(a{1000}){1000}"}, "is not a"),
        ({"pattern": "(?=a)a"}, "is not a"),
        ({"pattern": "a" * 513}, "a pattern has at most 512 bytes"),
        ({"patternProperties": {"a" * 513: {}}}, "a pattern has at most 512 bytes"),
        ({"allOf": [{"pattern": "a"}] * 21}, "at most 20 patterns"),
        ({"title": "x" * 65_536}, "at most 65536 bytes"),
    ],
)
async def test_a_schema_fetches_nothing_and_takes_no_time(
    registry: Registry, schema: Any, said: str, field: str
) -> None:
    asked = {"model": await registry.model(), "file": File(PICKLE), field: schema}
    async with asyncio.timeout(20):
        code, where, why = await registry.refused("modelVersionCreate", **asked)
    assert (code, where[0]) == ("INVALID", field)
    assert said in why


def test_a_violation_is_told_with_its_path() -> None:
    schema = checked_schema(
        {
            "type": "object",
            "properties": {"rows": {"type": "array", "items": {"type": "number"}}},
            "required": ["rows"],
            "additionalProperties": False,
        },
        "schema",
    )
    assert schema is not None
    assert violation(schema, {"rows": [1, 2.5]}) is None
    for data, path in (
        ({}, ("rows",)),
        ({"rows": [], "more": 1}, ("more",)),
        ({"rows": [1, "x" * 10_000]}, ("rows", 1)),
        ({"rows": [True]}, ("rows", 0)),
        ({"rows": [float("nan")]}, ("rows", 0)),
        ([], ()),
    ):
        found = violation(schema, data)
        assert found is not None
        assert found[0] == path
        assert len(found[1]) <= 300


def test_a_pattern_takes_no_longer_for_a_text_that_almost_fits() -> None:
    schema = checked_schema({"pattern": "^(a+)+$"}, "schema")
    assert schema is not None
    assert violation(schema, "a" * 100_000 + "!") is not None


@pytest.mark.parametrize(
    ("wanted", "data"),
    [
        ({"items": {"enum": [*PAIRS, MANY[0]]}}, MANY),
        ({"items": {"allOf": [{"minimum": 0}] * 3_000}}, [1] * 50_000),
        ({"items": {"dependentRequired": {str(n): [] for n in range(4_000)}}}, MANY),
        (
            {"allOf": [{"not": {"pattern": f"a*b{{{n}}}c"}} for n in range(8)]},
            "a" * 99_999,
        ),
        ({"$ref": "#/$defs/a"}, [1] * 50_000),
    ],
)
def test_what_would_take_long_to_check_is_refused_at_once(
    wanted: Any, data: Any
) -> None:
    defs = {"a": {"allOf": [{"items": {"minimum": 0}}] * 100}}
    schema = checked_schema({"properties": {"a": wanted}, "$defs": defs}, "schema")
    assert schema is not None
    began = time.perf_counter()
    found = violation(schema, {"a": data})
    assert time.perf_counter() - began < 0.5
    assert found is not None
    assert "takes too long; send less of it" in found[1]
    assert violation(schema, {"a": data[:1]}) is None


def test_wide_rows_and_long_texts_are_checked() -> None:
    names = [f"column_{n}" for n in range(2_000)]
    number = {"type": ["number", "null"]}
    wide = {"properties": dict.fromkeys(names, number), "required": names}
    assert violation(wide, dict.fromkeys(names, 0.5)) is None
    assert violation(wide, dict.fromkeys(names, "x")) is not None
    code = {"type": "string", "pattern": "^[a-z]{3}$"}
    texts = {"properties": {"code": code, "text": {"type": "string"}}}
    assert violation(texts, {"code": "abc", "text": "x" * 10**6}) is None
    assert violation(texts, {"code": "abcd", "text": "x" * 10**6}) is not None
