"""A known operation is run by graphql-core, without parsing or validating it again."""

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphql import ExecutionResult, GraphQLError
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable

from resolvers.context import Context
from schema.documents import Known
from schema.execution import Execution
from schema.faults import masked


async def run(
    schema: Schema, known: Known, given: Mapping[str, Any], context: Context
) -> ExecutionResult:
    """What comes of a query or a mutation, in a context of its own.

    Its errors are as they are told: faults are logged, and known by their reference.
    """
    awaitable: Any = optimized_is_awaitable
    execution: Any = Execution.build(
        schema._schema,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  Strawberry has no other way to it
        known.document,
        context_value=replace(context),
        raw_variable_values=dict(given),
        operation_name=known.node.name and known.node.name.value,
        is_awaitable=awaitable,
    )
    if isinstance(execution, list):
        result = ExecutionResult(None, execution)
    else:
        result = await _executed(execution)
    reference = context.origin.request_id
    errors = [masked(error, reference) for error in result.errors or ()]
    return ExecutionResult(result.data, errors or None)


async def _executed(execution: Execution) -> ExecutionResult:
    try:
        result: Any = execution.execute_operation()
        return await result if inspect.isawaitable(result) else result
    except GraphQLError as error:
        return ExecutionResult(None, [error])
