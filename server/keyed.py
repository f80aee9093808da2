"""Programs that ask by an API key: whether they may, and that they did."""

import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from uuid import UUID

from db.base import utcnow
from resolvers.access import SYSTEM
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Busy, Unauthenticated
from resolvers.identity import keystandings, keytexts
from resolvers.identity.keystandings import KeyStanding
from resolvers.writes import Origin
from server.principals import Principal

MINUTE = keystandings.SELDOM.total_seconds()
REMEMBERED = 10_000
"""Keys of which it is remembered when something was written down."""
logger = logging.getLogger(__name__)

Find = Callable[[str], Awaitable[KeyStanding | None]]
"""How the key stands that begins so."""


class Keyed:
    """Lets in who shows a key. What it writes down, nobody waits for."""

    def __init__(self, equipment: Equipment, find: Find) -> None:
        self._equipment = equipment
        self._find = find
        self._used = Seldom()
        self._refused = Seldom()

    async def principal(self, text: str, where: Origin) -> Principal:
        """Who a key speaks for. Raises Unauthenticated.

        That a known key opens nothing any more is written down, and of no other.
        """
        key = await self._find(keytexts.prefix_of(text))
        shown = keytexts.hashes(self._equipment.keys, text)
        ends = key and key.ends(shown)
        if key is None or ends is None or key.actor.key_id is None:
            raise Unauthenticated(keytexts.OVER)
        where = replace(where, session_id=None, key_prefix=key.prefix)
        context = Context(self._equipment, SYSTEM, where)
        code = key.closed or ("EXPIRED" if ends <= utcnow() else None)
        if code:
            if self._refused.due(key.actor.key_id):
                await keystandings.refused(context, key, code)
            raise Unauthenticated(keytexts.OVER)
        if self._used.due(key.actor.key_id):
            used = keystandings.used
            self._begin(partial(used, context, key.actor.key_id, shown))
        return Principal(key.actor, ends, tier=key.tier, key=key)

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            self._equipment.afterwards.begin(work)
        except Busy:
            logger.warning("when an API key was used is not written down")


class Seldom:
    """What is done once a minute at most of each, in this process."""

    def __init__(self) -> None:
        self._done: OrderedDict[UUID, float] = OrderedDict()

    def due(self, id_: UUID) -> bool:
        """Whether it is time again, which it then is not for a minute."""
        now = time.monotonic()
        if now - self._done.get(id_, -MINUTE) < MINUTE:
            return False
        self._done[id_] = now
        self._done.move_to_end(id_)
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
        return True
