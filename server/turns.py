"""A line in which nobody waits for one who asks much."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

LONGEST = 256
"""Turns that one owner waits for."""

T = TypeVar("T")


class Crowded(Exception):
    """There are so many turns that somebody waits for that they get no more."""


@dataclass(eq=False, slots=True)
class Turn(Generic[T]):
    """Of somebody who waits for something."""

    owner: Hashable
    what: str
    given: asyncio.Future[T] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Line(Generic[T]):
    """Owners take turns; the turns of one of them are in the order they came."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[Turn[T]]] = {}
        """By owner, the one who was served longest ago first."""

    def join(self, owner: Hashable, what: str) -> Turn[T]:
        """Wait for something. Raises Crowded."""
        turn = Turn[T](owner, what)
        turns = self._waiting.setdefault(owner, [])
        if len(turns) >= LONGEST:
            raise Crowded
        turns.append(turn)
        return turn

    def leave(self, turn: Turn[T]) -> None:
        """Wait no longer, if that was still so."""
        turns = self._waiting.get(turn.owner, [])
        if turn in turns:
            turns.remove(turn)
            if not turns:
                del self._waiting[turn.owner]

    def next(self, free: Callable[[Turn[T]], bool]) -> Turn[T] | None:
        """Who may go now, out of the line; its owner is behind all others then."""
        turn = next((turn for turn in self._all() if free(turn)), None)
        if turn is not None:
            self.leave(turn)
            if rest := self._waiting.pop(turn.owner, None):
                self._waiting[turn.owner] = rest
        return turn

    def _all(self) -> list[Turn[T]]:
        return [turn for turns in self._waiting.values() for turn in turns]
