"""Calls of AI providers: what is set aside for them, and what they came to."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from db import models
from resolvers.providers import spending
from resolvers.providers.calls import Called, Spent
from schema.ids import row_id
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, Payload, perform, perform_once
from schema.scalars import BigInt


@strawberry.type
class ProviderUsage(Entity, of=models.ProviderUsage):
    """What somebody used of a provider's model in a day, of UTC."""

    created_at: datetime
    updated_at: datetime
    version: int
    provider: str
    model: str
    date: date
    requests_count: BigInt
    tokens_input: BigInt
    tokens_output: BigInt
    cost_usd: Decimal


@strawberry.type
class ProviderReservation(Entity, of=models.ProviderReservation):
    """Money that is set aside for a call of a provider, until it is known what it cost.

    It counts against the limits of the day and the month in which it was made.
    """

    created_at: datetime
    updated_at: datetime
    version: int
    provider: str
    model: str
    date: date
    amount: Decimal
    expires_at: datetime
    settled_at: datetime | None
    actual: Decimal | None


@strawberry.input
class ProviderCallReserveInput(Keyed):
    """A call that is about to be made."""

    provider: str
    """Who is called, in up to 100 characters."""
    model: str
    """The model that is called, in up to 255 characters."""
    cost: Decimal
    """The most that it may cost, in USD with at most six decimals."""


@strawberry.input
class ProviderCallSettleInput:
    """What a call came to."""

    id: strawberry.ID
    """What was set aside for it."""
    tokens_input: int = 0
    """Tokens that were sent."""
    tokens_output: int = 0
    """Tokens that came back."""
    cost: Decimal
    """What it cost, in USD with at most six decimals."""


@strawberry.input
class ProviderUsageAddInput(Keyed):
    """Calls that were made without asking."""

    provider: str
    """Who was called, in up to 100 characters."""
    model: str
    """The model that was called, in up to 255 characters."""
    requests: int = 1
    """How many calls."""
    tokens_input: int = 0
    """Tokens that were sent."""
    tokens_output: int = 0
    """Tokens that came back."""
    cost: Decimal
    """What they cost, in USD with at most six decimals."""


@strawberry.type
class ProviderCallReservePayload(Creation):
    """What is set aside; without it the call should not be made."""

    provider_reservation: ProviderReservation | None
    """Null where there are errors."""


@strawberry.type
class ProviderCallSettlePayload(Payload):
    """What was set aside, settled."""

    provider_reservation: ProviderReservation | None
    """Null where there are errors."""


@strawberry.type
class ProviderUsageAddPayload(Creation):
    """What was used of the model today, with what was added."""

    provider_usage: ProviderUsage | None
    """Null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def provider_call_reserve(
        self, info: Info, input: ProviderCallReserveInput
    ) -> ProviderCallReservePayload:
        """Set aside the most that a call may cost, for ten minutes.

        It is refused where a limit of your quota would be exceeded.
        """
        called = Called(input.provider, input.model)
        done = await perform_once(info, input, spending.reserve, called, input.cost)
        return ProviderCallReservePayload(provider_reservation=done.row, **done.created)

    @strawberry.mutation
    async def provider_call_settle(
        self, info: Info, input: ProviderCallSettleInput
    ) -> ProviderCallSettlePayload:
        """Say what a call cost for which money was set aside, once; better late."""
        id_ = row_id(input.id, models.ProviderReservation)
        spent = Spent(input.cost, input.tokens_input, input.tokens_output)
        done = await perform(info, spending.settle, id_, spent)
        return ProviderCallSettlePayload(provider_reservation=done.row, **done.told)

    @strawberry.mutation
    async def provider_usage_add(
        self, info: Info, input: ProviderUsageAddInput
    ) -> ProviderUsageAddPayload:
        """Count calls that were made already. No limit refuses what has happened."""
        tokens = (input.tokens_input, input.tokens_output)
        spent = Spent(input.cost, *tokens, input.requests)
        called = Called(input.provider, input.model)
        done = await perform_once(info, input, spending.add, called, spent)
        return ProviderUsageAddPayload(provider_usage=done.row, **done.created)
