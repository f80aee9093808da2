"""Processes that compute: one for each job, and some that answer at once."""

import asyncio
import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from compute import sandbox
from resolvers.equipment import Heard

SPAWN = multiprocessing.get_context("spawn")
LOOK = 0.5
"""Seconds between two looks at how far a job is: progress is told twice a second."""
LIFETIME = 200
"""Calls after which a process is replaced, with whatever memory it had gathered."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process of its own, and what it says of its progress."""

    executor: ProcessPoolExecutor
    said: Any


class LocalPools:
    """Computes on this machine.

    A job's process is its own, so that it can be ended without harm to others. What
    must be answered at once shares processes that stay warm.
    """

    def __init__(self, quick: int = 2, limits: sandbox.Limits | None = None) -> None:
        self._limits = limits or sandbox.Limits()
        self._workers = quick
        self._quick = self._executor(quick)
        self._idle: list[Child] = []

    async def run(
        self, function: Callable[..., Any], *given: Any, heard: Heard | None = None
    ) -> Any:
        if heard is None:
            return await self._at_once(function, *given)
        with self._child() as child:
            return await _told(child, heard, function, *given)

    def close(self) -> None:
        for child in self._idle:
            _end(child.executor)
        _end(self._quick)

    async def _at_once(self, function: Callable[..., Any], *given: Any) -> Any:
        """Twice, since a process that dies takes with it what the others were at."""
        for last in (False, True):
            executor, loop = self._quick, asyncio.get_running_loop()
            try:
                return await loop.run_in_executor(executor, function, *given)
            except BrokenProcessPool:
                if executor is self._quick:
                    _end(executor)
                    self._quick = self._executor(self._workers)
                if last:
                    raise
        raise AssertionError

    @contextmanager
    def _child(self) -> Iterator[Child]:
        child = self._idle.pop() if self._idle else self._new()
        try:
            yield child
        except BaseException:
            _end(child.executor)
            raise
        self._idle.append(child)

    def _new(self) -> Child:
        said = SPAWN.Queue()
        return Child(self._executor(1, said), said)

    def _executor(self, workers: int, said: Any = None) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            workers,
            SPAWN,
            initializer=sandbox.enter,
            initargs=(self._limits, os.getpid(), said),
            max_tasks_per_child=LIFETIME,
        )


async def _told(
    child: Child, heard: Heard, function: Callable[..., Any], *given: Any
) -> Any:
    """What the function gives. Meanwhile its progress is told, so it can be stopped."""
    loop, share = asyncio.get_running_loop(), 0.0
    future = loop.run_in_executor(child.executor, function, *given)
    while True:
        done, _ = await asyncio.wait({future}, timeout=LOOK)
        lines: list[str] = []
        with suppress(queue.Empty):
            while True:
                share, line = child.said.get_nowait()
                lines += [line] if line else []
        if done:
            for line in lines:
                await heard(share, line)
            return future.result()
        await heard(share, "\n".join(lines) or None)


def _end(executor: ProcessPoolExecutor) -> None:
    """End an executor's processes, whatever they are at."""
    processes = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        with suppress(ProcessLookupError, ValueError):
            os.kill(process.pid, signal.SIGKILL)
