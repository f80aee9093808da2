"""Accounts that are closed, opened and deleted, and what is kept of their owners."""

from datetime import datetime
from urllib.parse import quote

import strawberry

from db import models
from resolvers.identity import departures, exports
from schema.identity.users import User
from schema.ids import row_id
from schema.nodes import Info
from schema.perform import Payload, perform
from schema.platform.jobs import Job
from schema.reads import costing


@strawberry.input
class UserDeactivateInput:
    """The account to be closed."""

    id: strawberry.ID
    """The user's id: yours, or anybody's where you are an administrator."""


@strawberry.type
class UserDeactivatePayload(Payload):
    """The account, which lets nobody in any more."""

    user: User | None
    """Null where there are errors."""


@strawberry.input
class UserActivateInput:
    """The account to be opened."""

    id: strawberry.ID
    """The user's id."""


@strawberry.type
class UserActivatePayload(Payload):
    """The account, which lets its owner in again."""

    user: User | None
    """Null where there are errors."""


@strawberry.input
class UserPurgeInput:
    """The account to be deleted."""

    id: strawberry.ID
    """The user's id."""
    email: str
    """Its e-mail address, so that it is no other by mistake."""


@strawberry.type
class UserPurgePayload(Payload):
    """What is at it."""

    job: Job | None
    """The job that deletes it; null where there are errors."""


@strawberry.type
class ViewerExportPayload(Payload):
    """Where all that is kept of you is to be had."""

    url: str | None
    """A link that is good for five minutes, while you are signed in: lines of JSON, of
    the audit log without what was written, which may be of others."""
    expires_at: datetime | None
    """When that is over; null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def user_deactivate(
        self, info: Info, input: UserDeactivateInput
    ) -> UserDeactivatePayload:
        """Close an account: its sessions and API keys end within five seconds.

        An administrator can open it again for thirty days, after which it is forgotten
        whose it was.
        """
        id_ = row_id(input.id, models.User)
        closed = await perform(info, departures.deactivate, id_)
        return UserDeactivatePayload(user=closed.row, **closed.told)

    @strawberry.mutation
    async def user_activate(
        self, info: Info, input: UserActivateInput
    ) -> UserActivatePayload:
        """As an administrator, open an account again that was closed."""
        id_ = row_id(input.id, models.User)
        opened = await perform(info, departures.activate, id_)
        return UserActivatePayload(user=opened.row, **opened.told)

    @strawberry.mutation
    async def user_purge(self, info: Info, input: UserPurgeInput) -> UserPurgePayload:
        """As an administrator, delete an account and all there is of its owner.

        It is closed at once. What the audit log says stays, under ids alone.
        """
        id_ = row_id(input.id, models.User)
        begun = await perform(info, departures.purge, id_, input.email)
        return UserPurgePayload(job=begun.row, **begun.told)

    @strawberry.mutation(metadata=costing(100))
    async def viewer_export(self, info: Info) -> ViewerExportPayload:
        """Have all that is kept of you, but for secrets."""
        asked, context = await perform(info, exports.begin), info.context
        if asked.row is None:
            return ViewerExportPayload(url=None, expires_at=None, **asked.told)
        ticket = exports.ticket(context, asked.row)
        where = f"{context.equipment.policy.public_url}/export"
        url = f"{where}?ticket={quote(ticket.text)}"
        return ViewerExportPayload(url=url, expires_at=ticket.ends, **asked.told)
