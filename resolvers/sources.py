"""What a subscription tells, in a form that many may be told together."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, NamedTuple, Self, TypeVar

T = TypeVar("T")
S = TypeVar("S")


class Beginning(NamedTuple):
    """Where somebody begins, and where things stand."""

    place: int
    newest: int


Told = AsyncGenerator[tuple[int, T | None]]
"""Each thing with its place; or a place alone, up to which there is nothing to tell."""


@dataclass
class Source(AsyncIterator[T], Generic[T]):
    """Things in order, each with a place: a number to go on after.

    Read with `async for` it tells all from its beginning. Whoever shares it learns
    where it begins, and has it tell from any place.
    """

    begin: Callable[[], Awaitable[Beginning]]
    """Where it begins. Raises BadRequest for a place that cannot be."""
    after: Callable[[int], Told[T]]
    """What comes after a place, without end or to the end of all."""
    kept: bool = True
    """Whether each thing counts. Where not, a later one makes up for those before it,
    and whoever comes is told the last."""

    def __post_init__(self) -> None:
        self._alone: AsyncGenerator[T] | None = None

    def shown(self, show: Callable[[int, T], S]) -> "Source[S]":
        """The same, with each thing and its place as something else."""

        async def after(place: int) -> Told[S]:
            async with aclosing(self.after(place)) as told:
                async for at, one in told:
                    yield at, None if one is None else show(at, one)

        return Source(self.begin, after, self.kept)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._alone is None:
            self._alone = self._told()
        return await anext(self._alone)

    async def aclose(self) -> None:
        if self._alone:
            await self._alone.aclose()

    async def _told(self) -> AsyncGenerator[T]:
        beginning = await self.begin()
        async with aclosing(self.after(beginning.place)) as told:
            async for _, one in told:
                if one is not None:
                    yield one


def states(told: Callable[[], AsyncGenerator[T]]) -> Source[T]:
    """How something stands, from now to its end: only the last state counts."""

    async def begin() -> Beginning:
        return Beginning(0, 0)

    async def after(place: int) -> Told[T]:
        async with aclosing(told()) as now:
            async for one in now:
                place += 1
                yield place, one

    return Source(begin, after, kept=False)
