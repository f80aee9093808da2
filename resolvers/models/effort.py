"""How much it takes to check data against a schema, known before it is done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

MOST = 10_000_000
"""Parts put to values, and letters read by patterns: a fraction of a second."""
COUNTING = 1_000
"""What a letter costs a pattern that counts, as `a{100}`; others cost their length."""
APART = {"$defs", "properties"}
"""Members of a schema that do not look at all of what it is asked about."""


class Weight(NamedTuple):
    """Of a schema, where each reference stands for what it refers to."""

    parts: int = 0
    """That each value may be put to."""
    letters: int = 0
    """What the patterns cost, for each letter."""

    def plus(self, other: "Weight") -> "Weight":
        return Weight(self.parts + other.parts, self.letters + other.letters)

    def of(self, data: Any) -> int:
        """The most that it takes to check some data."""
        text = orjson.dumps(data)
        values = 1 + sum(map(text.count, (b",", b"[", b"{")))
        return self.parts * values + self.letters * len(text)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A schema: all of it, what looks at all of an object, and what at one member."""

    all: Weight
    common: Weight
    members: Mapping[str, Weight]

    def endless(self, data: Any) -> bool:
        """Whether to check some data may take longer than anybody should wait."""
        if self.all.of(data) <= MOST or not isinstance(data, dict):
            return self.all.of(data) > MOST
        given: dict[str, Any] = data
        each = (self.members.get(name, Weight()).of(given[name]) for name in given)
        return self.common.of(data) + sum(each) > MOST


def weighed(schema: Mapping[str, Any]) -> Weighed:
    known: dict[str, Weight] = {}
    members: Any = schema.get("properties")
    named: Mapping[str, Any] = members if isinstance(members, dict) else {}
    each = {name: _weight(schema, one, known) for name, one in named.items()}
    rest = {name: one for name, one in schema.items() if name not in APART}
    whole = common = _weight(schema, rest, known)
    for one in each.values():
        whole = whole.plus(one)
    return Weighed(whole, common, each)


def parts(schema: Any) -> Iterator[tuple[str | None, Any]]:
    """What an object or a list has, and under which names."""
    if isinstance(schema, dict):
        yield from schema.items()
    elif isinstance(schema, list):
        yield from ((None, one) for one in schema)


def found(whole: Any, reference: str) -> Any:
    """What a reference leads to. Raises ValueError if that is not within a schema."""
    if not reference.startswith("#/"):
        raise ValueError(f"{reference!r} is no place within it, such as '#/$defs/row'")
    place = whole
    for step in reference[2:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(place, dict) or name not in place:
            raise ValueError(f"nothing is at {reference!r}")
        place = place[name]
    return place


def _weight(whole: Any, schema: Any, known: dict[str, Weight]) -> Weight:
    weight = Weight(1)
    for word, value in parts(schema):
        match word, value:
            case "$ref", str():
                weight = weight.plus(_referred(whole, value, known))
            case "pattern", str():
                weight = weight.plus(Weight(1, _cost(value)))
            case "required", list():  # stops at the first that is missing
                weight = weight.plus(Weight(1))
            case "patternProperties", dict():
                names: Mapping[str, Any] = value
                weight = weight.plus(Weight(0, sum(map(_cost, names))))
                weight = weight.plus(_weight(whole, value, known))
            case _:
                weight = weight.plus(_weight(whole, value, known))
    return weight


def _referred(whole: Any, reference: str, known: dict[str, Weight]) -> Weight:
    if reference not in known:
        known[reference] = _weight(whole, found(whole, reference), known)
    return known[reference]


def _cost(pattern: str) -> int:
    return COUNTING if "{" in pattern else len(pattern)
