"""Sessions in which somebody has just shown who they are, or is about to."""

from db.base import utcnow
from db.models import User
from resolvers.context import Context
from resolvers.identity import challenges
from resolvers.identity.logins import Known
from resolvers.writes import Origin
from tests.conftest import Save
from tests.factories import a_session


async def proved(context: Context, save: Save) -> Context:
    """The same surroundings, in a session where what is dangerous may be done."""
    session = await save(a_session(context.actor, proved_at=utcnow()))
    context.origin = Origin(session_id=session.id)
    return context


async def challenged(context: Context) -> dict[str, str]:
    """What somebody shows who is asked for a code from here on: a wrong one."""
    async with context.database.write.begin() as session:
        user = await session.get_one(User, context.actor.user_id)
        user.totp_enabled_at = utcnow()
    known = Known(user.id, context.actor.role, user.token_version)
    return {"challenge": challenges.issue(context.equipment, known), "code": "0"}
