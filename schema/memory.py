"""What was made and may be of use again, as long as there is room for it."""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import ref

MadeT = TypeVar("MadeT")


@dataclass(eq=False, slots=True)
class Part(Generic[MadeT]):
    """What was made for one thing, for as long as somebody else keeps that."""

    whose: ref[Any]
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
    A thing that nobody else keeps any more has nothing: what is made may be small, and
    what it is made for large.
    """

    def __init__(self, most: int, share: int) -> None:
        self.room = 0
        """How much is taken."""
        self._most = most
        self._share = share
        self._parts: OrderedDict[int, Part[MadeT]] = OrderedDict()
        self._gone: deque[int] = deque()
        """The ids of things that are no more; those can come at any moment."""

    def get(
        self, whose: Any, key: Hashable, make: Callable[[], tuple[MadeT, int]]
    ) -> MadeT:
        """What was made under the key, or is now: something, and the room it takes."""
        self._sweep()
        if part := self._parts.get(id(whose)):
            self._parts.move_to_end(id(whose))
            if found := part.made.get(key):
                part.made.move_to_end(key)
                return found[0]
        made, room = make()
        self._keep(whose, key, made, room)
        return made

    def _keep(self, whose: Any, key: Hashable, made: MadeT, room: int) -> None:
        self._sweep()
        part = self._parts.get(id(whose)) or self._begun(whose)
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

    def _begun(self, whose: Any) -> Part[MadeT]:
        at, gone = id(whose), self._gone
        part = self._parts[at] = Part(ref(whose, lambda _: gone.append(at)))
        return part

    def _sweep(self) -> None:
        """Forget what was made for things that are no more."""
        while self._gone:
            if part := self._parts.pop(self._gone.popleft(), None):
                self.room -= part.room

    def _tidy(self) -> None:
        first, part = next(iter(self._parts.items()))
        if not part.made:
            del self._parts[first]
