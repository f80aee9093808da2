"""The batched execution: graphql-core's, with short ways to what is there already.

Most fields show what their object has. For these graphql-core needs no ResolveInfo, and
Strawberry none of its own. Whatever is not so, or fails, goes the long way, which knows
what to say of it.
"""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    OperationType,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)
from strawberry import Schema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from schema import ids
from schema.columns import columns_shown
from schema.reads import Identity

Show = Callable[[Any], Any]
"""What a field answers of its object; None for whatever is to go the long way."""
SHORT = "short"
"""The name of a field's Show among its extensions."""


class Batched(StrawberryGraphQLCoreExecutionContext):
    """Field by field."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001
        """Answer it. What events have in common they read whole, for all listeners."""
        if self.operation.operation is not OperationType.SUBSCRIPTION:
            given = self.schema, self.operation, self.fragment_definitions
            self.context_value.loaders.columns = columns_shown(*given)
        return super().execute_operation(serially)

    def execute_field(  # the signature is graphql-core's
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Any,
        path: Any,
        position_context: Any,
    ) -> Any:
        field = parent_type.fields.get(field_details_list[0].node.name.value)
        if field and (show := field.extensions.get(SHORT)):
            try:
                shown = show(source)
            except Exception:  # noqa: BLE001  it is raised again the long way
                shown = None
            if shown is not None:
                return shown
        given = parent_type, source, field_details_list, path, position_context
        return super().execute_field(*given)

    def with_abort_signal(self, awaitable: Any) -> Any:
        """The awaitable itself, where there is no signal to be waited for besides."""
        if self.abort_signal is None:
            return awaitable
        return super().with_abort_signal(awaitable)


def shortened(schema: Schema) -> Schema:
    """Give the fields that show what their object has the short way."""
    for type_ in schema._schema.type_map.values():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        fields = type_.fields if isinstance(type_, GraphQLObjectType) else {}
        for field in fields.values():
            declared = field.extensions.get("strawberry-definition")
            if isinstance(declared, StrawberryField) and not declared.extensions:
                _shorten(field, declared)
    return schema


def _shorten(field: GraphQLField, declared: StrawberryField) -> None:
    read, resolver = declared.metadata.get("read"), declared.base_resolver
    written = _written(field.type)
    if isinstance(read, Identity):
        field.extensions[SHORT] = ids.spell
    elif resolver is None and written:
        field.extensions[SHORT] = _column(declared.python_name, written)
    elif resolver is None:
        field.resolve = _attribute(declared.python_name)
    elif not declared.arguments and (read or _of_root(resolver)):
        field.resolve = _called(resolver.wrapped_func, informed=bool(read))


def _of_root(resolver: Any) -> bool:
    return [one.name for one in resolver.signature.parameters.values()] == ["root"]


def _column(name: str, written: Show) -> Show:
    def show(source: Any) -> Any:
        value = getattr(source, name)
        return None if value is None else written(value)

    return show


def _attribute(name: str) -> Any:
    return lambda source, _: getattr(source, name)


def _called(function: Any, *, informed: bool) -> Any:
    """What edges declare asks graphql-core's own ResolveInfo for the context."""
    if informed:
        return function
    return lambda source, _: function(source)


def _written(type_: Any) -> Show | None:
    """How a value of a leaf type is written, or a list of such."""
    type_ = get_nullable_type(type_)
    if isinstance(type_, GraphQLEnumType):
        return {value.value: name for name, value in type_.values.items()}.get
    if is_leaf_type(type_):
        return type_.coerce_output_value
    if is_list_type(type_) and (each := _written(type_.of_type)):
        return lambda values: _all(values, each)
    return None


def _all(values: Any, each: Show) -> list[Any] | None:
    """Each of several; None where one is null, which the long way knows to judge."""
    written = [each(value) for value in values]
    return None if None in written else written
