"""A stand-in for the processes that compute."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from compute import progress
from resolvers.equipment import Heard


class Threads:
    """Computes in a thread, where a process would take seconds to begin."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2)

    async def run(
        self,
        function: Callable[..., Any],
        *given: Any,
        heard: Heard | None = None,
        slow: bool = False,
    ) -> Any:
        loop, said = asyncio.get_running_loop(), list[tuple[float, str | None]]()
        if heard:
            progress.listen(lambda share, line: said.append((share, line)))
        try:
            return await loop.run_in_executor(self._threads, function, *given)
        finally:
            progress.listen(None)
            for share, line in said if heard else []:
                await heard(share, line) if heard else None
