"""Subscribers who are told the same: from one source, each answer in one execution."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

from resolvers.sources import Source
from server import metrics
from server.answers import Answer
from server.seats import Seat, Told

NEAR = 256
"""Places by which somebody may be behind and yet be told what the others are."""
HELD = 128 * 1024
"""Characters of answers that a group holds for those."""
FRESH = 5.0
"""Seconds that it holds them: whoever comes later is told how things are by then."""


class Group:
    """Subscribers who differ in nothing but where they began.

    It holds the answers after its floor, for whoever comes with a cursor. It runs
    while anybody is there, or to the end of its source.
    """

    def __init__(
        self,
        source: Source[Any],
        answer: Callable[[Any], Awaitable[str]],
        failed: Callable[[Exception], Answer],
        place: int,
        ended: Callable[[], None],
    ) -> None:
        self._source, self._answer, self._failed = source, answer, failed
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self.seats: dict[Seat, None] = {}
        self._begin(place)

    def reaches(self, place: int, *, near: bool) -> bool:
        """Whether it can tell all after a place. It goes back for what is near."""
        if not self._source.kept:
            return True
        self._let_go(self._loop.time() - FRESH)
        if near and place < self._floor and not self._full:
            self._task.cancel()
            self._begin(place)
        return place >= self._floor

    def join(self, seat: Seat) -> None:
        self.seats[seat] = None
        for _, told in self._answers:
            seat.tell(told, kept=self._source.kept)

    def leave(self, seat: Seat) -> None:
        seat.leave()
        self.seats.pop(seat, None)
        if not self.seats:
            self._task.cancel()
            self._ended()

    def _begin(self, place: int) -> None:
        self._floor = place
        self._answers: deque[tuple[float, Told]] = deque()
        self._held, self._full = 0, False
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Tell all who are there what there is to tell, to its end."""
        last: Answer | None = None
        try:
            async with aclosing(self._source.after(self._floor)) as told:
                async for place, thing in told:
                    if thing is not None:
                        self._tell(Told(place, await self._answer(thing)))
        except Exception as error:  # noqa: BLE001  it is told
            last = self._failed(error)
        self._ended()
        for seat in self.seats:
            seat.end(last)

    def _tell(self, told: Told) -> None:
        self._hold(told)
        metrics.TOLD.inc(len(self.seats))
        for seat in self.seats:
            seat.tell(told, kept=self._source.kept)

    def _hold(self, told: Told) -> None:
        """Hold an answer: of states the last, else as many as there is room for."""
        now = self._loop.time()
        self._answers.append((now, told))
        self._held += len(told.text)
        if not self._source.kept:
            self._let_go(now)
            return
        self._let_go(now - FRESH)
        while len(self._answers) > NEAR or self._held > HELD:
            self._full = True
            self._drop()

    def _let_go(self, moment: float) -> None:
        """Let go of the answers that were made before a moment."""
        while self._answers and self._answers[0][0] < moment:
            self._drop()

    def _drop(self) -> None:
        _, dropped = self._answers.popleft()
        self._floor = dropped.place
        self._held -= len(dropped.text)
