"""Which columns an operation shows, so that no others are read for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
)
from strawberry.types.field import StrawberryField

from db.base import Base
from resolvers.rows import Columns
from schema.memory import Memory
from schema.reads import Computes, Identity, Lists, Picks, ToOne

FIELDS, OF_ONE = 30_000, 5_000
"""Fields of all operations whose columns are remembered, and of one."""

Seen = Iterator[tuple[type[Base], str | None]]
"""A model and a column of it; None is a field that may look at any of them."""

_shown: Memory[Mapping[type[Base], Columns]] = Memory(FIELDS, OF_ONE)


def columns_shown(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Mapping[type[Base], Columns]:
    """The columns that fields of an operation show, by model.

    A model is left out of which all columns may be wanted: of no type that the
    operation names, or with a method among its fields, which is given the row.
    """

    def made() -> tuple[Mapping[type[Base], Columns], int]:
        found = list(_of(schema, operation, fragments))
        return _gathered(found), len(found) + 1

    return _shown.get(operation, None, made)


def _gathered(found: list[tuple[type[Base], str | None]]) -> Mapping[Any, Columns]:
    whole = {model for model, column in found if column is None}
    shown: dict[type[Base], set[str]] = {}
    for model, column in found:
        if column and model not in whole:
            shown.setdefault(model, set()).add(column)
    return {model: frozenset(columns) for model, columns in shown.items()}


def _of(schema: GraphQLSchema, operation: Any, fragments: Any) -> Seen:
    """What an operation sees; of fragments also what it does not spread."""
    root = schema.get_root_type(operation.operation)
    yield from _below(schema, root, operation.selection_set)
    for fragment in fragments.values():
        type_ = schema.get_type(fragment.type_condition.name.value)
        yield from _below(schema, type_, fragment.selection_set)


def _below(schema: GraphQLSchema, type_: Any, selection: Any) -> Seen:
    for node in selection.selections if selection else ():
        if isinstance(node, FieldNode):
            name = node.name.value
            for one in _possible(schema, type_):
                yield from _field(one, name)
            if definition := schema.get_field(type_, name):
                inner = get_named_type(definition.type)
                yield from _below(schema, inner, node.selection_set)
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = schema.get_type(condition.name.value) if condition else type_
            yield from _below(schema, inner, node.selection_set)


def _possible(schema: GraphQLSchema, type_: Any) -> Any:
    return schema.get_possible_types(type_) if is_abstract_type(type_) else (type_,)


def _field(type_: Any, name: str) -> Seen:
    """The column that a field of a row needs. Each row has its id."""
    definition = type_.extensions.get("strawberry-definition")
    model = getattr(getattr(definition, "origin", None), "of", None)
    field = type_.fields.get(name)
    if not model:
        return
    declared: Any = field and field.extensions.get("strawberry-definition")
    match declared.metadata.get("read") if declared else Identity():
        case Identity() | Computes() | Lists() | Picks():
            yield model, "id"
        case ToOne(key):
            yield model, key.key
        case _:
            yield model, _column(model, declared)


def _column(model: Any, declared: StrawberryField) -> str | None:
    plain = declared.is_basic_field and declared.python_name in model.__table__.c
    return declared.python_name if plain else None
