"""Long work that many may ask for: one at a time, for all who ask for the same."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from resolvers.errors import Busy

PATIENCE = 8.0
"""Seconds that anybody waits, before they are told to come back for it."""
KEPT = 60.0
"""Seconds that what nobody waited for is kept for whoever asked for it first."""
MOST = 20
"""Pieces of work that are begun or wait for their turn."""
FoundT = TypeVar("FoundT")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some work, and who was first to ask for it."""

    task: asyncio.Task[Any]
    asker: UUID | None


class Sharing:
    """Does what is asked for in turns, and goes on when nobody waits any more."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._pieces: dict[Hashable, Piece] = {}

    async def found(
        self, asker: UUID | None, what: Hashable, work: Callable[[], Awaitable[FoundT]]
    ) -> FoundT:
        """What comes of some work, also if another has asked for it before.

        Raises Busy where it takes long: it goes on, and is there for who asks again.
        """
        piece = self._pieces.get(what)
        if piece is None or (piece.task.done() and piece.asker != asker):
            piece = self._begun(asker, what, work)
        await asyncio.wait({piece.task}, timeout=PATIENCE)
        if not piece.task.done():
            raise Busy("this takes a while and goes on; ask the same again in a moment")
        self._forget(what, piece)
        return piece.task.result()

    async def ended(self) -> None:
        """Break off what is not done."""
        tasks = [piece.task for piece in self._pieces.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begun(
        self, asker: UUID | None, what: Hashable, work: Callable[[], Awaitable[Any]]
    ) -> Piece:
        """Some work, if its asker has no other to be done. Raises Busy."""
        left = [one for one in self._pieces.values() if not one.task.done()]
        if len(left) >= MOST or any(one.asker == asker for one in left):
            raise Busy("you or others asked for as much before; try again in a moment")
        piece = Piece(asyncio.create_task(self._done(work)), asker)
        self._pieces[what] = piece
        later = asyncio.get_running_loop().call_later
        piece.task.add_done_callback(lambda _: later(KEPT, self._forget, what, piece))
        return piece

    async def _done(self, work: Callable[[], Awaitable[FoundT]]) -> FoundT:
        async with self._turn:
            return await work()

    def _forget(self, what: Hashable, piece: Piece) -> None:
        if self._pieces.get(what) is piece:
            del self._pieces[what]
