"""Admission: whether an operation may be run, and what it costs whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, OperationType
from strawberry import Schema

from resolvers.access import ANONYMOUS, Actor
from resolvers.context import Context
from resolvers.errors import BadRequest, Denial, RateLimited
from schema.bounds import parsed
from schema.documents import SHELF, Known, Valid
from schema.validation import validation
from server import limits
from server.answers import Rejected
from server.body import Asked
from server.buckets import Buckets
from server.costs import Cost
from server.limits import Limits
from server.persisted import Persisted
from server.principals import payer


@dataclass(frozen=True, slots=True)
class Operation:
    """One that may be run."""

    asked: Asked
    known: Known
    of_schema: bool
    """Whether it asks for the schema, and nothing else."""

    @property
    def kind(self) -> OperationType:
        return self.known.kind


class Admission:
    """Lets operations in, at a price."""

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        buckets: Buckets,
        persisted: Persisted,
    ) -> None:
        self._schema = schema
        self._graphql = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  Strawberry has no other way to it
        self.limits = limits
        self.persisted = persisted
        self._buckets = buckets
        self._validation = validation(self._graphql)

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

    def known(self, text: str, name: str | None) -> Known | None:
        """An operation of a document that was found valid, if it was."""
        valid = SHELF.get(self._schema, text)
        return valid and valid.operations.get(name)

    def cost(self, known: Known, given: Mapping[str, Any], *, stranger: bool) -> Cost:
        """What an operation costs, with its variables, if whoever asks may run it.

        Raises Denial.
        """
        limits.weigh(given, self.limits)
        key = limits.size_key(known.node, given)
        if (cost := known.costs.get(key)) is None:
            asked = self._graphql, known.document, known.node, given
            cost = limits.cost_of(*asked, self.limits)
            known.remember(key, cost)
        limits.admit(cost, self.limits, stranger=stranger)
        return cost

    async def pay(self, actor: Actor, whose: str, points: float) -> None:
        """Take points of whoever pays for an actor. Raises RateLimited."""
        stranger = actor == ANONYMOUS
        rate = self.limits.strangers_rate if stranger else self.limits.rate
        if waiting := self._buckets.take(whose, points, rate):
            await waiting

    async def _admitted(self, asked: Asked, context: Context) -> Operation:
        actor, whose = context.actor, payer(context)
        stranger = actor == ANONYMOUS
        await self.pay(actor, whose, 1)
        asked = await self.persisted.resolved(asked, context)
        valid = SHELF.get(self._schema, asked.query)
        read = valid or Valid(parsed(asked.query, self.limits))
        known = chosen(read, asked.operation_name)
        cost = self.cost(known, asked.variables or {}, stranger=stranger)
        await self.pay(actor, whose, cost.points)
        if valid is None:
            most = self.limits.errors - 1
            given = asked.query, read.document, most
            if wrong := await self._validation.errors(*given, stranger=stranger):
                raise Rejected(*wrong)
            SHELF.keep(self._schema, asked.query, read)
        of_schema = bool(cost.introspection and not cost.depth)
        return Operation(asked, known, of_schema)


def chosen(read: Valid, name: str | None) -> Known:
    """The operation of a name, or the only one. Raises BadRequest."""
    if known := read.operations.get(name):
        return known
    if name is None:
        said = f"`operationName` says which of {read.number} operations"
        raise BadRequest(said)
    raise BadRequest(f"there is no operation {name!r}")
