"""Blocks that lie on the workers of a cluster."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from itertools import cycle, islice
from typing import Any
from uuid import uuid4

from distributed import wait, worker_client

FIRST = 10
"""The priority of what is done to blocks: somebody has begun and waits for it."""
_common: dict[str, Any] = {}
"""What the blocks of a run are made from, in the process that leads it."""


class Spread:
    """Blocks as results that the cluster keeps, each always on one worker.

    Of a block that is lost with its worker the cluster knows how it was made, and makes
    it again where it can; what was asked of it is then asked again.
    """

    def __init__(self, client: Any, run: str, home: str) -> None:
        self._client, self._run, self._home = client, run, home
        self._blocks: list[tuple[str, Any]] = []
        self._answers: list[Any] = []

    def lay(
        self, function: Callable[..., Any], common: Any, pieces: Sequence[Any]
    ) -> None:
        _common[self._run] = common
        source = self._submit(self._home, _given, self._run, elsewhere=False)
        self._blocks = [
            (place, self._submit(place, function, source, piece))
            for place, piece in zip(self._places(len(pieces)), pieces, strict=True)
        ]

    def change(self, function: Callable[..., Any], *given: Any) -> None:
        """One block of each worker at a time, or both forms of all would be there."""
        workers = len({place for place, _ in self._blocks})
        for at, (place, block) in enumerate(self._blocks):
            self._blocks[at] = place, self._submit(place, function, block, *given)
            if at % workers == workers - 1:
                wait(self._blocks[at][1])

    def ask(self, function: Callable[..., Any], *given: Any) -> list[Any]:
        self._answers = [
            self._submit(place, function, block, *given)
            for place, block in self._blocks
        ]
        return self._client.gather(self._answers)

    def close(self) -> None:
        """Let the workers forget it all, whoever still refers to it."""
        self._client.cancel(self._answers + [block for _, block in self._blocks])

    def _submit(
        self, place: str, function: Any, *given: Any, elsewhere: bool = True
    ) -> Any:
        return self._client.submit(
            function,
            *given,
            allow_other_workers=elsewhere,
            priority=FIRST,
            pure=False,
            workers=[place],
        )

    def _places(self, count: int) -> list[str]:
        """A worker for each block: the next for the next, each by its threads."""
        threads: dict[str, int] = self._client.nthreads()
        most = max(threads.values())
        turns = [
            place
            for turn in range(most)
            for place, its in sorted(threads.items())
            if turn < its
        ]
        return [*islice(cycle(turns), count)]


@contextmanager
def spread(home: str) -> Generator[Spread]:
    """Blocks for a run that the worker at an address leads, until this ends.

    The thread of the worker that this is called in counts as free meanwhile.
    """
    run = uuid4().hex
    try:
        with worker_client() as client, closing(Spread(client, run, home)) as one:
            yield one
    finally:
        _common.pop(run, None)


def _given(run: str) -> Any:
    return _common[run]
