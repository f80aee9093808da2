"""Invitations."""

from datetime import datetime, timedelta

import strawberry

from db import models
from resolvers.identity import invitations
from resolvers.identity.invitations import Terms
from schema.connections import Connection
from schema.edges import found, listed, to_one
from schema.identity.roles import Role
from schema.identity.users import User
from schema.ids import row_id
from schema.lists.invitations import InvitationFilter, InvitationOrder
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, Payload, perform, perform_once
from schema.reads import costing


@strawberry.type
class Invitation(Entity, of=models.Invitation):
    """A code by which people come in, with a role, and only so many of them."""

    created_at: datetime
    email: str | None
    max_uses: int
    uses: int
    expires_at: datetime
    revoked_at: datetime | None
    role: Role | None = to_one(models.Invitation.role_id)
    """What they may do who come in by it."""
    inviter: User | None = to_one(models.Invitation.owner_id)
    """Who invites, and may take it back, as administrators may."""


@strawberry.input
class InvitationCreateInput(Keyed):
    """Whom to invite, as what, and until when."""

    role: str = "user"
    """The role that they have, by its name; it may do no more than you may."""
    max_uses: int = 1
    """How many people it lets in, from 1 to 1,000."""
    email: str | None = None
    """The only address that it lets in, to which the code is mailed."""
    expires_in: int = 7 * 86_400
    """Seconds until it ends, from a minute to 90 days."""


@strawberry.type
class InvitationCreatePayload(Creation):
    """The invitation, and its code."""

    invitation: Invitation | None
    """Null where there are errors."""
    code: str | None
    """Shown this once: null where there are errors, and if it was made before."""


@strawberry.input
class InvitationRevokeInput:
    """An invitation to take back."""

    id: strawberry.ID
    """The invitation."""


@strawberry.type
class InvitationRevokePayload(Payload):
    """The invitation, which lets nobody in any more."""

    invitation: Invitation | None
    """Null where there are errors."""


@strawberry.input
class InvitationRedeemInput:
    """An invitation for you, who have an account."""

    code: str
    """Its code."""


@strawberry.type
class InvitationRedeemPayload(Payload):
    """You, with the role that it gives besides yours."""

    user: User | None
    """Null where there are errors."""


@strawberry.type
class Query:
    invitation: Invitation | None = found(models.Invitation)
    """An invitation of yours."""
    invitations: Connection[Invitation] = listed(
        models.Invitation, InvitationFilter, InvitationOrder
    )
    """Whom you have invited; an administrator sees all invitations."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def invitation_create(
        self, info: Info, input: InvitationCreateInput
    ) -> InvitationCreatePayload:
        """Invite people, to whom you may give no more than you have."""
        equipment = info.context.equipment
        code = invitations.fresh(equipment.keys)
        lasts = timedelta(seconds=input.expires_in)
        terms = Terms(input.role, input.max_uses, input.email, lasts)
        given = equipment.policy, code, terms
        done = await perform_once(info, input, invitations.create, *given)
        told = done.row is not None and not done.done.replayed
        return InvitationCreatePayload(
            invitation=done.row, code=code.text if told else None, **done.created
        )

    @strawberry.mutation
    async def invitation_revoke(
        self, info: Info, input: InvitationRevokeInput
    ) -> InvitationRevokePayload:
        """Take an invitation back. Whoever came in by it stays."""
        id_ = row_id(input.id, models.Invitation)
        done = await perform(info, invitations.revoke, id_)
        return InvitationRevokePayload(invitation=done.row, **done.told)

    @strawberry.mutation(metadata=costing(50, alone=True))
    async def invitation_redeem(
        self, info: Info, input: InvitationRedeemInput
    ) -> InvitationRedeemPayload:
        """Take the role that an invitation gives, besides those that you have."""
        keys = info.context.equipment.keys
        done = await perform(info, invitations.redeem, keys, input.code)
        return InvitationRedeemPayload(user=done.row, **done.told)
