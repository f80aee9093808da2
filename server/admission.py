"""Admission: whether an operation may be run, and what it costs whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError, OperationType
from strawberry import Schema

from resolvers.context import Context
from resolvers.errors import BadRequest, Denial, RateLimited
from schema.bounds import parsed
from schema.documents import SHELF, Known, Valid
from schema.dry import ARGUMENT, dry
from schema.validation import validation
from server import limits
from server.answers import Rejected
from server.body import Asked
from server.costs import Cost
from server.limits import Limits
from server.persisted import Persisted
from server.principals import Principal
from server.till import Payer, Till


@dataclass(frozen=True, slots=True)
class Operation:
    """One that may be run."""

    asked: Asked
    known: Known
    cost: Cost
    payer: Payer
    dry: bool = False
    """Whether what it costs is told, and not taken."""

    @property
    def of_schema(self) -> bool:
        """Whether it asks for the schema, and nothing else."""
        return bool(self.cost.introspection and not self.cost.depth)

    @property
    def points(self) -> int:
        """What it may cost: one is for asking at all."""
        return self.cost.points + 1

    @property
    def taken(self) -> int:
        """What was taken for it."""
        return 1 if self.dry else self.points

    def spent(self, data: Any) -> int:
        """What it did cost, by the objects that it gave."""
        if self.dry:
            return 1
        return 1 + self.cost.actual(objects(data) if self.cost.objects else 0)

    @property
    def kind(self) -> OperationType:
        return self.known.kind


class Admission:
    """Lets operations in, at a price."""

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        till: Till,
        persisted: Persisted,
    ) -> None:
        self._schema = schema
        self._graphql = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  Strawberry has no other way to it
        self.limits = limits
        self.persisted = persisted
        self.till = till
        self._validation = validation(self._graphql)

    def payer(self, who: Principal, address: str | None) -> Payer:
        """Who pays for what somebody asks."""
        return self.till.payer(who, address, self.limits)

    async def admitted(self, asked: Asked, context: Context, payer: Payer) -> Operation:
        """The operation that is asked, if whoever asks may run it.

        Raises Rejected, and RateLimited where they have nothing left to pay for it.
        """
        try:
            return await self._admitted(asked, context, payer)
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

    def cost(self, known: Known, given: Mapping[str, Any], payer: Payer) -> Cost:
        """What an operation costs, with its variables, if whoever asks may run it.

        Raises Denial.
        """
        limits.weigh(given, self.limits)
        key = limits.size_key(known.node, given)
        if (cost := known.costs.get(key)) is None:
            asked = self._graphql, known.document, known.node, given
            cost = limits.cost_of(*asked, self.limits)
            known.remember(key, cost)
        limits.admit(cost, self.limits, payer.most, stranger=payer.stranger)
        return cost

    async def _admitted(
        self, asked: Asked, context: Context, payer: Payer
    ) -> Operation:
        await self.till.enter(payer)
        asked = await self.persisted.resolved(asked, context, payer.who)
        valid = SHELF.get(self._schema, asked.query)
        read = valid or Valid(parsed(asked.query, self.limits))
        known = chosen(read, asked.operation_name)
        cost = self.cost(known, given := asked.variables or {}, payer)
        if ARGUMENT in asked.query:
            await self._validated(asked.query, read, payer)
            if left := dry(self._schema, known, given):
                return Operation(asked, left, cost, payer, dry=True)
        await self.till.pay(payer, cost.points)
        try:
            await self._validated(asked.query, read, payer)
            await self.till.call(payer.of(cost))
        except (Rejected, Denial):
            self.till.give(payer, cost.points, cost.actual(0))
            raise
        return Operation(asked, known, cost, payer)

    async def _validated(self, text: str, read: Valid, payer: Payer) -> None:
        """See that a document is valid, unless that is known. Raises Rejected."""
        if SHELF.get(self._schema, text) is read:
            return
        given, stranger = (text, read.document, self.limits.errors - 1), payer.stranger
        if wrong := await self._validation.errors(*given, stranger=stranger):
            raise Rejected(*wrong)
        SHELF.keep(self._schema, text, read)


def objects(data: Any) -> int:
    """How many objects there are in the data of an answer."""
    return 0 if data is None else within(orjson.dumps(data))


def within(text: bytes) -> int:
    """How many objects there are in an object as JSON; it may be fewer."""
    return text.count(b"{") - 1


def chosen(read: Valid, name: str | None) -> Known:
    """The operation of a name, or the only one. Raises BadRequest."""
    if known := read.operations.get(name):
        return known
    if name is None:
        said = f"`operationName` says which of {read.number} operations"
        raise BadRequest(said)
    raise BadRequest(f"there is no operation {name!r}")
