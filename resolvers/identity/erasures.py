"""Erasures: all there is of somebody is deleted, so much at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import Base, Owned, utcnow
from db.models import Invitation, Job, JobStatus, User
from resolvers.access import SYSTEM, Permission, require, visible
from resolvers.audit import erasing
from resolvers.context import Context
from resolvers.platform import jobs
from resolvers.platform.events import conclude
from resolvers.platform.leftovers import NAMED
from resolvers.writes import Transaction

TASK = "userPurge"
ENTRY = f"job.{TASK}"
"""What the audit calls it: such entries say whose payloads are gone, and stay."""
AT_ONCE = 2_000
"""Rows that one transaction deletes."""
FILES: Mapping[Any, str] = dict(NAMED.values())
"""The columns that name files, by model."""


def owned() -> Sequence[Any]:
    """Every model of which people have rows, children before their parents."""
    places = {table: n for n, table in enumerate(Base.metadata.sorted_tables)}
    models = [one.class_ for one in Base.registry.mappers]
    theirs = [model for model in models if issubclass(model, Owned)]
    return sorted(theirs, key=lambda model: -places[model.__table__])


async def run(context: Context, job: Job) -> None:
    """Delete a user, after all that is theirs, whose files go with it.

    Of what they did the log keeps that it was done, and not what was written.
    """
    require(context.actor, Permission.MANAGE_USERS)
    user_id, counts = UUID(job.arguments["user_id"]), Counter[str]()
    for one in await _invitations(context, user_id):
        await context.written(partial(_uninvite, invitation_id=one))
    models = owned()
    for done, model in enumerate(models):
        while gone := await _some(context, model, user_id):
            counts[model.__tablename__] += gone
            await jobs.report(context, job, done / len(models))
            if gone < AT_ONCE:
                break
    async with context.transaction() as write:
        await write.session.execute(sa.delete(User).where(User.id == user_id))
        await erasing.erase(write, user_id, ENTRY)
        await erasing.forget(write)
        told = {name: str(count) for name, count in counts.items()}
        write.changes["purged"] = {"user": user_id.hex, **told}
        await jobs.finish(write, job)


async def ended(
    write: Transaction, job: Job, status: JobStatus, reason: str | None
) -> None:
    """What is deleted stays so; the account is closed, and may be purged again."""


async def _invitations(context: Context, user_id: UUID) -> list[UUID]:
    """The invitations by others that name the address of a user."""
    user = visible(SYSTEM, User).where(User.id == user_id)
    address = user.with_only_columns(sa.func.lower(User.email)).scalar_subquery()
    named = visible(SYSTEM, Invitation).where(
        sa.func.lower(Invitation.email) == address, Invitation.owner_id != user_id
    )
    async with context.database.read() as session:
        return [*await session.scalars(named.with_only_columns(Invitation.id))]


async def _uninvite(write: Transaction, invitation_id: UUID) -> None:
    """Take the address out of an invitation, which lets nobody in any more.

    The audit is not told what it was, and what it says of that is erased.
    """
    ended = sa.func.coalesce(Invitation.revoked_at, utcnow())
    nobodys = sa.update(Invitation).where(Invitation.id == invitation_id)
    nobodys = nobodys.values(email=None, revoked_at=ended)
    invitation = await write.session.scalar(nobodys.returning(Invitation))
    await erasing.erase(write, invitation_id, ENTRY)
    await conclude(write, ENTRY, invitation)


async def _some(context: Context, model: Any, user_id: UUID) -> int:
    """Delete some rows of a user, and tell how many."""

    async def work(write: Transaction) -> int:
        rows = visible(SYSTEM, model).where(model.owner_id == user_id)
        named = getattr(model, FILES[model]) if model in FILES else sa.null()
        rows = rows.with_only_columns(model.id, named).order_by(model.id)
        found = (await write.session.execute(rows.limit(AT_ONCE))).all()
        ids = [id_ for id_, _ in found]
        await write.session.execute(sa.delete(model).where(model.id.in_(ids)))
        write.discarded += [key for _, key in found if key]
        return len(found)

    return await context.written(work)
