"""How many of something each has at a time."""

from collections import Counter

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
