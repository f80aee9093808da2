"""The schema as clients know it, for tests that go through all of it."""

from typing import Any

from graphql import get_named_type, is_leaf_type, is_required_argument

from schema import schema

SCHEMA: Any = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
TYPES: dict[str, Any] = SCHEMA.type_map
WHOLE = {"features", "preview"}
"""Fields that need files, or rows that agree with each other."""


def fields(type_: Any) -> list[str]:
    """The fields of a type that SQL knows."""
    return [name for name, one in type_.fields.items() if compiles(one)]


def by_method(type_: Any) -> list[str]:
    """The fields of a type that Python answers without being told anything."""
    return [
        name
        for name, one in type_.fields.items()
        if not compiles(one)
        and name not in WHOLE
        and not any(map(is_required_argument, one.args.values()))
    ]


def compiles(definition: Any) -> bool:
    declared = definition.extensions["strawberry-definition"]
    return reads(definition) is not None or not declared.base_resolver


def reads(definition: Any) -> Any:
    return definition.extensions["strawberry-definition"].metadata.get("read")


def named(definition: Any) -> Any:
    """The type of a field, whatever is wrapped around it."""
    return get_named_type(definition.type)


def is_leaf(type_: Any, name: str) -> bool:
    return is_leaf_type(get_named_type(type_.fields[name].type))


def members(order: str) -> dict[str, str]:
    """What a list may be sorted by: the name of each, and its column."""
    type_: Any = get_named_type(TYPES[order].fields["field"].type)
    enum = type_.extensions["strawberry-definition"].wrapped_cls
    return {one.name: one.value for one in enum}
