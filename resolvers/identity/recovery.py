"""Recovery codes: ten ways in for whoever has lost what makes their codes."""

import base64
import re
import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.base import utcnow
from db.models import RecoveryCode, User
from resolvers.access import Actor, visible
from resolvers.errors import Conflict
from resolvers.identity.proofs import require_proof
from resolvers.keys import Keys
from resolvers.writes import Transaction

PURPOSE = "recovery code"
"""What the key is made for that they are hashed with."""
CODES = 10
BYTES = 10
"""Of a code that nobody guesses: 16 letters."""
SHOWN = re.compile(r"[A-Z2-7]{16}")


def fresh() -> list[str]:
    """Codes that nobody can guess, as they are shown."""
    texts = (base64.b32encode(secrets.token_bytes(BYTES)) for _ in range(CODES))
    return ["-".join(re.findall("....", text.decode())) for text in texts]


async def renew(write: Transaction, keys: Keys, codes: Sequence[str]) -> User:
    """Give the actor codes in place of all that they had."""
    user = await write.get(User, await require_proof(write))
    if user.totp_enabled_at is None:
        raise Conflict("the second factor is off, and there is nothing to recover")
    await keep(write, keys, user.id, codes)
    return user


async def keep(
    write: Transaction, keys: Keys, user_id: UUID, codes: Sequence[str]
) -> None:
    """Take these codes from a user, and none that were made before."""
    await clear(write, user_id)
    hashes = (keys.fingerprint(PURPOSE, _normal(code)) for code in codes)
    kept = [{"owner_id": user_id, "code_hash": one} for one in hashes]
    await write.fill(RecoveryCode, kept)
    write.changes["recoveryCodes"] = {"made": str(len(kept))}


async def spend(write: Transaction, keys: Keys, user_id: UUID, shown: str) -> bool:
    """Whether it was a code of theirs until now. Of any number at a time, one is."""
    if not SHOWN.fullmatch(text := _normal(shown)):
        return False
    now = utcnow()
    spent = (
        sa.update(RecoveryCode)
        .where(RecoveryCode.owner_id == user_id, RecoveryCode.used_at.is_(None))
        .where(RecoveryCode.code_hash.in_(keys.fingerprints(PURPOSE, text)))
        .values(used_at=now)
        .returning(RecoveryCode)
    )
    if code := await write.session.scalar(spent):
        write.note(code, "used_at", None, now)
    return code is not None


async def clear(write: Transaction, user_id: UUID) -> None:
    """Forget the codes of a user."""
    mine = sa.delete(RecoveryCode).where(RecoveryCode.owner_id == user_id)
    await write.session.execute(mine)


def left(actor: Actor, user: Any) -> sa.ColumnElement[int]:
    """How many of their recovery codes are good still; see `loginConfirm`."""
    mine = visible(actor, RecoveryCode).where(
        RecoveryCode.owner_id == user.id, RecoveryCode.used_at.is_(None)
    )
    return mine.with_only_columns(sa.func.count()).scalar_subquery()


def _normal(code: str) -> str:
    """A code as it is hashed, however it was typed."""
    return re.sub(r"[\s-]", "", code).upper()
