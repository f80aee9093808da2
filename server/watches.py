"""Sessions that are watched, each once for all the websockets that it has."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from server.principals import Principal


@dataclass(eq=False)
class Watch:
    """One session, and how many sockets wait for its end."""

    task: asyncio.Future[None]
    sockets: int = 0


class Watches:
    """Tells sockets that their session was revoked, and looks at it but once."""

    def __init__(self, look: Callable[[Principal], Awaitable[None]]) -> None:
        self._look = look
        self._watches: dict[Principal, Watch] = {}

    async def revoked(self, principal: Principal) -> None:
        """Return when a session is revoked."""
        session = replace(principal, expires_at=None)
        watch = self._watches.get(session)
        if watch is None or watch.task.done():
            watch = Watch(asyncio.ensure_future(self._look(session)))
            self._watches[session] = watch
        watch.sockets += 1
        try:
            await asyncio.shield(watch.task)
        finally:
            watch.sockets -= 1
            if not watch.sockets:
                watch.task.cancel()
                if self._watches.get(session) is watch:
                    del self._watches[session]
