"""How many of something each has at a time."""

from asyncio import Semaphore, timeout
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from resolvers.errors import Busy
from server.throttle import counted


class Crowd:
    """Those who are there, by whom they belong to: at most so many of each."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._there = Counter[str]()

    def joined(self, whose: str) -> bool:
        """Whether there was room for one more. Whoever joined leaves once."""
        whose = counted(whose)
        if self._there[whose] >= self._most:
            return False
        self._there[whose] += 1
        return True

    def left(self, whose: str) -> None:
        whose = counted(whose)
        self._there[whose] -= 1
        if not self._there[whose]:
            del self._there[whose]


class Turns:
    """So many things at a time of each; what comes later waits for its turn."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._turns: WeakValueDictionary[str, Semaphore] = WeakValueDictionary()

    def of(self, whose: str) -> Semaphore:
        """The turns of one, for who can do without one that is not free."""
        turn = self._turns.get(whose)
        if turn is None:
            turn = self._turns[whose] = Semaphore(self._most)
        return turn

    @asynccontextmanager
    async def taken(self, whose: str, patience: float) -> AsyncGenerator[None]:
        """Raises Busy where the turn does not come for some seconds."""
        turn = self.of(whose)
        try:
            async with timeout(patience):
                await turn.acquire()
        except TimeoutError as error:
            said = f"{self._most} operations of yours are running; wait for them"
            raise Busy(said) from error
        try:
            yield
        finally:
            turn.release()
