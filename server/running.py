"""The operations that run on one websocket."""

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any, Protocol

from graphql import OperationType
from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected

from resolvers.context import Context
from resolvers.errors import LimitExceeded, RateLimited
from server.answers import Answer, Rejected, fault
from server.body import Asked
from server.messages import Closing
from server.operations import Operations
from server.principals import Principal

MOST = 100
"""Operations of one socket at a time."""
GONE = (WebSocketDisconnect, WebSocketDisconnected)
"""What is raised when the client is no longer there, at first and later."""
logger = logging.getLogger(__name__)


class Send(Protocol):
    def __call__(self, **message: Any) -> Awaitable[None]: ...


class Running:
    """The operations of a websocket, by the ids that its client calls them."""

    def __init__(
        self,
        operations: Operations,
        context: Callable[[Principal, str], Context],
        send: Send,
    ) -> None:
        self._operations = operations
        self._context = context
        self._send = send
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
        """Send what an operation gives. Its id is free when its end is told."""
        end: dict[str, Any] = {"type": "complete"}
        request_id = uuid.uuid4().hex
        try:
            async with aclosing(self._answers(asked, principal, request_id)) as answers:
                async for answer in answers:
                    if answer.refused:
                        end = {"type": "error", "payload": answer.errors}
                        break
                    await self._send(id=id_, type="next", payload=answer.body())
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

    async def _answers(
        self, asked: Asked, principal: Principal, request_id: str
    ) -> AsyncGenerator[Answer]:
        context = self._context(principal, request_id)
        operation = await self._operations.admitted(asked, context)
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield await self._operations.answer(operation, context)
            return
        async with aclosing(self._operations.events(operation, context)) as events:
            async for answer in events:
                yield answer
