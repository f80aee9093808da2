"""What was made and may be of use again, as long as there is room for it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

MadeT = TypeVar("MadeT")


@dataclass(eq=False, slots=True)
class Part(Generic[MadeT]):
    """What was made for one thing, which is kept so that its id() stays its own."""

    whose: Any
    made: OrderedDict[Hashable, tuple[MadeT, int]] = field(
        default_factory=OrderedDict[Hashable, tuple[MadeT, int]]
    )
    room: int = 0
    """How much is taken."""

    def drop(self) -> int:
        """Forget what was not asked for longest. How much room that gives."""
        _, (_, room) = self.made.popitem(last=False)
        self.room -= room
        return room


class Memory(Generic[MadeT]):
    """What was made of late for many, of whom none can drive out all the others.

    A thing for which there are more variants than its share has room for forgets its
    own. Where all together are too many, the thing asked for least recently loses its.
    """

    def __init__(self, most: int, share: int) -> None:
        self.room = 0
        """How much is taken."""
        self._most = most
        self._share = share
        self._parts: OrderedDict[int, Part[MadeT]] = OrderedDict()

    def get(
        self, whose: Any, key: Hashable, make: Callable[[], tuple[MadeT, int]]
    ) -> MadeT:
        """What was made under the key, or is now: something, and the room it takes."""
        if part := self._parts.get(id(whose)):
            self._parts.move_to_end(id(whose))
            if found := part.made.get(key):
                part.made.move_to_end(key)
                return found[0]
        made, room = make()
        self._keep(whose, key, made, room)
        return made

    def _keep(self, whose: Any, key: Hashable, made: MadeT, room: int) -> None:
        part = self._parts.setdefault(id(whose), Part[MadeT](whose))
        part.made[key] = made, room
        part.room += room
        self.room += room
        while part.room > self._share:
            self.room -= part.drop()
        while self.room > self._most:
            self.room -= next(iter(self._parts.values())).drop()
            self._tidy()
        if not part.made:
            self._parts.pop(id(whose), None)

    def _tidy(self) -> None:
        first, part = next(iter(self._parts.items()))
        if not part.made:
            del self._parts[first]
