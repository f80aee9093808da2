"""The arguments of a field, read by what was found out about them the first time."""

from typing import Any

from graphql import FieldNode, GraphQLField, Node, VariableNode
from graphql import get_nullable_type as nullable
from graphql import is_leaf_type as is_leaf
from graphql.execution.values import get_argument_values
from strawberry.types.arguments import convert_arguments

from schema.asking import Asking


class Arguments:
    """Of one field of a document.

    What no variable has a say in is read once. A variable that stands alone, where a
    scalar or an enum is wanted, is of its type already. Any other is read each time.
    """

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition, self._node = definition, node
        varying = [one for one in node.arguments or () if _varies(one)]
        self._alone = {
            one.name.value: one.value.name.value
            for one in varying
            if isinstance(one.value, VariableNode)
            and is_leaf(nullable(definition.args[one.name.value].type))
        }
        self.vary = bool(varying)
        self._simple = len(self._alone) == len(varying)
        self._fixed: dict[str, Any] | None = None
        self._given: list[tuple[str, str]] = []

    def read(self, asking: Asking) -> dict[str, Any]:
        """Their values, by the names that Python has for them. Raises GraphQLError."""
        if self._fixed is None:
            return self._first(asking)
        given = asking.variables.coerced
        alone = {name: given[one] for name, one in self._given if one in given}
        return {**self._fixed, **alone}

    def _first(self, asking: Asking) -> dict[str, Any]:
        """Read them as GraphQL says, and see what will be the same each time."""
        values = get_argument_values(self._definition, self._node, asking.variables)
        ours: Any = asking.schema._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001
        declared: Any = (self._definition.extensions or {})["strawberry-definition"]
        config, registry = ours.config, ours.schema_converter.scalar_registry
        found = convert_arguments(values, declared.arguments, registry, config)
        if self._simple:
            named = config.name_converter.from_argument
            names = {named(one): one.python_name for one in declared.arguments}
            self._given = [(names[one], alone) for one, alone in self._alone.items()]
            left = {name for name, _ in self._given}
            self._fixed = {name: one for name, one in found.items() if name not in left}
        return found


def _varies(node: Any) -> bool:
    """Whether a variable stands somewhere in an argument."""
    if isinstance(node, VariableNode):
        return True
    below = (getattr(node, key, ()) for key in node.keys)
    children = (one if isinstance(one, tuple | list) else (one,) for one in below)
    return any(
        _varies(one) for some in children for one in some if isinstance(one, Node)
    )
