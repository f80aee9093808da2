"""Passwords that were forgotten: a letter with a link, and by it a new one."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from db.models import Purpose, User
from resolvers.access import ANONYMOUS, SYSTEM, visible
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.identity import (
    addresses,
    apikeys,
    factors,
    letters,
    lockouts,
    onetime,
    rules,
    sessions,
)
from resolvers.platform.actions import Done, accounted, act
from resolvers.policy import Policy
from resolvers.writes import Transaction

REQUESTED = "passwordResetRequest"
"""What the audit calls it."""
MAILED = (Purpose.PASSWORD_RESET, Purpose.EMAIL_CHANGE)
"""What is good for nothing any more once there is a new password."""
REASON = "password reset"
"""Why sessions and keys have ended."""


@dataclass(frozen=True, slots=True, repr=False)
class Renewal:
    """A password that is about to take the place of one that was forgotten."""

    equipment: Equipment
    user_id: UUID
    shown: str
    hashed: str


async def request(context: Context, email: str) -> None:
    """Have a letter sent to whoever has this address: later, so that nobody can tell.

    Raises RateLimited, and Busy.
    """
    equipment, address = context.equipment, addresses.compared(email)
    fingerprint = addresses.fingerprint(equipment.keys, email)
    await equipment.throttle.hit("letter", context.origin.address or "")
    await equipment.throttle.hit("letter", fingerprint)
    asking = Context(equipment, ANONYMOUS, context.origin)
    subject = UUID(fingerprint[:32])
    equipment.afterwards.begin(partial(_requested, asking, address, subject))


async def reset(context: Context, shown: str, password: str) -> Done:
    """Give an account a new password, by the link that was mailed to its owner.

    It ends all their sessions, and what failed logins brought about; also keys and the
    second factor, if nobody had shown before that the address is theirs.
    """
    context = Context(context.equipment, ANONYMOUS, context.origin)
    await context.equipment.throttle.hit("token", context.origin.address or "")
    read = await accounted(context, lockouts.RESET, _prepared(context, shown, password))
    if isinstance(read, Done):
        return read
    return await act(context, lockouts.RESET, None, _reset, read)


async def _requested(context: Context, address: str, subject: UUID) -> None:
    equipment = context.equipment
    ticket = onetime.ticket(equipment, Purpose.PASSWORD_RESET)
    rows = visible(SYSTEM, User).where(addresses.whose(address))
    active = rows.where(User.is_active).with_for_update()

    async def work(write: Transaction) -> None:
        if user := await write.session.scalar(active):
            await onetime.issue(write, ticket, user.id, user.email)
            write.letters.append(letters.reset(equipment.policy, user.email, ticket))
        else:
            write.changes["requested"] = {"email": subject.hex[:16]}
        id_ = user.id if user else subject
        await entries.append(write, REQUESTED, user, entity_id=id_)

    await context.written(work)


async def _prepared(context: Context, shown: str, password: str) -> Renewal:
    """A new password, hashed. Raises Invalid, naming the argument."""
    equipment = context.equipment
    user = await onetime.shown_by(context, shown, Purpose.PASSWORD_RESET)
    await rules.check_for(context, user, password)
    hashed = await equipment.passwords.hashed(password)
    return Renewal(equipment, user.id, shown, hashed)


async def _reset(write: Transaction, renewal: Renewal) -> User:
    equipment = renewal.equipment
    given = equipment.keys, renewal.user_id, renewal.shown
    user, token = await onetime.claim(write, *given)
    user.failed_login_attempts, user.locked_until = 0, None
    if token.email == user.email and not user.email_verified:
        await _take_over(write, user)
    await replace(write, equipment.policy, user, renewal.hashed)
    await sessions.end_others(write, user.id, None, REASON)
    return user


async def _take_over(write: Transaction, user: User) -> None:
    """Give an account to whoever reads its mail, and to nobody else.

    Until now it was whoever's that had typed the address. What they left to come back
    by is ended with their sessions.
    """
    user.email_verified = True
    await apikeys.revoke_all(write, user.id, REASON)
    await factors.forget(write, user)


async def replace(write: Transaction, policy: Policy, user: User, hashed: str) -> None:
    """Give an account another password. Its owner is told; older links are void."""
    user.password_hash = hashed
    user.token_version += 1
    await write.flush()
    await onetime.void(write, user.id, *MAILED)
    write.letters.append(letters.changed(policy, user.email, "password"))
