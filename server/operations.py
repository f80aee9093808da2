"""Operations, admitted and run alike over HTTP and websockets."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    parse,
)
from strawberry import Schema

from resolvers.access import ANONYMOUS, Actor
from resolvers.context import Context
from resolvers.errors import (
    BadRequest,
    Busy,
    Denial,
    LimitExceeded,
    RateLimited,
    UnknownOutcome,
)
from schema.documents import SHELF
from server import limits, metrics
from server.answers import Answer, Errors, Rejected, answered, told
from server.body import Asked
from server.buckets import Buckets
from server.crowds import Turns
from server.limits import Limits
from server.principals import payer
from server.validation import Validation

TOO_MANY_TOKENS = "Syntax Error: Document contains more than"


@dataclass(frozen=True, slots=True)
class Operation:
    """One that may be run."""

    asked: Asked
    kind: OperationType
    document: DocumentNode
    of_schema: bool
    """Whether it asks for the schema, and nothing else."""


class Operations:
    """What may be asked of a schema, and the answers."""

    def __init__(self, schema: Schema, limits: Limits) -> None:
        self.limits = limits
        self._schema = schema
        self._graphql = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  Strawberry has no other way to it
        self._validation = Validation(self._graphql)
        self._describing = ThreadPoolExecutor(1, "introspection")
        self._buckets = Buckets()
        self._turns = Turns(limits.at_once)
        self._mutations: set[asyncio.Task[Answer]] = set()

    async def admitted(self, asked: Asked, context: Context) -> Operation:
        """The operation that is asked, if whoever asks may run it.

        Raises Rejected, and RateLimited where they have no points left for it.
        """
        try:
            return await self._admitted(asked, context)
        except RateLimited:
            raise
        except GraphQLError as error:
            raise Rejected(error) from error
        except Denial as error:
            raise Rejected.by(error) from error

    async def _admitted(self, asked: Asked, context: Context) -> Operation:
        stranger = context.actor == ANONYMOUS
        rate = self.limits.strangers_rate if stranger else self.limits.rate
        spend = partial(self._buckets.spend, payer(context), rate=rate)
        spend(1)
        document = known = SHELF.get(self._schema, asked.query)
        if document is None:
            document = self._parsed(asked.query)
            limits.read(document, self.limits)
        node = chosen(document, asked.operation_name)
        given = asked.variables or {}
        cost = limits.admit(
            self._graphql, document, node, given, self.limits, stranger=stranger
        )
        spend(cost.points)
        if known is None:
            most = self.limits.errors - 1
            check = self._validation.errors
            if wrong := await check(asked.query, document, most, stranger=stranger):
                raise Rejected(*wrong)
            SHELF.keep(self._schema, asked.query, document)
        of_schema = bool(cost.introspection and not cost.depth)
        return Operation(asked, node.operation, document, of_schema)

    def _parsed(self, text: str) -> DocumentNode:
        limits.within("characters", len(text), self.limits.characters)
        try:
            return parse(text, max_tokens=self.limits.tokens)
        except GraphQLSyntaxError as error:
            if error.message.startswith(TOO_MANY_TOKENS):
                most = self.limits.tokens
                raise LimitExceeded(f"at most {most} tokens are allowed") from error
            raise

    async def answer(self, operation: Operation, context: Context) -> Answer:
        """Run a query or a mutation. Raises Rejected if it takes too long.

        A mutation goes on when whoever waits for it is cancelled.
        """
        with metrics.timed(operation.kind.value):
            if operation.kind is not OperationType.MUTATION:
                return await self._answer(operation, context)
            task = asyncio.create_task(self._answer(operation, context))
            self._mutations.add(task)
            task.add_done_callback(self._mutations.discard)
            return await asyncio.shield(task)

    async def finished(self) -> None:
        """Wait for the mutations that nobody waits for any more."""
        await asyncio.gather(*self._mutations, return_exceptions=True)

    async def _answer(self, operation: Operation, context: Context) -> Answer:
        seconds = self.limits.seconds
        try:
            async with self._turns.taken(payer(context), seconds):
                async with asyncio.timeout(seconds):
                    result = await self._result(operation, context)
        except Busy as error:
            raise Rejected.by(error) from error
        except TimeoutError as error:
            if operation.kind is OperationType.MUTATION:
                late = UnknownOutcome(f"not done within {seconds:g} s; look first")
            else:
                late = LimitExceeded(f"not answered within {seconds:g} s; ask for less")
            raise Rejected.by(late) from error
        answer = answered(result, self.told(result.errors, context.actor))
        metrics.count(operation.kind.value, answer.data)
        return answer

    async def _result(self, operation: Operation, context: Context) -> Any:
        """What came of it. The schema is told by a thread: it takes a while."""
        asked = operation.asked
        given, name = asked.variables, asked.operation_name
        if not operation.of_schema:
            return await self._schema.execute(
                asked.query, given, context, operation_name=name
            )
        described = partial(
            execute_sync,
            self._graphql,
            operation.document,
            variable_values=given,
            operation_name=name,
        )
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._describing, described)

    async def events(
        self, operation: Operation, context: Context
    ) -> AsyncGenerator[Answer]:
        """The answers of a subscription. Closing this closes what they come from."""
        asked = operation.asked
        stream: Any = await self._schema.stream(
            asked.query, asked.variables, context, operation_name=asked.operation_name
        )
        async with aclosing(stream):
            with metrics.SUBSCRIPTIONS.track_inprogress():
                async for result in stream:
                    yield answered(result, self.told(result.errors, context.actor))

    def told(self, errors: Any, actor: Actor) -> Errors:
        """Errors as this actor is told them."""
        hints = self.limits.introspection or actor != ANONYMOUS
        return told(errors, self.limits.errors, hints=hints)


def chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation of a name, or the only one. Raises BadRequest."""
    there = [
        one for one in document.definitions if isinstance(one, OperationDefinitionNode)
    ]
    if name is None:
        if len(there) != 1:
            raise BadRequest(f"`operationName` says which of {len(there)} operations")
        return there[0]
    for one in there:
        if one.name and one.name.value == name:
            return one
    raise BadRequest(f"there is no operation {name!r}")
