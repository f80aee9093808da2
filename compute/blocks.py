"""Arrays in blocks, asked and changed where they lie: here, or on several machines."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Blocks(Protocol):
    """Blocks that lie somewhere. What is done to them changes nothing in place.

    So a block that is lost can be made again, by what made it.
    """

    def lay(
        self, function: Callable[..., Any], common: Any, pieces: Sequence[Any]
    ) -> None:
        """Make a block of each piece: function(common, piece)."""
        ...

    def change(self, function: Callable[..., Any], *given: Any) -> None:
        """Put function(block, *given) in the place of each."""
        ...

    def ask(self, function: Callable[..., Any], *given: Any) -> list[Any]:
        """function(block, *given) of each, in their order."""
        ...


class Here:
    """Blocks in this process."""

    def __init__(self) -> None:
        self._blocks: list[Any] = []

    def lay(
        self, function: Callable[..., Any], common: Any, pieces: Sequence[Any]
    ) -> None:
        self._blocks = [function(common, piece) for piece in pieces]

    def change(self, function: Callable[..., Any], *given: Any) -> None:
        for place in range(len(self._blocks)):
            self._blocks[place] = function(self._blocks[place], *given)

    def ask(self, function: Callable[..., Any], *given: Any) -> list[Any]:
        return [function(block, *given) for block in self._blocks]


_elsewhere: tuple[int, Callable[[], Blocks]] | None = None


def offer(rows: int, blocks: Callable[[], Blocks]) -> None:
    """Let maps of so many rows or more have their blocks elsewhere from now on."""
    global _elsewhere  # noqa: PLW0603  # one process runs one computation
    _elsewhere = rows, blocks


def of(rows: int) -> Blocks:
    """Blocks for the pairs of so many rows."""
    if _elsewhere and rows >= _elsewhere[0]:
        return _elsewhere[1]()
    return Here()
