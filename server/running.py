"""The operations that run on one websocket."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
from graphql import OperationType

from resolvers.context import Context
from resolvers.errors import LimitExceeded, RateLimited
from server.answers import Rejected, fault
from server.body import Asked
from server.following import Followers
from server.messages import Closing
from server.operations import Operations
from server.outbox import GONE, Outbox
from server.principals import Principal
from server.seats import Seat

MOST = 100
"""Operations of one socket at a time."""
logger = logging.getLogger(__name__)


class Running:
    """The operations of a websocket, by the ids that its client calls them."""

    def __init__(
        self,
        operations: Operations,
        followers: Followers,
        context: Callable[[Principal, str], Context],
        outbox: Outbox,
        lag: Callable[[Closing], None],
    ) -> None:
        self._operations = operations
        self._followers = followers
        self._context = context
        self._outbox = outbox
        self._lag = lag
        self._begun = 0
        self._called: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """Those that are called, and those that have been stopped and are not done."""

    async def start(self, id_: str, asked: Asked, principal: Principal) -> None:
        """Run what is asked. Raises Closing where the id is taken."""
        if id_ in self._called:
            raise Closing(4409, f"Subscriber for {id_} already exists")
        if len(self._called) == MOST:
            late = LimitExceeded(f"a socket runs at most {MOST} operations at a time")
            errors = self._operations.told(Rejected.by(late).errors, principal.actor)
            await self._send(id=id_, type="error", payload=errors)
            return
        self._begun += 1
        task = asyncio.create_task(self._run(id_, asked, principal))
        self._called[id_] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, id_: str) -> None:
        """End an operation, if there is one, without another word of it."""
        if task := self._called.pop(id_, None):
            task.cancel()

    def stop_all(self) -> None:
        for id_ in [*self._called]:
            self.stop(id_)

    async def idle(self, seconds: float) -> None:
        """Return when nothing has run for so long, or at most twice as long."""
        begun = -1
        while self._tasks or begun < self._begun:
            begun = self._begun
            await asyncio.sleep(seconds)

    async def ended(self, patience: float) -> None:
        """Wait until what was stopped is done, but not for ever."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)

    async def _run(self, id_: str, asked: Asked, principal: Principal) -> None:
        """Run an operation to its end. Its id is free when that is told."""
        request_id = uuid.uuid4().hex
        try:
            end = await self._ran(id_, asked, principal, request_id)
        except GONE:
            return
        except (Rejected, RateLimited) as error:
            why = Rejected.by(error) if isinstance(error, RateLimited) else error
            told = self._operations.told(why.errors, principal.actor)
            end = {"type": "error", "payload": told}
        except Exception:
            logger.exception("fault %s", request_id)
            end = {"type": "error", "payload": fault(request_id)}
        if self._called.get(id_) is asyncio.current_task():
            del self._called[id_]
        with suppress(*GONE):
            await self._send(id=id_, **end)

    async def _ran(
        self, id_: str, asked: Asked, principal: Principal, request_id: str
    ) -> dict[str, Any]:
        """Send what an operation gives, and say how it ended."""
        context = self._context(principal, request_id)
        who = self._operations.admission.payer(principal, context.origin.address)
        operation = await self._operations.admitted(asked, context, who)
        if operation.kind is OperationType.SUBSCRIPTION:
            seat = Seat(id_, self._outbox, self._lag)
            last = await self._followers.follow(operation, context, seat)
        else:
            last = await self._operations.answer(operation, context)
        if last and last.refused:
            return {"type": "error", "payload": last.errors}
        if last:
            await self._send(id=id_, type="next", payload=last.body())
        return {"type": "complete"}

    async def _send(self, **message: Any) -> None:
        await self._outbox.send(orjson.dumps(message).decode())
