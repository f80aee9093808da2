"""How much an operation asks for, found in one pass over its document."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLList,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    is_object_type,
)
from strawberry.types.field import StrawberryField

from resolvers.errors import LimitExceeded
from schema.account import OF_ACCOUNT
from schema.reads import Costs
from server.costs import LEAF, NOTHING, Cost

NESTED = 100
"""Selection sets within each other, fragments included, that are looked into."""
LARGEST = 100
"""Rows of the largest page."""
PAGE = 20
"""Rows of a page whose size is not said."""
BOUNDED = 10
"""Objects of a list that is no page."""
EVENTS = 10
"""Events of a subscription that it pays for at once."""
TOTAL = Costs(10)
"""A `totalCount`."""
MUTATION = Costs(10)
"""A field of Mutation that declares nothing else."""
SCHEMA = 50
"""Points of a `__schema` or `__type`, which an operation has one of."""
FREE = Costs(0)


class Analysis:
    """One document, asked with some variables.

    Each fragment is measured once, wherever it is spread; one that spreads itself is
    cut there. Sizes that cannot be read are taken for the largest: whoever validates
    the document will refuse them.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._variables = dict(variables)
        self._measured: dict[str, Cost] = {}
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }

    def cost(self, operation: OperationDefinitionNode) -> Cost:
        """What the operation asks for. Raises LimitExceeded where it has no end."""
        for one in operation.variable_definitions or ():
            if one.default_value is not None:
                name = one.variable.name.value
                self._variables.setdefault(name, self._value(one.default_value))
        root = self._schema.get_root_type(operation.operation)
        cost = self._below(operation, root, 0)
        if operation.operation is OperationType.SUBSCRIPTION:
            return cost._replace(points=cost.points * EVENTS)
        return cost

    def _below(self, node: Any, type_: Any, nested: int) -> Cost:
        """What a selection set asks of an object of a type, which may be unknown."""
        if nested > NESTED:
            raise LimitExceeded(f"more than {NESTED} levels are too many")
        cost, branches = NOTHING, dict[str, Cost]()
        for one in node.selection_set.selections:
            if isinstance(one, FieldNode):
                cost = cost.beside(self._field(one, type_, nested + 1))
                continue
            on, below = self._fragment(one, type_, nested + 1)
            if is_object_type(on) and on is not type_:
                branches[on.name] = branches.get(on.name, NOTHING).beside(below)
            else:
                cost = cost.beside(below)
        return cost.beside(reduce(Cost.instead, branches.values(), NOTHING)).capped()

    def _fragment(self, node: Any, type_: Any, nested: int) -> tuple[Any, Cost]:
        """The type that a fragment is for, and what it asks."""
        if isinstance(node, InlineFragmentNode):
            on = self._condition(node) if node.type_condition else type_
            return on, self._below(node, on, nested)
        name = node.name.value
        if not (fragment := self._fragments.get(name)):
            return type_, NOTHING
        on = self._condition(fragment)
        if name not in self._measured:
            self._measured[name] = NOTHING  # found by a fragment that spreads itself
            self._measured[name] = self._below(fragment, on, nested)
        return on, self._measured[name]

    def _condition(self, node: Any) -> Any:
        return self._schema.get_type(node.type_condition.name.value)

    def _field(self, node: FieldNode, type_: Any, nested: int) -> Cost:
        name = node.name.value
        definition = getattr(type_, "fields", {}).get(name)
        if definition is None and name.startswith("__"):
            definition = self._schema.get_field(type_, name) if type_ else None
        costs = self._costs(name, type_, definition)
        if not (node.selection_set or node.alias or costs is not FREE):
            return LEAF
        below = NOTHING
        if node.selection_set:
            result = definition and _named(definition.type)
            below = self._below(node, result, nested)
        aliases = below.aliases + (node.alias is not None)
        if name in {"__schema", "__type"}:
            return _description(below.fields + 1, aliases, below.depth + 1)
        paid = self._paid(node, type_, definition, below)
        row = _is(type_, "Connection") and name in {"nodes", "edges"}
        return Cost(
            0 if row else paid[0] + costs.points,
            0 if row else paid[1],
            *(below.fields + 1, aliases, below.depth + 1),
            *(below.introspection, below.described, 1),
            below.alone + costs.alone,
            *(paid if row else (0, 0)),
            *(costs.points, _of_account(type_, name)),
        )

    def _paid(
        self, node: FieldNode, type_: Any, definition: Any, below: Cost
    ) -> tuple[int, int]:
        """Points and objects of what a field answers, for each row of a connection."""
        if not node.selection_set or (_is(type_, "Edge") and node.name.value == "node"):
            return below.points, below.objects
        points, objects = below.points + 1, below.objects + 1
        if definition is None:
            return points, objects
        if _is(_named(definition.type), "Connection"):
            size = self._size(node, PAGE)
            points += size * below.row_points
            objects += size * below.row_objects
        elif _is_list(definition.type) and not _is(type_, "Connection"):
            size = self._size(node, self._items(node))
            points, objects = size * points, size * objects
        return points, objects

    def _costs(self, name: str, type_: Any, definition: Any) -> Costs:
        declared = getattr(definition, "extensions", {}).get("strawberry-definition")
        if isinstance(declared, StrawberryField) and "costs" in declared.metadata:
            return declared.metadata["costs"]
        if type_ is not None and type_ is self._schema.mutation_type:
            return MUTATION
        return TOTAL if name == "totalCount" else FREE

    def _size(self, node: FieldNode, usual: int) -> int:
        """How many rows `first` or `last` asks for."""
        for argument in node.arguments or ():
            if argument.name.value in {"first", "last"}:
                asked = self._value(argument.value)
                if asked is not None:
                    size = asked if isinstance(asked, int) else LARGEST
                    return min(max(size, 1), LARGEST)
        return usual

    def _items(self, node: FieldNode) -> int:
        """How many objects a list may have, by the longest list that it is given."""
        given = (self._value(argument.value) for argument in node.arguments or ())
        return max(
            (len(one) for one in given if isinstance(one, list)), default=BOUNDED
        )

    def _value(self, node: Any) -> Any:
        """An argument, as far as it tells a size."""
        match node:
            case VariableNode():
                return self._variables.get(node.name.value)
            case IntValueNode():
                return int(node.value[:20])
            case ListValueNode():
                return list(node.values)
            case _:
                return None


def _of_account(type_: Any, name: str) -> int:
    """One where a field is about whoever's account asks, else nothing."""
    return name in OF_ACCOUNT.get(getattr(type_, "name", ""), ())


def _description(fields: int, aliases: int, depth: int) -> Cost:
    """What is asked of the schema itself, which is no data: it has its own limits."""
    return Cost(
        points=SCHEMA,
        fields=fields,
        aliases=aliases,
        introspection=depth,
        described=fields,
        width=1,
        alone=1,
        own=SCHEMA,
    )


def _named(type_: Any) -> Any:
    while hasattr(type_, "of_type"):
        type_ = type_.of_type
    return type_


def _is(type_: Any, suffix: str) -> bool:
    return type_ is not None and type_.name.endswith(suffix)


def _is_list(type_: Any) -> bool:
    while hasattr(type_, "of_type"):
        if isinstance(type_, GraphQLList):
            return True
        type_ = type_.of_type
    return False
