"""Computes jobs on a Dask cluster; what must be answered at once stays here.

So does what reads a file as a stranger sent it: that needs a process without a network.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from distributed import Client, KilledWorker

from compute import sandbox
from compute.remote import Remote
from resolvers.equipment import Heard
from resolvers.errors import Exhausted
from server.errand import Errand, Lost
from server.link import Away, Link
from server.pools import LocalPools

ATTEMPTS = 4
"""How often a job is begun that is lost with its worker; Dask's own number too."""
SPREAD = 10_000
"""Rows from which on a map's blocks are spread over the workers."""
PAUSE = 2.0
"""Seconds before a cluster that is away is looked for again."""
WAITING = "the cluster is away; waiting for it"
GIVEN_UP = f"{ATTEMPTS} workers of the cluster were lost while they computed this"
logger = logging.getLogger(__name__)


class ClusterPools(LocalPools):
    """Computes jobs on the workers of a scheduler, and the rest on this machine.

    Raises ValueError for what is no scheduler's address. One that is away is waited for
    by the jobs that need it.
    """

    def __init__(
        self, scheduler: str, quick: int, limits: sandbox.Limits, spread: int = SPREAD
    ) -> None:
        super().__init__(quick, limits)
        self._link, self._spread = Link(scheduler), spread

    async def run(
        self,
        function: Callable[..., Any],
        *given: Any,
        heard: Heard | None = None,
        slow: bool = False,
    ) -> Any:
        abroad = isinstance(function, Remote) and function.abroad
        if heard is None or not abroad:
            return await super().run(function, *given, heard=heard, slow=slow)
        with Errand(self._link, self._limits, self._spread) as errand:
            for _ in range(ATTEMPTS):
                client = await self._cluster(heard)
                try:
                    return await errand.result(client, heard, function, *given)
                except KilledWorker as error:
                    logger.warning("the cluster gave a job up: %s", error)
                    break
                except Lost as error:
                    logger.warning("a job was lost on the cluster: %s", error)
        raise Exhausted(GIVEN_UP, "id")

    def close(self) -> None:
        super().close()
        self._link.close()

    async def _cluster(self, heard: Heard) -> Client:
        """The cluster, once it can work. Whoever hears may end the waiting."""
        said = False
        while True:
            try:
                return await self._link.client()
            except Away as error:
                if not said:
                    logger.error("a job waits for the cluster: %s", error)  # noqa: TRY400  # its sentence says it all
                await heard(0.0, None if said else WAITING)
                said = True
            await asyncio.sleep(PAUSE)
