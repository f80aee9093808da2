"""One job that is computed elsewhere: its files there and back, and its progress."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from distributed import Client

from compute import sandbox
from resolvers.equipment import Heard
from server import crew
from server.link import Link
from server.pools import told

PART = 32 * 2**20
"""Bytes of a file that are sent at a time."""
AGAIN = "its worker was lost; it is begun again"


class Lost(Exception):
    """What was asked of the cluster is no longer there."""


class Errand:
    """What is asked of a cluster for one job, and what is said of it meanwhile."""

    def __init__(self, link: Link, limits: sandbox.Limits, spread: int) -> None:
        self._link, self._id = link, uuid4().hex
        self._order = crew.Order(link.topic, self._id, limits, spread)
        self._said = deque[tuple[float, str | None]]()
        self._begun = False
        self._client: Any = None
        self._sent: list[Any] = []

    def __enter__(self) -> Self:
        self._link.said[self._id] = self._said
        return self

    def __exit__(self, *_: object) -> None:
        del self._link.said[self._id]

    async def result(
        self, client: Client, heard: Heard, function: Callable[..., Any], *given: Any
    ) -> Any:
        """What the function gives, once the files that it makes are there.

        A Path that is given is a file: one that is there is sent, another is made.
        Raises Lost.
        """
        self._client = client
        paths = {at: one for at, one in enumerate(given) if isinstance(one, Path)}
        call = tuple(None if at in paths else one for at, one in enumerate(given))
        try:
            files = {at: await self._parts(path) for at, path in paths.items()}
            answer, made = await told(self, heard, function, call, files)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            raise Lost("a worker is away") from error
        finally:
            self._forget()
        for at, content in made.items():
            await asyncio.to_thread(paths[at].write_bytes, content)
        return answer

    def call(self, function: Callable[..., Any], *given: Any) -> asyncio.Future[Any]:
        executor: Any = self._client.get_executor(pure=False)
        future = executor.submit(crew.computed, self._order, function, *given)
        return asyncio.wrap_future(future)

    def heard(self) -> Iterator[tuple[float, str | None]]:
        """What was said since it was last asked. Raises Lost."""
        if self._client.status != "running":
            raise Lost("the scheduler is away")
        while self._said:
            share, line = self._said.popleft()
            if line == crew.BEGUN:
                line = AGAIN if self._begun else None
                self._begun = True
            yield share, line

    async def _parts(self, path: Path) -> list[Any] | None:
        """A file, sent to the cluster in parts; None for one that is to be made."""
        if not await asyncio.to_thread(path.exists):
            return None
        first = len(self._sent)
        with path.open("rb") as file:
            while part := await asyncio.to_thread(file.read, PART):
                send = asyncio.to_thread(self._client.scatter, part, hash=False)
                try:
                    self._sent.append(await send)
                except OSError as error:
                    raise Lost(f"a file could not be sent: {error}") from error
        return self._sent[first:]

    def _forget(self) -> None:
        """Let the cluster forget what was sent, whoever still refers to it."""
        if self._client.status == "running":
            self._client.cancel(self._sent)
        self._sent = []
