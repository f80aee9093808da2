"""The connection to a Dask scheduler."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from distributed import Client
from distributed.comm.addressing import get_address_host_port

PATIENCE = 5
"""Seconds for a scheduler to answer."""


class Away(Exception):
    """There is nobody who could compute."""


class Link:
    """Connects when that is needed, and again where the connection was lost.

    Raises ValueError for what is no address.
    """

    def __init__(self, scheduler: str) -> None:
        get_address_host_port(scheduler)
        self.topic = f"heliograph-{uuid4().hex}"
        self.said: dict[str, deque[tuple[float, str | None]]] = {}
        """What errands have heard of their progress, by their ids."""
        self._scheduler = scheduler
        self._client: Client | None = None
        self._alone = asyncio.Lock()

    async def client(self) -> Client:
        """Connected, listening, and with a worker at least. Raises Away."""
        async with self._alone:
            try:
                return await asyncio.to_thread(self._looked)
            except OSError as error:
                said = f"no scheduler answers at {self._scheduler}: {error}"
                raise Away(said) from error

    def close(self) -> None:
        if self._client:
            with suppress(TimeoutError):
                self._client.close(timeout=PATIENCE)

    def _looked(self) -> Client:
        if self._client is None or self._client.status == "closed":
            self._client = Client(
                self._scheduler,
                name="heliograph",
                set_as_default=False,
                timeout=PATIENCE,
            )
        if self._client.status != "running":
            raise Away(f"the connection to {self._scheduler} is lost")
        if not self._client.nthreads():
            raise Away(f"{self._scheduler} has no workers")
        self._client.subscribe_topic(self.topic, self._heard)
        return self._client

    def _heard(self, event: tuple[float, Sequence[Any]]) -> None:
        id_, share, line = event[1]
        if id_ in self.said:
            self.said[id_].append((share, line))
