"""The second factor: a code that a device makes anew every half minute (RFC 6238)."""

import base64
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from pyotp.totp import TOTP

from db.base import utcnow
from db.models import User
from resolvers.access import Permission, require
from resolvers.envelope import Place, Unreadable
from resolvers.equipment import Equipment
from resolvers.errors import Conflict, Invalid, NeedsReentry
from resolvers.identity import letters, recovery
from resolvers.identity.proofs import require_proof
from resolvers.policy import Policy
from resolvers.writes import Transaction

ISSUER = "Heliograph"
"""What a device calls us."""
BYTES = 20
"""Of a secret: as many as SHA-1 has."""
SECONDS = 30
NEAR = (0, -1, 1)
"""Steps of a clock that may be wrong."""
CODE = re.compile(r"[0-9]{6}")
COLUMN = "totp_secret"
WHAT = "second factor"
"""What letters call it."""


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """What somebody shows besides their password: one of these."""

    code: str | None = None
    recovery_code: str | None = None


async def enroll(write: Transaction, equipment: Equipment, secret: str) -> User:
    """Keep a secret that counts as soon as a code shows that a device has it."""
    user = await _mine(write)
    if user.totp_enabled_at is not None:
        raise Conflict("the second factor is on; turn it off first, or go on with it")
    place = Place.of(user, COLUMN)
    user.totp_secret = equipment.envelope.seal(secret.encode(), place)
    return user


def secret() -> str:
    """A secret that nobody can guess."""
    return base64.b32encode(secrets.token_bytes(BYTES)).decode()


def uri(secret: str, email: str) -> str:
    """What a picture says that a device is shown."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


async def confirm(
    write: Transaction, equipment: Equipment, code: str, codes: Sequence[str]
) -> User:
    """Ask for a code at each login from now on, once one shows that there is a device.

    With it come codes to recover by. Raises Invalid, and Conflict where there is
    nothing to confirm.
    """
    user = await _mine(write)
    if user.totp_secret is None or user.totp_enabled_at is not None:
        raise Conflict("there is nothing to confirm; begin with `twoFactorEnroll`")
    if not await spend(write, equipment, user, code):
        raise Invalid("this is not the code of this moment", "code")
    user.totp_enabled_at = utcnow()
    await recovery.keep(write, equipment.keys, user.id, codes)
    write.letters.append(letters.changed(equipment.policy, user.email, WHAT))
    return user


async def disable(write: Transaction, policy: Policy) -> User:
    """Ask the actor for their password alone from now on."""
    return await _turned_off(write, policy, await _mine(write))


async def reset(write: Transaction, policy: Policy, user_id: UUID) -> User:
    """Turn off the second factor of somebody who has lost it, as an administrator."""
    require(write.actor, Permission.MANAGE_USERS)
    await require_proof(write)
    return await _turned_off(write, policy, await write.get(User, user_id))


async def forget(write: Transaction, user: User) -> None:
    """Have an account have no second factor, nor any codes."""
    user.totp_secret = user.totp_enabled_at = None
    await recovery.clear(write, user.id)


async def right(
    write: Transaction, equipment: Equipment, user: User, shown: Shown
) -> bool:
    """Whether somebody has shown what they have, which is worth nothing afterwards.

    Raises Invalid where that is not one thing, and NeedsReentry where a code cannot be
    told from another.
    """
    if (shown.code is None) == (shown.recovery_code is None):
        raise Invalid("show either a code or a recovery code", "code")
    if shown.recovery_code is not None:
        keys = equipment.keys
        return await recovery.spend(write, keys, user.id, shown.recovery_code)
    return await spend(write, equipment, user, shown.code or "")


async def spend(
    write: Transaction, equipment: Equipment, user: User, code: str
) -> bool:
    """Whether it is a code of this moment that was not used before.

    Of any number at a time, one is.
    """
    typed = re.sub(r"\s", "", code)
    if not CODE.fullmatch(typed) or (record := user.totp_secret) is None:
        return False
    step = _step(_opened(equipment, user, record), typed)
    moved = (
        sa.update(User)
        .where(User.id == user.id, User.totp_last_step < step)
        .values(totp_last_step=step)
    )
    before, done = user.totp_last_step, await write.session.execute(moved)
    if new := bool(getattr(done, "rowcount", 0)):
        write.note(user, "totp_last_step", before, step)
    return new


async def _turned_off(write: Transaction, policy: Policy, user: User) -> User:
    if user.totp_enabled_at is None:
        raise Conflict("the second factor is off")
    await forget(write, user)
    write.letters.append(letters.changed(policy, user.email, WHAT))
    return user


async def _mine(write: Transaction) -> User:
    """The actor's own row, once they have shown that it is them."""
    return await write.get(User, await require_proof(write))


def _opened(equipment: Equipment, user: User, record: str) -> str:
    try:
        return equipment.envelope.open(record, Place.of(user, COLUMN)).decode()
    except Unreadable as error:
        said = "codes cannot be checked any more; use a recovery code"
        raise NeedsReentry(said, "code") from error


def _step(secret: str, code: str) -> int:
    """The step of the clock that a code is of; 0 if it is of none near."""
    now = int(utcnow().timestamp()) // SECONDS
    device, found = TOTP(secret), 0
    for step in (now + near for near in NEAR):
        if hmac.compare_digest(device.generate_otp(step), code):
            found = max(found, step)
    return found
