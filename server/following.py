"""Subscriptions: whoever asks the same is told together, each answer made once."""

from collections.abc import Hashable, Mapping
from contextlib import aclosing
from typing import Any

import orjson
from graphql import ExecutionResult

from resolvers.context import Context
from resolvers.errors import LimitExceeded
from resolvers.sources import Source
from schema.bounds import within
from schema.documents import Known
from schema.streams import alike
from server import metrics
from server.admission import Operation
from server.answers import Answer, Rejected, answered
from server.groups import NEAR, Group
from server.operations import Operations
from server.outbox import GONE
from server.seats import Seat, Told

LARGEST = 16 * 1024
"""Bytes of the variables of a subscription, which are held for as long as it runs."""


class Following:
    """A subscription, from what there is to tell to what a client is told."""

    def __init__(
        self, operations: Operations, operation: Operation, context: Context
    ) -> None:
        known, given = operation.known, operation.asked.variables or {}
        self.key: Hashable = known, _held(known, given), context.actor
        """Whoever has the same is told the same, from wherever they begin."""
        self._stream = operations.stream(operation, context)
        self._operations, self._actor = operations, context.actor

    async def source(self) -> Any:
        """What there is to tell, or the answer that there is nothing."""
        found = await self._stream.source()
        if isinstance(found, ExecutionResult):
            return Answer(self._told(found).errors, refused=True)
        return found

    async def answer(self, thing: Any) -> str:
        """The answer to one thing, as JSON."""
        metrics.ANSWERS.inc()
        answer = self._told(await self._stream.answer(thing))
        return orjson.dumps(answer.body()).decode()

    def failed(self, error: Exception) -> Answer:
        """The last answer where an error ends it all."""
        return self._told(self._stream.failed(error))

    def _told(self, result: ExecutionResult) -> Answer:
        return answered(result, self._operations.told(result.errors, self._actor))


def _held(known: Known, given: Mapping[str, Any]) -> bytes:
    """The variables in which it differs from others. Raises Rejected for too many."""
    variables = alike(known, given)
    try:
        within("bytes of a subscription's variables", len(variables), LARGEST)
    except LimitExceeded as error:
        raise Rejected.by(error) from error
    return variables


class Followers:
    """All who follow something, over all websockets."""

    def __init__(self, operations: Operations) -> None:
        self.groups: dict[Hashable, Group] = {}
        self._operations = operations

    async def follow(
        self, operation: Operation, context: Context, seat: Seat
    ) -> Answer | None:
        """Tell a client what there is to tell, to its end.

        Gives a last answer where something is wrong.
        """
        following = Following(self._operations, operation, context)
        source = await following.source()
        if isinstance(source, Answer):
            return source
        with metrics.SUBSCRIPTIONS.track_inprogress():
            try:
                if isinstance(source, Source):
                    return await self._together(following, source, seat)
                return await _alone(following, source, seat)
            except GONE:
                raise
            except Exception as error:  # noqa: BLE001  told
                return following.failed(error)

    async def _together(
        self, following: Following, source: Source[Any], seat: Seat
    ) -> Answer | None:
        """Tell a client what it missed, until it is where others are, whom it joins."""
        place, newest = await source.begin()
        if not self._near(following, source, place, newest):
            async with aclosing(source.after(place)) as told:
                async for place, thing in told:
                    if thing is not None:
                        await seat.say(Told(place, await following.answer(thing)))
                    if self._near(following, source, place, newest):
                        break
        group = self.groups.get(following.key)
        if group is None:
            group = self._begun(following, source, min(place, newest))
        seat.place = place
        group.join(seat)
        try:
            return await seat.ended
        finally:
            group.leave(seat)

    def _near(
        self, following: Following, source: Source[Any], place: int, newest: int
    ) -> bool:
        """Whether somebody at a place may join the others, or be the first."""
        near = place >= newest - NEAR or not source.kept
        group = self.groups.get(following.key)
        return group.reaches(place, near=near) if group else near

    def _begun(self, following: Following, source: Source[Any], place: int) -> Group:
        def ended() -> None:
            if self.groups.get(following.key) is group:
                del self.groups[following.key]

        group = Group(source, following.answer, following.failed, place, ended)
        self.groups[following.key] = group
        return group


async def _alone(following: Following, source: Any, seat: Seat) -> None:
    """Tell a client what nobody else is told, each thing once it took the last."""
    async with aclosing(source):
        async for thing in source:
            await seat.say(Told(0, await following.answer(thing)))
