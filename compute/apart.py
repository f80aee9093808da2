"""A process that computes one thing, begun where no other way is open.

Workers of a cluster may have no children of the usual kind. This one is as much shut in
as those are, and can be ended at any moment.
"""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from compute import blocks, sandbox

REFUSED = (pickle.PicklingError, AttributeError, TypeError)
"""What pickling raises for what cannot be sent."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a process is to compute, and from how many rows on blocks lie elsewhere."""

    function: Callable[..., Any]
    given: Sequence[Any]
    spread: int


@contextmanager
def begun(call: Call, limits: sandbox.Limits) -> Generator[Connection]:
    """The pipe to a process that computes; it is killed when this ends.

    It says ("said", share, line), asks for what `Blocks` does by ("lay", …), ("change",
    …) and ("ask", …), and ends with ("done", result) or ("failed", exception).
    """
    ours, theirs = multiprocessing.Pipe()
    with ours:
        with theirs:
            number = theirs.fileno()
            process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", __name__, str(number), str(os.getpid())],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
            )
        try:
            with suppress(BrokenPipeError):
                ours.send(limits)
                ours.send(call)
            yield ours
        finally:
            process.kill()
            process.wait()


def told(pipe: Connection) -> Any:
    """What the process says next. Raises BrokenProcessPool when it has died."""
    try:
        return pipe.recv()
    except (EOFError, OSError) as error:
        raise BrokenProcessPool("a process that computed died at it") from error


class Asking:
    """Blocks that whoever began this process keeps for it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def lay(
        self, function: Callable[..., Any], common: Any, pieces: Sequence[Any]
    ) -> None:
        self._answer("lay", function, common, pieces)

    def change(self, function: Callable[..., Any], *given: Any) -> None:
        self._answer("change", function, *given)

    def ask(self, function: Callable[..., Any], *given: Any) -> list[Any]:
        return self._answer("ask", function, *given)

    def _answer(self, *asked: Any) -> Any:
        self._pipe.send(asked)
        return self._pipe.recv()


class Saying:
    """A queue of what is said of progress, at the end of the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def put(self, said: tuple[float, str | None]) -> None:
        self._pipe.send(("said", *said))


def main(number: int, parent: int) -> None:
    """Shut the door first: a process with threads can do so no more."""
    with Connection(number) as pipe:
        sandbox.enter(pipe.recv(), parent, Saying(pipe))
        call: Call = pipe.recv()
        blocks.offer(call.spread, lambda: Asking(pipe))
        try:
            answer = "done", call.function(*call.given)
        except Exception as error:  # noqa: BLE001  # it is told to whoever asked
            answer = "failed", error
        try:
            pipe.send(answer)
        except REFUSED:
            pipe.send(("failed", RuntimeError(f"{answer[1]!r} cannot be sent")))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(*map(int, sys.argv[1:]))
