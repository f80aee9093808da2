"""API keys."""

from datetime import datetime
from typing import Any

import strawberry

from db import models
from db.models import Tier
from db.models.keys import USUAL_RATE
from resolvers.access import Permission
from resolvers.identity import apikeys, keytexts
from resolvers.identity.apikeys import Wished
from resolvers.identity.standings import scoped
from schema.edges import formula, to_one
from schema.ids import row_id
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, Payload, perform, perform_once
from schema.refs import UserRef


def _scopes(root: Any) -> list[Permission]:
    return sorted(scoped(root.scopes))


@strawberry.type
class ApiKey(Entity, of=models.ApiKey):
    """A key by which a program asks in its owner's name."""

    created_at: datetime
    updated_at: datetime
    version: int
    name: str
    key_prefix: str
    last_four: str
    scopes: list[Permission] = strawberry.field(resolver=_scopes)
    """What it may do, as far as its owner may; it sees what they see."""
    expires_at: datetime
    last_used_at: datetime | None
    former_until: datetime | None
    rate_limit: int
    tier: Tier | None
    trusted_only: bool
    revoked_at: datetime | None
    revoked_reason: str | None
    is_active: bool = formula(models.ApiKey, apikeys.is_active)
    owner: UserRef = to_one(models.ApiKey.owner_id)
    """In whose name it asks."""


@strawberry.input
class ApiKeyCreateInput(Keyed):
    """What a key is to be. Of this nothing can be changed later."""

    name: str
    """What it is for."""
    scopes: list[Permission]
    """What it may do; nothing that you may not. With none of them it only looks."""
    expires_at: datetime | None = None
    """When it ends: in 90 days, if not said, and in a year at most."""
    rate_limit: int = USUAL_RATE
    """Requests that it makes in an hour at most."""
    tier: Tier | None = None
    """The tier it asks in at most; yours, if not said."""
    trusted_only: bool = False
    """Whether it opens nothing but persisted documents."""
    test: bool = False
    """Whether it says of itself that it is for trying things out."""


@strawberry.type
class ApiKeyCreatePayload(Creation):
    """The new key."""

    api_key: ApiKey | None
    """Null where there are errors."""
    secret: str | None
    """The key itself. It is shown here once; null where it was shown before."""


@strawberry.input
class ApiKeyRotateInput:
    """A key that is to have another secret."""

    id: strawberry.ID
    """The key."""
    overlap_hours: int = apikeys.OVERLAP
    """How many hours the former secret opens too: from 0 to 24."""
    expires_at: datetime | None = None
    """When it ends from now on; as before, if not said."""


@strawberry.type
class ApiKeyRotatePayload(Payload):
    """The key with its new secret."""

    api_key: ApiKey | None
    """Null where there are errors."""
    secret: str | None
    """The key itself. It is shown here once; null where there are errors."""


@strawberry.input
class ApiKeyRevokeInput:
    """A key to end."""

    id: strawberry.ID
    """The key."""


@strawberry.type
class ApiKeyRevokePayload(Payload):
    """The key, which opens nothing any more."""

    api_key: ApiKey | None
    """Null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def api_key_create(
        self, info: Info, input: ApiKeyCreateInput
    ) -> ApiKeyCreatePayload:
        """Make a key. It is shown in this answer and nowhere else, ever.

        It takes a session in which you have just shown who you are.
        """
        wished = Wished(
            input.name,
            input.scopes,
            input.expires_at,
            input.rate_limit,
            input.tier,
            input.trusted_only,
        )
        made = keytexts.fresh(info.context.equipment.keys, test=input.test)
        done = await perform_once(info, input, apikeys.create, wished, made)
        new = done.row is not None and not done.done.replayed
        secret = made.text if new else None
        return ApiKeyCreatePayload(api_key=done.row, secret=secret, **done.created)

    @strawberry.mutation
    async def api_key_rotate(
        self, info: Info, input: ApiKeyRotateInput
    ) -> ApiKeyRotatePayload:
        """Give a key another secret, which is shown in this answer and nowhere else.

        Sockets that were opened by it are closed within five seconds.
        """
        keys, secret = info.context.equipment.keys, keytexts.secret()
        done = await perform(
            info,
            apikeys.rotate,
            keys,
            row_id(input.id, models.ApiKey),
            secret,
            overlap_hours=input.overlap_hours,
            expires_at=input.expires_at,
        )
        key = done.row
        text = key and keytexts.made(keys, key.key_prefix, secret).text
        return ApiKeyRotatePayload(api_key=key, secret=text, **done.told)

    @strawberry.mutation
    async def api_key_revoke(
        self, info: Info, input: ApiKeyRevokeInput
    ) -> ApiKeyRevokePayload:
        """End a key for good: within five seconds it opens nothing any more."""
        done = await perform(info, apikeys.revoke, row_id(input.id, models.ApiKey))
        return ApiKeyRevokePayload(api_key=done.row, **done.told)
