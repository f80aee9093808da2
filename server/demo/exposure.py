"""The demo's password is public, so its account is for this machine alone."""

import ipaddress
import logging

from db.models import User
from resolvers.access import SYSTEM, visible
from resolvers.equipment import Equipment
from resolvers.identity import addresses
from server.demo.loading import EMAIL
from server.failures import Failure

logger = logging.getLogger(__name__)


def exposed(host: str) -> bool:
    """Whether others than this machine may reach what listens on an address."""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def refuse(host: str) -> None:
    """Raise Failure where others could sign in to the demo."""
    if exposed(host):
        raise Failure(
            f"the demo is not loaded: its password is public and HELIOGRAPH_HOST {host}"
            " is open to other machines; use 127.0.0.1, or say --anyway"
        )


async def warn(equipment: Equipment, host: str) -> None:
    """Log it where others can sign in to the demo."""
    there = visible(SYSTEM, User).where(addresses.whose(EMAIL))
    async with equipment.database.read() as session:
        found = await session.scalar(there.where(User.is_active))
    if found and exposed(host):
        logger.warning(
            "anybody can sign in as %s: its password is public, and %s is open to other"
            " machines",
            EMAIL,
            host,
        )
