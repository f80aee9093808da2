"""Proofs: whoever is signed in shows again who they are, before what is dangerous."""

from datetime import timedelta
from uuid import UUID

from db.base import utcnow
from db.models import Session
from resolvers.access import SYSTEM, require_person, visible
from resolvers.errors import StepUpRequired
from resolvers.writes import Transaction

LASTS = timedelta(minutes=10)
"""How long a proof is good for."""


async def require_proof(write: Transaction) -> UUID:
    """The actor's user id, if they have just shown in this session who they are.

    Raises StepUpRequired where that is longer ago, and Forbidden for an API key.
    """
    user_id = require_person(write.actor)
    proved = visible(SYSTEM, Session).where(
        Session.id == write.origin.session_id,
        Session.owner_id == user_id,
        Session.revoked_at.is_(None),
        Session.proved_at > utcnow() - LASTS,
    )
    if await write.session.scalar(proved) is None:
        raise StepUpRequired("show first that it is you, with `sessionConfirm`")
    return user_id
