"""Operations, admitted and run alike over HTTP and websockets."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import OperationType, execute_sync
from strawberry import Schema

from resolvers.access import ANONYMOUS, Actor
from resolvers.context import Context
from resolvers.errors import Busy, LimitExceeded, UnknownOutcome
from schema.explaining import explained, wanted
from schema.runs import run
from schema.streams import Stream
from server import metrics
from server.admission import Admission, Operation
from server.answers import Answer, Errors, Rejected, answered, told
from server.body import Asked
from server.buckets import Buckets, MemoryBuckets
from server.calls import Calls
from server.crowds import Turns
from server.limits import Limits
from server.persisted import Persisted
from server.till import Payer, Till


class Operations:
    """What may be asked of a schema, and the answers."""

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        calls: Calls,
        buckets: Buckets | None = None,
        persisted: Persisted | None = None,
    ) -> None:
        self.till = Till(buckets or MemoryBuckets(), calls)
        own = self.till, persisted or Persisted()
        self.admission = Admission(schema, limits, *own)
        self.turns = Turns(limits.at_once)
        self.schema = schema
        self._graphql = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  Strawberry has no other way to it
        self._describing = ThreadPoolExecutor(1, "introspection")
        self._mutations: set[asyncio.Task[Answer]] = set()

    @property
    def limits(self) -> Limits:
        return self.admission.limits

    async def admitted(self, asked: Asked, context: Context, payer: Payer) -> Operation:
        """The operation that is asked, if whoever asks may run it.

        Raises Rejected, and RateLimited where they have nothing left to pay for it.
        """
        return await self.admission.admitted(asked, context, payer)

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

    def late(self, kind: OperationType) -> Rejected:
        """Why there is no answer where one took too long."""
        within = f"within {self.limits.seconds:g} s"
        if kind is OperationType.MUTATION:
            return Rejected.by(UnknownOutcome(f"not done {within}; look first"))
        return Rejected.by(LimitExceeded(f"not answered {within}; ask for less"))

    async def finished(self) -> None:
        """Wait for the mutations that nobody waits for any more."""
        await asyncio.gather(*self._mutations, return_exceptions=True)

    async def _answer(self, operation: Operation, context: Context) -> Answer:
        seconds, asked, payer = self.limits.seconds, operation.asked, operation.payer
        if wanted(asked.extensions, context.actor):
            context.noted = []
        of = operation.points, operation.cost.objects
        context.bill = self.till.bill(payer, *of)
        try:
            async with self.turns.taken(payer.whose, seconds):
                async with asyncio.timeout(seconds):
                    result = await self._result(operation, context)
        except Busy as error:
            self._settled(operation, None)
            raise Rejected.by(error) from error
        except TimeoutError as error:
            raise self.late(operation.kind) from error
        answer = answered(result, self.told(result.errors, context.actor))
        metrics.count(operation.kind.value, answer.data)
        more = {"cost": self._settled(operation, answer.data)}
        if context.noted is not None:
            more = {**more, "plan": await explained(context, answer.data)}
        wants = asked.extensions or {}
        more = {name: one for name, one in more.items() if wants.get(name) is True}
        return replace(answer, extensions=more) if more else answer

    def _settled(self, operation: Operation, data: Any) -> dict[str, Any]:
        """Give back what an operation did not cost, and say what it did."""
        spent = operation.spent(data)
        self.till.give(operation.payer, operation.taken, spent)
        return self.till.cost(operation.payer, operation.points, spent)

    async def _result(self, operation: Operation, context: Context) -> Any:
        """What came of it. The schema is told by a thread: it takes a while."""
        asked = operation.asked
        given, name = asked.variables, asked.operation_name
        if not operation.of_schema:
            return await run(self.schema, operation.known, given or {}, context)
        described = partial(
            execute_sync,
            self._graphql,
            operation.known.document,
            variable_values=given,
            operation_name=name,
        )
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._describing, described)

    def stream(self, operation: Operation, context: Context) -> Stream:
        """A subscription, which is read and answered thing by thing."""
        given = operation.asked.variables or {}
        return Stream(self.schema, operation.known, given, context)

    def told(self, errors: Any, actor: Actor) -> Errors:
        """Errors as this actor is told them."""
        hints = self.limits.introspection or actor != ANONYMOUS
        return told(errors, self.limits.errors, hints=hints)
