"""E-mail addresses: shown to be somebody's own, and changed for another."""

from uuid import UUID

from db.models import Outcome, Purpose, User
from resolvers.access import ANONYMOUS, SYSTEM, require_person, visible
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Conflict, Invalid
from resolvers.identity import addresses, letters, onetime
from resolvers.identity.onetime import Ticket
from resolvers.identity.proofs import require_proof
from resolvers.platform.actions import Done, accounted, act
from resolvers.policy import Policy
from resolvers.writes import Transaction

VERIFY = "emailVerify"
"""What the audit calls it."""
BY_LINK = (Purpose.EMAIL_VERIFY, Purpose.EMAIL_CHANGE)
"""What the link in a letter is opened for, that shows whose an address is."""


async def begin(write: Transaction, policy: Policy, ticket: Ticket, user: User) -> None:
    """Ask whoever reads the mail of an account to show that they do."""
    await onetime.issue(write, ticket, user.id, user.email)
    write.letters.append(letters.verify(policy, user.email, ticket))


async def counted(context: Context) -> None:
    """Count one more letter to somebody who is signed in. Raises RateLimited."""
    user_id = require_person(context.actor)
    await context.equipment.throttle.hit("letter", user_id.hex)


async def request(write: Transaction, policy: Policy, ticket: Ticket) -> User:
    """Send one more letter to the actor's address. Raises Conflict if it is known."""
    user = await write.get(User, require_person(write.actor))
    if user.email_verified:
        raise Conflict("this e-mail address is verified already", "email")
    await begin(write, policy, ticket, user)
    return user


async def awaited(context: Context, user: User, action: str) -> None:
    """Send one more letter to whoever may not come in before they open its link.

    They have shown the password, and are refused for now. Raises RateLimited.
    """
    equipment, same = context.equipment, User.id == user.id
    fingerprint = addresses.fingerprint(equipment.keys, user.email)
    await equipment.throttle.hit("letter", fingerprint)
    ticket = onetime.ticket(equipment, Purpose.EMAIL_VERIFY)
    waiting = visible(SYSTEM, User).where(same, User.email_verified.is_(False))

    async def work(write: Transaction) -> None:
        await write.serve()
        if found := await write.session.scalar(waiting.with_for_update()):
            await begin(write, equipment.policy, ticket, found)
        write.changes["refused"] = {"code": Conflict.code.name}
        await entries.append(write, action, status=Outcome.FAILURE)

    await context.written(work)


async def change(
    write: Transaction, policy: Policy, ticket: Ticket, email: str
) -> User:
    """Ask for another address: it is the account's once its link is opened.

    It does not tell whether somebody has that address, which then gets no letter.
    """
    user = await write.get(User, await require_proof(write))
    address = addresses.normal(email)
    if address == user.email:
        raise Invalid("this is your e-mail address already", "email")
    await onetime.issue(write, ticket, user.id, address)
    await write.serve()
    there = visible(SYSTEM, User).where(addresses.whose(address))
    if await write.session.scalar(there.where(User.id != user.id)) is None:
        write.letters.append(letters.verify(policy, address, ticket))
    write.letters.append(letters.changing(policy, user.email))
    return user


async def verify(context: Context, shown: str) -> Done:
    """Open the link that was sent to an address. Raises RateLimited."""
    context = Context(context.equipment, ANONYMOUS, context.origin)
    await context.equipment.throttle.hit("token", context.origin.address or "")
    found = onetime.shown_by(context, shown, *BY_LINK)
    user = await accounted(context, VERIFY, found)
    if isinstance(user, Done):
        return user
    return await act(context, VERIFY, None, _verify, context.equipment, user.id, shown)


async def _verify(
    write: Transaction, equipment: Equipment, user_id: UUID, shown: str
) -> User:
    user, token = await onetime.claim(write, equipment.keys, user_id, shown)
    if token.purpose is Purpose.EMAIL_CHANGE:
        await _changed(write, equipment.policy, user, token.email)
    elif token.email != user.email:
        raise Invalid(onetime.OVER, "token")
    user.email_verified = True
    return user


async def _changed(
    write: Transaction, policy: Policy, user: User, address: str
) -> None:
    """Give an account its new address. Links sent to the old one are worth nothing."""
    before, user.email = user.email, address
    await write.flush(user, uq_users_email="email")
    await onetime.void(write, user.id, *Purpose)
    write.letters.append(letters.moved(policy, before))
