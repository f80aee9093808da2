"""Computes jobs on a Dask cluster; what must be answered at once stays here.

Files are named by their paths, so the folder they lie in must be at the same place on
every machine of the cluster.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from distributed import Client, get_worker

from compute import progress, sandbox
from resolvers.equipment import Heard
from server.pools import LocalPools, told


def spoken(topic: str, function: Callable[..., Any], *given: Any) -> Any:
    """Call a function on a worker of the cluster, which tells how far it is."""
    worker = get_worker()
    progress.listen(
        sandbox.seldom(lambda share, line: worker.log_event(topic, [share, line]))
    )
    try:
        return function(*given)
    finally:
        progress.listen(None)


class Computation:
    """One function on the cluster, and what it says of its progress."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._topic = f"heliograph-{uuid4().hex}"
        self._said: deque[tuple[float, str | None]] = deque()
        client.subscribe_topic(
            self._topic, lambda event: self._said.append(tuple(event[1]))
        )

    def call(self, function: Callable[..., Any], *given: Any) -> asyncio.Future[Any]:
        executor: Any = self._client.get_executor(pure=False, retries=0)
        future = executor.submit(spoken, self._topic, function, *given)
        return asyncio.wrap_future(future)

    def heard(self) -> Iterator[tuple[float, str | None]]:
        """What was said since it was last asked."""
        while self._said:
            yield self._said.popleft()

    async def end(self) -> None:
        await asyncio.to_thread(self._client.unsubscribe_topic, self._topic)


class ClusterPools(LocalPools):
    """Computes jobs on the workers of a scheduler, and the rest on this machine."""

    def __init__(self, scheduler: str, quick: int, limits: sandbox.Limits) -> None:
        super().__init__(quick, limits)
        self._client = Client(scheduler, timeout=10, name="heliograph")

    async def run(
        self,
        function: Callable[..., Any],
        *given: Any,
        heard: Heard | None = None,
        slow: bool = False,
    ) -> Any:
        if heard is None:
            return await super().run(function, *given, slow=slow)
        computation = await asyncio.to_thread(Computation, self._client)
        try:
            return await told(computation, heard, function, *given)
        finally:
            await computation.end()

    def close(self) -> None:
        super().close()
        self._client.close()
