"""Confirmations: whoever is signed in shows once more that it is them."""

from db.base import utcnow
from db.models import Session, User
from resolvers.access import SYSTEM, require_person, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import BadRequest, Conflict, Invalid, patient
from resolvers.identity import factors, lockouts, logins
from resolvers.platform.actions import Done, accounted, act
from resolvers.platform.events import conclude
from resolvers.writes import Transaction

PASSWORD, CODE = "this password is wrong", "this code is wrong, or was used before"


async def confirm(context: Context, password: str | None, code: str | None) -> Done:
    """Have a session be good for what is dangerous, for some minutes.

    What is wrong counts as it does in a login. Raises RateLimited.
    """
    email = await accounted(context, lockouts.PROVE, _email(context))
    if isinstance(email, Done):
        return email
    if password is None or code is not None:
        one = code if password is None else None
        work = context.written(lambda write: _by_code(write, context.equipment, one))
        return await accounted(context, lockouts.PROVE, work)
    try:
        await logins.verified(context, email, password, lockouts.PROVE)
    except Invalid:
        return Done(refusal=Invalid(PASSWORD, "password"))
    return await act(context, lockouts.PROVE, None, _by_password, context.equipment)


async def prove(write: Transaction) -> Session:
    """Keep of the actor's session that they have just shown who they are."""
    require_person(write.actor)
    if write.origin.session_id is None:
        raise BadRequest("there is no session: this token belongs to none")
    session = await write.get(Session, write.origin.session_id)
    session.proved_at = utcnow()
    return session


async def _by_password(write: Transaction, equipment: Equipment) -> Session:
    """One try, after all that were made before it, for they wait for each other."""
    user_id = require_person(write.actor)
    await lockouts.admitted(write, lockouts.PROVE, user_id, equipment.policy)
    return await prove(write)


async def _by_code(write: Transaction, equipment: Equipment, code: str | None) -> Done:
    user_id, policy = require_person(write.actor), equipment.policy
    if code is None:
        raise Invalid("show either your password or a code", "password")
    user = await lockouts.admitted(write, lockouts.PROVE, user_id, policy)
    if user.totp_enabled_at is None:
        raise Conflict("the second factor is off; show your password", "code")
    if not await factors.spend(write, equipment, user, code):
        await lockouts.fail(write, lockouts.PROVE, user, policy)
        return Done(refusal=Invalid(CODE, "code"))
    session = await prove(write)
    await conclude(write, lockouts.PROVE, session)
    return Done(session)


async def _email(context: Context) -> str:
    user_id = require_person(context.actor)
    rows = visible(SYSTEM, User).where(User.id == user_id)
    with patient():
        async with context.database.read() as session:
            return (await session.scalars(rows.with_only_columns(User.email))).one()
