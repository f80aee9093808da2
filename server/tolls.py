"""What is paid at the addresses beside GraphQL's, as for what is asked there."""

from dataclasses import dataclass

from starlette.requests import Request

from resolvers.errors import Forbidden, Unauthenticated
from server.limits import Limits
from server.principals import STRANGER, Authenticate, Principal, origin, shown
from server.till import Till

USUAL = 10
"""Points that a request costs: as many as a mutation at least."""
TRUSTED = "this API key opens nothing but persisted documents"


@dataclass(frozen=True, slots=True)
class Toll:
    """Takes points at a door, and knows who comes in."""

    authenticate: Authenticate
    till: Till
    limits: Limits

    async def entered(self, request: Request, request_id: str) -> Principal:
        """Whoever comes in, once they have paid. Raises a Denial for the others.

        Who shows what opens nothing pays as a stranger does.
        """
        try:
            who = await self.known(request, request_id)
        except Unauthenticated:
            await self.pay(request, STRANGER, 1)
            raise
        if who.trusted_only:
            raise Forbidden(TRUSTED)
        await self.pay(request, who)
        return who

    async def known(self, request: Request, request_id: str) -> Principal:
        """Whoever asks, as they stand at this moment. Raises Unauthenticated."""
        where = origin(request, STRANGER, request_id)
        return await self.authenticate(shown(request.headers), where)

    async def pay(self, request: Request, who: Principal, points: int = USUAL) -> None:
        """Take points of whoever asks. Raises RateLimited."""
        address = request.client.host if request.client else None
        payer = self.till.payer(who, address, self.limits)
        await self.till.knock(who)
        await self.till.pay(payer, points)
