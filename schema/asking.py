"""An operation as it is asked: which one, of which document, with which values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    coerce_input_value,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    get_variable_values,
)

Fragments = dict[str, FragmentDetails]


@dataclass(frozen=True, slots=True)
class Asking:
    """What both executions know of an operation. Its variables are of their types."""

    schema: GraphQLSchema
    fragments: Fragments
    operation: OperationDefinitionNode
    variables: VariableValues

    def root(self) -> GroupedFieldSet:
        """The fields of the operation itself, by their names in the answer."""
        type_: Any = self.schema.get_root_type(self.operation.operation)
        given = self.fragments, self.variables, type_, self.operation
        return collect_fields(self.schema, *given).grouped_field_set

    def below(self, type_: GraphQLObjectType, details: Any) -> GroupedFieldSet:
        """The fields of an object of a type, by their names in the answer."""
        given = self.fragments, self.variables, self.operation, type_, details
        return collect_subfields(self.schema, *given).grouped_field_set


def fragments_of(document: DocumentNode) -> Fragments:
    """The fragments of a valid document, by name."""
    return {
        one.name.value: FragmentDetails(one)
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }


class Variables:
    """The variables that an operation declares; their values are others each time."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._declared = operation.variable_definitions or ()
        signed: Any = [get_variable_signature(schema, one) for one in self._declared]
        self._leaves = [
            one for one in signed if is_leaf_type(get_nullable_type(one.type))
        ]

    def read(self, given: Mapping[str, Any]) -> VariableValues | None:
        """Their values, or none where one is not of its type."""
        if found := self._alike(given):
            return found
        values = get_variable_values(self._schema, self._declared, dict(given))
        return None if isinstance(values, list) else values

    def _alike(self, given: Mapping[str, Any]) -> VariableValues | None:
        """The values, if all are given and are scalars or enums of their types."""
        if len(self._leaves) < len(self._declared):
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for one in self._leaves:
            value = given.get(one.name, Undefined)
            sources[one.name] = VariableValueSource(one, value)
            coerced[one.name] = coerce_input_value(value, one.type)
            if value is Undefined or coerced[one.name] is Undefined:
                return None
        return VariableValues(sources, coerced)
