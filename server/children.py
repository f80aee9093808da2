"""Processes that ask the models of others: few, each for one model, none trusted.

What they say is read as JSON and as nothing else.
"""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Hashable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import orjson

from compute import sandbox
from compute.artifacts.errors import ArtifactError, Broke
from compute.remote import Remote
from server.turns import Crowded, Line, Turn

CHILD: Final = "compute.artifacts.child"
LONGEST = 16 * 1024**2
"""Bytes of an answer."""
GIB = 1024**3
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
DIED = "it died"
BIRTH = 120.0
"""Seconds in which a process is ready, or will never be."""
LIBRARIES = ("onnxruntime", "skops.io")
"""What models of strangers need, which takes seconds to import."""
WARMED = Remote(CHILD, "warmed")


class Child:
    """A process that answers one question after the other.

    It has no network, no secrets and so many bytes of address space.
    """

    def __init__(self, memory: int, libraries: Sequence[str]) -> None:
        """Begins at once, and imports libraries before it is ready."""
        self.busy = False
        self.owner: Hashable = None
        """Of whose calls it was at the last."""
        self._process: asyncio.subprocess.Process | None = None
        self._started = asyncio.create_task(self._start(memory, libraries))

    @property
    def alive(self) -> bool:
        return self._process is None or self._process.returncode is None

    async def ready(self) -> None:
        try:
            await asyncio.shield(self._started)
        except (Broke, OSError) as error:
            raise Broke("its process could not begin") from error

    async def ask(self, function: Remote, *given: Any) -> Any:
        """What the function gives. Raises ArtifactError or Broke."""
        process: Any = self._process
        asked, answers = process.stdin, process.stdout
        asked.write(orjson.dumps([function.module, function.name, *given]) + b"\n")
        try:
            await asked.drain()
            line = await answers.readline()
        except OSError as error:
            raise Broke(DIED) from error
        except ValueError as error:
            raise Broke(f"it said more than {LONGEST // 1024**2} MiB") from error
        return understood(line)

    async def end(self) -> None:
        """End the process, whatever it is at."""
        self._started.cancel()
        await asyncio.gather(self._started, return_exceptions=True)
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _start(self, memory: int, libraries: Sequence[str]) -> None:
        kept = {name: os.environ[name] for name in sandbox.KEPT & set(os.environ)}
        path = os.pathsep.join(one for one in sys.path if one)
        async with asyncio.timeout(BIRTH):
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-B", "-m", CHILD, str(memory), str(os.getpid())),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**kept, **ALONE, "PYTHONPATH": path},
                limit=LONGEST,
            )
            await self.ask(WARMED, *libraries)


def understood(line: bytes) -> Any:
    """The answer in a line of a child. Raises ArtifactError or Broke."""
    try:
        said = orjson.loads(line) if line.endswith(b"\n") else None
    except orjson.JSONDecodeError:
        said = None
    match said:
        case {"answer": answer}:
            return answer
        case {"unfit": str(why)}:
            raise ArtifactError(why)
        case {"broke": str(why)}:
            raise Broke(why)
        case _:
            raise Broke(DIED)


class Children:
    """So many processes at most, each for the model whose digest it was asked with.

    One that breaks a limit is ended, and the next call has another. A new digest ends
    the process that was longest not asked. Once there was one, another is kept ready,
    which has imported the libraries. No owner is served by all of them at once, so
    that others need not wait for models that take long, and owners take turns.
    """

    def __init__(
        self,
        most: int = 2,
        *,
        memory: int = GIB,
        seconds: float = 30,
        libraries: Sequence[str] = (),
    ) -> None:
        self._most, self._seconds = most, seconds
        self._memory, self._libraries = memory, libraries
        self._children: dict[str, Child] = {}
        self._spare: Child | None = None
        self._line = Line[Child]()
        self._ending: set[asyncio.Task[None]] = set()

    async def ask(
        self, function: Remote, digest: str, *given: Any, owner: Hashable = None
    ) -> Any:
        """What the function gives, as JSON has it. Calls of one digest wait in line.

        Raises ArtifactError where the model will not do, and Broke where its process
        had to be ended, or too many calls of the owner wait already.
        """
        async with self._lent(digest, owner) as child:
            await child.ready()
            try:
                async with asyncio.timeout(self._seconds):
                    return await child.ask(function, *given)
            except TimeoutError:
                raise Broke(f"it took longer than {self._seconds:g} s") from None

    async def close(self) -> None:
        """End them all, whatever they are at."""
        children = [*self._children.values(), *filter(None, [self._spare])]
        self._children, self._spare = {}, None
        for child in children:
            await child.end()
        await asyncio.gather(*self._ending)

    @asynccontextmanager
    async def _lent(self, digest: str, owner: Hashable) -> AsyncGenerator[Child]:
        """The child of a digest for one call; it ends with one that is broken off."""
        child = await self._taken(digest, owner)
        whole = False
        try:
            yield child
            whole = True
        except ArtifactError:
            whole = True
            raise
        finally:
            await asyncio.shield(self._back(digest, child, whole=whole))

    async def _taken(self, digest: str, owner: Hashable) -> Child:
        """The child of a digest, or a new one once there is room for it."""
        try:
            turn = self._line.join(owner, digest)
        except Crowded:
            raise Broke("too many questions of its owner wait already") from None
        self._call()
        try:
            return await turn.given
        except asyncio.CancelledError:
            self._line.leave(turn)
            if not turn.given.cancelled():
                await asyncio.shield(self._back(digest, turn.given.result()))
            raise

    def _call(self) -> None:
        """Give all that is free to those whose turn it is."""
        while turn := self._line.next(self._free):
            child = self._children.pop(turn.what, None)
            if child is None or not child.alive:
                self._make_room()
                child = self._born()
            child.busy, child.owner = True, turn.owner
            self._children[turn.what] = child
            turn.given.set_result(child)

    def _born(self) -> Child:
        """The process that was kept ready, or a new one; and the next to keep ready."""
        spare = self._spare if self._spare and self._spare.alive else None
        self._spare = Child(self._memory, self._libraries)
        return spare or Child(self._memory, self._libraries)

    def _free(self, turn: Turn[Child]) -> bool:
        busy = [child for child in self._children.values() if child.busy]
        mine = sum(child.owner == turn.owner for child in busy)
        if turn.given.done() or mine >= max(1, self._most - 1):
            return False
        child = self._children.get(turn.what)
        return not child.busy if child else len(busy) < self._most

    def _make_room(self) -> None:
        """End the child that was longest not asked, if there are so many."""
        children = self._children.items()
        idle = next((digest for digest, child in children if not child.busy), None)
        if len(children) >= self._most and idle is not None:
            task = asyncio.create_task(self._children.pop(idle).end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _back(self, digest: str, child: Child, *, whole: bool = True) -> None:
        if not whole:
            if self._children.get(digest) is child:
                del self._children[digest]
            await child.end()
        child.busy = False
        self._call()
