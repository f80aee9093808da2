"""Operations, admitted and run alike over HTTP and websockets."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from strawberry import Schema
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from resolvers.access import ANONYMOUS, Actor
from resolvers.context import Context
from resolvers.errors import BadRequest, Denial, LimitExceeded, UnknownOutcome
from schema.documents import SHELF
from server import limits, metrics
from server.answers import Answer, Errors, Rejected, answered, told
from server.body import Asked
from server.limits import Limits

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
SHORT = 2 * 1024
"""Characters of a document that is validated in no time."""
PATIENCE = 1.0
"""Seconds for validating a longer one, in a thread."""
TOO_MANY_TOKENS = "Syntax Error: Document contains more than"


@dataclass(frozen=True, slots=True)
class Operation:
    """One that may be run."""

    asked: Asked
    kind: OperationType


class Operations:
    """What may be asked of a schema, and the answers."""

    def __init__(self, schema: Schema, limits: Limits) -> None:
        self.limits = limits
        self._schema = schema
        self._graphql = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  Strawberry has no other way to it
        self._validators = ThreadPoolExecutor(1, "validation")
        self._mutations: set[asyncio.Task[Answer]] = set()

    async def admitted(self, asked: Asked, actor: Actor) -> Operation:
        """The operation that is asked, if the actor may run it. Raises Rejected."""
        try:
            return await self._admitted(asked, stranger=actor == ANONYMOUS)
        except RateLimited:
            raise
        except GraphQLError as error:
            raise Rejected(error) from error
        except Denial as error:
            raise Rejected.by(error) from error

    async def _admitted(self, asked: Asked, *, stranger: bool) -> Operation:
        document = known = SHELF.get(self._schema, asked.query)
        if document is None:
            document = self._parsed(asked.query)
            limits.read(document, self.limits)
        node = chosen(document, asked.operation_name)
        given = asked.variables or {}
        limits.admit(
            self._graphql, document, node, given, self.limits, stranger=stranger
        )
        if known is None:
            await self._validate(asked.query, document)
            SHELF.keep(self._schema, asked.query, document)
        return Operation(asked, node.operation)

    def _parsed(self, text: str) -> DocumentNode:
        limits.within("characters", len(text), self.limits.characters)
        try:
            return parse(text, max_tokens=self.limits.tokens)
        except GraphQLSyntaxError as error:
            if error.message.startswith(TOO_MANY_TOKENS):
                most = self.limits.tokens
                raise LimitExceeded(f"at most {most} tokens are allowed") from error
            raise

    async def _validate(self, text: str, document: DocumentNode) -> None:
        """Raise Rejected unless the document is valid.

        Two fields of one name take time to be found alike, and there may be many.
        """
        given = (self._graphql, document, RULES, self.limits.errors - 1)
        if len(text) <= SHORT:
            errors = validate(*given)
        else:
            loop = asyncio.get_running_loop()
            found = loop.run_in_executor(self._validators, validate, *given)
            try:
                errors = await asyncio.wait_for(found, PATIENCE)
            except TimeoutError as error:
                raise LimitExceeded("the document takes too long to check") from error
        if errors:
            raise Rejected(*errors)

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
        asked, seconds = operation.asked, self.limits.seconds
        try:
            async with asyncio.timeout(seconds):
                result = await self._schema.execute(
                    asked.query,
                    asked.variables,
                    context,
                    operation_name=asked.operation_name,
                )
        except TimeoutError as error:
            if operation.kind is OperationType.MUTATION:
                late = UnknownOutcome(f"not done within {seconds:g} s; look first")
            else:
                late = LimitExceeded(f"not answered within {seconds:g} s; ask for less")
            raise Rejected.by(late) from error
        answer = answered(result, self.told(result.errors, context.actor))
        metrics.count(operation.kind.value, answer.data)
        return answer

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
