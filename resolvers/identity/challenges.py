"""Challenges: who has shown their password is asked for a code, for five minutes."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from db.base import utcnow
from db.models import AuditEntry, Outcome, User
from resolvers.access import SYSTEM, Actor, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Invalid, Unauthenticated
from resolvers.identity import factors, lockouts, logins, standings, tokens
from resolvers.identity.factors import Shown
from resolvers.identity.logins import Known
from resolvers.identity.sessions import Opening
from resolvers.identity.tokens import Form
from resolvers.platform.actions import Done, accounted
from resolvers.platform.events import conclude
from resolvers.writes import Transaction

LIFETIME = 5 * 60.0
"""Seconds that a code may be shown in."""
TRIES = 5
"""Codes that may be tried for one password that was shown."""
FORM = Form(
    purpose="login challenge",
    kind="challenge+jwt",
    audience="heliograph second factor",
    texts=("iss", "aud", "sub", "jti"),
)
OVER = "this challenge is not valid, or no longer; log in again"
WRONG = "this code is not the one of this moment, or it was used before"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is known of somebody who has yet to show a code."""

    id: str
    user_id: UUID
    version: int
    """Of their tokens, as it was then."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who was let in, and who they are when they ask."""

    user: User
    actor: Actor


def issue(equipment: Equipment, known: Known) -> str:
    """What somebody has to show together with a code."""
    said = {"sub": known.user_id.hex, "ver": known.version}
    return tokens.signed(equipment.keys, FORM, tokens.expiry(LIFETIME), said)


async def confirm(
    context: Context, challenge: str, shown: Shown, opening: Opening
) -> Done:
    """Let somebody in who shows a code. Its row is Entered.

    Raises Unauthenticated for a challenge that is over, and RateLimited.
    """
    equipment = context.equipment
    await equipment.throttle.hit(lockouts.ACTION, context.origin.address or "")
    said = tokens.verified(equipment.keys, FORM, challenge)
    known = Challenge(said["jti"], UUID(said["sub"]), said["ver"])

    async def work(write: Transaction) -> Done:
        return await _confirm(write, equipment, known, shown, opening)

    return await accounted(context, lockouts.CONFIRM, context.written(work))


async def _confirm(
    write: Transaction,
    equipment: Equipment,
    challenge: Challenge,
    shown: Shown,
    opening: Opening,
) -> Done:
    """One try, after all that were made before it, for they wait for each other."""
    policy = equipment.policy
    user = await lockouts.admitted(write, lockouts.CONFIRM, challenge.user_id, policy)
    actor = await standings.account(write.session, user.id)
    if actor is None or not await _open(write, challenge, user):
        raise Unauthenticated(OVER)
    write.changes["challenge"] = {"id": challenge.id}
    if not await factors.right(write, equipment, user, shown):
        await lockouts.fail(write, lockouts.CONFIRM, user, policy)
        return Done(refusal=Invalid(WRONG, "code" if shown.code else "recovery_code"))
    known = Known(user.id, actor.role, challenge.version)
    entered = Entered(await logins.enter(write, known, opening), actor)
    await conclude(write, lockouts.CONFIRM, user)
    return Done(entered)


async def _open(write: Transaction, challenge: Challenge, user: User) -> bool:
    """Whether codes may still be tried for a challenge, as the audit log has it."""
    if user.totp_enabled_at is None or user.token_version != challenge.version:
        return False
    same = AuditEntry.payload["challenge"]["id"].as_string() == challenge.id
    since = utcnow() - timedelta(seconds=2 * LIFETIME)
    tries = (
        visible(SYSTEM, AuditEntry)
        .where(AuditEntry.entity_id == user.id, AuditEntry.created_at > since, same)
        .where(AuditEntry.action == lockouts.CONFIRM)
        .with_only_columns(AuditEntry.status)
    )
    made = [*await write.session.scalars(tries)]
    return len(made) < TRIES and Outcome.SUCCESS not in made
