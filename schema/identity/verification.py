"""E-mail addresses: verified, and changed."""

import strawberry

from db.models import Purpose
from resolvers.identity import onetime, verifications
from schema.identity.users import User
from schema.nodes import Info
from schema.perform import Payload, Performed, perform
from schema.reads import costing


@strawberry.input
class EmailVerifyInput:
    """What shows that an address is yours."""

    token: str
    """From the link in the letter: good for a day, and once."""


@strawberry.type
class EmailVerifyPayload(Payload):
    """That the address is known to be its account's."""


@strawberry.type
class EmailVerifyRequestPayload(Payload):
    """Your account, to whose address a link was mailed."""

    user: User | None
    """Null where there are errors."""


@strawberry.input
class EmailChangeInput:
    """Another e-mail address for your account."""

    email: str
    """The new address, to which a link is mailed."""


@strawberry.type
class EmailChangePayload(Payload):
    """Your account, which has its present address until the link is opened."""

    user: User | None
    """Null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(50, alone=True))
    async def email_verify(
        self, info: Info, input: EmailVerifyInput
    ) -> EmailVerifyPayload:
        """Show that an address is yours, by the link that was mailed to it.

        If it was mailed because you want to change your address, it is changed now.
        """
        done = await verifications.verify(info.context, input.token)
        return EmailVerifyPayload(**Performed(done).told)

    @strawberry.mutation
    async def email_verify_request(self, info: Info) -> EmailVerifyRequestPayload:
        """Have one more link mailed to you; those before it are good for nothing."""
        equipment = info.context.equipment
        await verifications.counted(info.context)
        ticket = onetime.ticket(equipment, Purpose.EMAIL_VERIFY)
        given = equipment.policy, ticket
        done = await perform(info, verifications.request, *given)
        return EmailVerifyRequestPayload(user=done.row, **done.told)

    @strawberry.mutation
    async def email_change(
        self, info: Info, input: EmailChangeInput
    ) -> EmailChangePayload:
        """Ask for another e-mail address, once you have shown who you are.

        It is yours as soon as you open the link that is mailed to it.
        """
        equipment = info.context.equipment
        await verifications.counted(info.context)
        ticket = onetime.ticket(equipment, Purpose.EMAIL_CHANGE)
        given = equipment.policy, ticket, input.email
        done = await perform(info, verifications.change, *given)
        return EmailChangePayload(user=done.row, **done.told)
