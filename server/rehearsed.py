"""Requests that were planned of late: dashboards ask the same again and again."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from db.texts import Text
from resolvers.access import Actor
from server.costs import Cost

ROOM = 8 * 2**20
"""Bytes and characters of all that is remembered."""
LARGEST = 16 * 1024
"""Bytes of a request that is."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A query that one statement answers: its name, its price, and the statement."""

    name: str
    cost: Cost
    text: Text
    values: dict[str, Any]


class Rehearsed:
    """By who asks and the very bytes: what these mean does not change.

    Whoever has lost their session is another, so that nothing is kept from being asked.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._kept: OrderedDict[tuple[Actor, bytes], Planned] = OrderedDict()

    def get(self, actor: Actor, body: bytes) -> Planned | None:
        planned = self._kept.get((actor, body))
        if planned:
            self._kept.move_to_end((actor, body))
        return planned

    def keep(self, actor: Actor, body: bytes, planned: Planned) -> None:
        if len(body) > LARGEST or (actor, body) in self._kept:
            return
        self._kept[actor, body] = planned
        self._room -= _size(body, planned)
        while self._room < 0:
            (_, oldest), forgotten = self._kept.popitem(last=False)
            self._room += _size(oldest, forgotten)

    def forget(self, actor: Actor, body: bytes) -> None:
        """Where it did not do, it is planned anew."""
        if planned := self._kept.pop((actor, body), None):
            self._room += _size(body, planned)


def _size(body: bytes, planned: Planned) -> int:
    return len(body) + len(planned.text.text)
