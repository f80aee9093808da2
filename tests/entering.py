"""Rows of ways into an account, with something sensible in every column."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from db.base import Base, utcnow
from db.models import Invitation, OneTimeToken, Purpose
from resolvers.access import Actor

VIEWER = UUID(int=3)
"""The id of a role that may do little."""


def a_one_time_token(owner: Actor, **columns: Any) -> OneTimeToken:
    given = {"id": uuid7(), "owner_id": owner.user_id, "token_hash": uuid7().hex * 2}
    usual = {"purpose": Purpose.EMAIL_VERIFY, "email": "ada@example.org"}
    return OneTimeToken(**given | usual | {"expires_at": _tomorrow()} | columns)


def an_invitation(owner: Actor, **columns: Any) -> Invitation:
    given = {"id": uuid7(), "owner_id": owner.user_id, "code_hash": uuid7().hex * 2}
    usual = {"role_id": VIEWER, "max_uses": 3, "uses": 1}
    return Invitation(**given | usual | {"expires_at": _tomorrow()} | columns)


def entrances_of(owner: Actor) -> list[Base]:
    """One of each."""
    return [a_one_time_token(owner), an_invitation(owner)]


def _tomorrow() -> Any:
    return utcnow() + timedelta(days=1)
