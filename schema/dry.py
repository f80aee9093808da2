"""What is asked in order to learn its cost, and is not to be done."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
)
from strawberry import Schema

from schema.asking import Asking
from schema.documents import Known

FIELD, ARGUMENT = "rateLimit", "dryRun"


def dry(schema: Schema, known: Known, given: Mapping[str, Any]) -> Known | None:
    """A valid query with nothing left of it but the fields that ask what it costs.

    None where none of these says `dryRun: true`: then all of it is to be done.
    """
    asking = known.asking(schema, given)
    if asking is None or known.kind is not OperationType.QUERY:
        return None
    groups = asking.root().values()
    fields = [one.node for group in groups for one in group if _is(one.node)]
    if not any(_says(asking, one) for one in fields):
        return None
    return _left(known, fields)


def _is(node: FieldNode) -> bool:
    return node.name.value == FIELD


def _says(asking: Asking, node: FieldNode) -> bool:
    """Whether a field says `dryRun: true`."""
    for argument in node.arguments or ():
        match argument.value:
            case VariableNode() as variable:
                return asking.variables.coerced.get(variable.name.value) is True
            case BooleanValueNode() as said:
                return said.value
            case _:
                pass
    return False


def _left(known: Known, fields: list[FieldNode]) -> Known:
    node = known.node
    left = OperationDefinitionNode(
        operation=node.operation,
        name=node.name,
        variable_definitions=node.variable_definitions,
        directives=node.directives,
        selection_set=SelectionSetNode(selections=tuple(fields)),
    )
    fragments = [
        one
        for one in known.document.definitions
        if isinstance(one, FragmentDefinitionNode)
    ]
    document = DocumentNode(definitions=(left, *fragments))
    return Known(document, left, known.fragments, known.name)
