"""Two versions of models side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MISSING = object()


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of both."""

    name: str
    mine: float | None
    other: float | None

    @property
    def difference(self) -> float | None:
        """How much more the other has."""
        if self.mine is None or self.other is None:
            return None
        return self.other - self.mine


@dataclass(frozen=True, slots=True)
class Change:
    """A place in a document where two differ."""

    path: str
    mine: Any
    other: Any


def measures(mine: Mapping[str, Any], other: Mapping[str, Any]) -> list[Measure]:
    """What either has, by name; whatever is no number is left out."""
    names = sorted({*mine, *other})
    both = (Measure(one, _number(mine, one), _number(other, one)) for one in names)
    return [one for one in both if one.mine is not None or one.other is not None]


def changes(mine: Any, other: Any, path: str = "") -> list[Change]:
    """Where two documents differ: the paths to it, and what is there in each."""
    if isinstance(mine, dict) and isinstance(other, dict):
        found: list[Change] = []
        for name in sorted({*mine, *other}):
            below = (mine.get(name, MISSING), other.get(name, MISSING))
            found += changes(*below, f"{path}/{_escaped(name)}")
        return found
    if mine == other:
        return []
    return [Change(path, _known(mine), _known(other))]


def _escaped(name: str) -> str:
    """A step of a JSON Pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _known(value: Any) -> Any:
    return None if value is MISSING else value


def _number(measured: Mapping[str, Any], name: str) -> float | None:
    value = measured.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
