"""A subscription taken apart: what it is told of, and the answer to each thing."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    Node,
    VariableDefinitionNode,
    VariableNode,
    create_source_event_stream,
)
from strawberry import Schema

from resolvers.context import Context
from schema.documents import Known
from schema.execution import Execution
from schema.faults import masked

BEGINNING = "after"
"""The argument of a subscription that says where it begins, and nothing else."""
_beginnings: WeakKeyDictionary[Known, str | None] = WeakKeyDictionary()


class Stream:
    """A subscription. Each of its things is answered in a context of its own."""

    def __init__(
        self, schema: Schema, known: Known, given: Mapping[str, Any], context: Context
    ) -> None:
        self._context = context
        self._execution: Any = Execution.build(
            schema._schema,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  Strawberry has no other way to it
            known.document,
            context_value=context,
            raw_variable_values=dict(given),
            operation_name=known.node.name and known.node.name.value,
        )

    async def source(self) -> Any:
        """What there is to tell, to be read with `async for`; or why there is none."""
        if isinstance(self._execution, list):
            return self._told(ExecutionResult(None, self._execution))
        found: Any = create_source_event_stream(self._execution)
        found = await found if inspect.isawaitable(found) else found
        return self._told(found) if isinstance(found, ExecutionResult) else found

    async def answer(self, thing: Any) -> ExecutionResult:
        """The answer to one thing. Faults in it are told by their reference alone."""
        execution = self._execution.build_per_event_executor(thing)
        execution.context_value = replace(self._context)
        result = execution.execute_operation(serially=False)
        return self._told(await result if inspect.isawaitable(result) else result)

    def failed(self, error: Exception) -> ExecutionResult:
        """The last answer of a stream that cannot go on."""
        why = GraphQLError(str(error), original_error=error)
        return self._told(ExecutionResult(None, [why]))

    def _told(self, result: ExecutionResult) -> ExecutionResult:
        errors = [
            masked(error, self._context.origin.request_id)
            for error in result.errors or ()
        ]
        return ExecutionResult(result.data, errors or None)


def alike(known: Known, given: Mapping[str, Any]) -> bytes:
    """The variables, but for those that only say where to begin.

    Two subscriptions of one operation that have them in common are told the same.
    """
    if known not in _beginnings:
        _beginnings[known] = _beginning(known)
    beginning = _beginnings[known]
    told = {name: one for name, one in given.items() if name != beginning}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def _beginning(known: Known) -> str | None:
    """The variable that says where a subscription begins, if it is good for no more."""
    root = known.node.selection_set.selections[0]
    arguments = isinstance(root, FieldNode) and root.arguments
    for one in arguments or ():
        if one.name.value == BEGINNING and isinstance(one.value, VariableNode):
            name = one.value.name.value
            used = [found for found in _variables(known.document) if found == name]
            return name if len(used) == 1 else None
    return None


def _variables(node: Node) -> Iterator[str]:
    """The variables that are used below a node, each as often as it is."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, VariableNode):
            yield node.name.value
        elif not isinstance(node, VariableDefinitionNode):
            for key in node.keys:
                child = getattr(node, key)
                children = child if isinstance(child, tuple | list) else (child,)
                waiting += [one for one in children if isinstance(one, Node)]
