"""Processes that compute: one for each job, and some that answer at once."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from compute import sandbox
from resolvers.equipment import Heard

SPAWN = multiprocessing.get_context("spawn")
LOOK = 0.5
"""Seconds between two looks at how far a job is: progress is told twice a second."""
LIFETIME = 1_000
"""Calls after which processes are replaced, with whatever memory they had gathered."""


class Processes:
    """An executor, how often it was called, and what it says of its progress."""

    def __init__(
        self, workers: int, limits: sandbox.Limits, *, spoken: bool = False
    ) -> None:
        self.calls = 0
        self.said: Any = SPAWN.SimpleQueue() if spoken else None
        self._executor = ProcessPoolExecutor(
            workers,
            SPAWN,
            initializer=sandbox.enter,
            initargs=(limits, os.getpid(), self.said),
        )

    def call(self, function: Callable[..., Any], *given: Any) -> asyncio.Future[Any]:
        self.calls += 1
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._executor, function, *given)

    def heard(self) -> Iterator[tuple[float, str | None]]:
        """What was said since it was last asked."""
        while not self.said.empty():
            yield self.said.get()

    def retire(self) -> None:
        """Let the processes end once they have done what they were given."""
        self._executor.shutdown(wait=False)

    def end(self) -> None:
        """End the processes, whatever they are at."""
        processes = list((getattr(self._executor, "_processes", None) or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            with suppress(ProcessLookupError, ValueError):
                os.kill(process.pid, signal.SIGKILL)


class Shared:
    """Processes that stay warm, for whoever comes; the first come are served first."""

    def __init__(self, workers: int, limits: sandbox.Limits) -> None:
        self._workers, self._limits = workers, limits
        self._processes = Processes(workers, limits)

    async def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """Twice, since a process that dies takes with it what the others were at."""
        if self._processes.calls >= LIFETIME:
            self._processes.retire()
            self._processes = Processes(self._workers, self._limits)
        for last in (False, True):
            processes = self._processes
            try:
                return await processes.call(function, *given)
            except BrokenProcessPool:
                if processes is self._processes:
                    processes.end()
                    self._processes = Processes(self._workers, self._limits)
                if last:
                    raise
        raise AssertionError

    def end(self) -> None:
        self._processes.end()


class LocalPools:
    """Computes on this machine.

    A job's process is its own, so that it can be ended without harm to others. What
    must be answered at once shares some, and what may be slow another one.
    """

    def __init__(self, quick: int = 2, limits: sandbox.Limits | None = None) -> None:
        self._limits = limits or sandbox.Limits()
        self._quick = Shared(quick, self._limits)
        self._slow = Shared(1, self._limits)
        self._idle: list[Processes] = []

    async def run(
        self,
        function: Callable[..., Any],
        *given: Any,
        heard: Heard | None = None,
        slow: bool = False,
    ) -> Any:
        if heard is None:
            return await (self._slow if slow else self._quick).call(function, *given)
        with self._alone() as process:
            return await told(process, heard, function, *given)

    def close(self) -> None:
        for process in (*self._idle, self._quick, self._slow):
            process.end()

    @contextmanager
    def _alone(self) -> Generator[Processes]:
        """A process for one computation, which ends if that is broken off."""
        process = self._idle.pop() if self._idle else self._new()
        try:
            yield process
        except BaseException:
            process.end()
            raise
        if process.calls < LIFETIME:
            self._idle.append(process)
        else:
            process.end()

    def _new(self) -> Processes:
        return Processes(1, self._limits, spoken=True)


class Computing(Protocol):
    """Something that computes, and says how far it is."""

    def call(
        self, function: Callable[..., Any], *given: Any
    ) -> asyncio.Future[Any]: ...

    def heard(self) -> Iterator[tuple[float, str | None]]:
        """What was said since it was last asked."""
        ...


async def told(
    process: Computing, heard: Heard, function: Callable[..., Any], *given: Any
) -> Any:
    """What the function gives. Meanwhile its progress is told, so it can be stopped."""
    share, future = 0.0, process.call(function, *given)
    try:
        while True:
            done, _ = await asyncio.wait({future}, timeout=LOOK)
            said = list(process.heard())
            share = said[-1][0] if said else share
            lines = [line for _, line in said if line]
            if lines or not done:
                await heard(share, "\n".join(lines) or None)
            if done:
                return future.result()
    finally:
        future.cancel()
