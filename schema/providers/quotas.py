"""How much somebody may spend on AI providers."""

from datetime import datetime
from decimal import Decimal

import strawberry

from db import models
from resolvers.lists import Listing
from resolvers.providers import quotas
from resolvers.shapes import Way
from schema.ids import row_id
from schema.nodes import Entity, Info
from schema.perform import Payload, Versioned, given, perform
from schema.reads import Pick

LIMITS = ("daily_limit", "monthly_limit", "daily_cost_limit", "monthly_cost_limit")
OWN = {"own": Way(models.UserQuota, models.UserQuota.owner_id)}


def own() -> Pick:
    """What they may spend on AI providers; null is any amount."""
    return "own", Listing(size=1)


@strawberry.type
class UserQuota(Entity, of=models.UserQuota):
    """The most that somebody may spend on AI providers."""

    created_at: datetime
    updated_at: datetime
    version: int
    daily_limit: int | None
    monthly_limit: int | None
    daily_cost_limit: Decimal | None
    monthly_cost_limit: Decimal | None


@strawberry.input
class UserQuotaSetInput(Versioned):
    """What somebody may spend from now on; what is not said stays as it is."""

    user: strawberry.ID
    """Whose quota it is."""
    daily_limit: int | None = strawberry.UNSET
    """Calls a day; null is any number."""
    monthly_limit: int | None = strawberry.UNSET
    """Calls a month; null is any number."""
    daily_cost_limit: Decimal | None = strawberry.UNSET
    """USD a day, with at most six decimals; null is any amount."""
    monthly_cost_limit: Decimal | None = strawberry.UNSET
    """USD a month, with at most six decimals; null is any amount."""


@strawberry.type
class UserQuotaSetPayload(Payload):
    """The quota as it is now."""

    user_quota: UserQuota | None
    """Null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def user_quota_set(
        self, info: Info, input: UserQuotaSetInput
    ) -> UserQuotaSetPayload:
        """Say how much somebody may spend on AI providers; for administrators."""
        user, said = row_id(input.user, models.User), {name: name for name in LIMITS}
        arguments = (user, input.expected_version, given(input, **said))
        done = await perform(info, quotas.assign, *arguments)
        return UserQuotaSetPayload(user_quota=done.row, **done.told)
