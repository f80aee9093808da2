"""The predictions of a window, as far as they are compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from compute.drift.records import Record

Value = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Lot:
    """The newest predictions of a window."""

    total: int = 0
    """Those of the window."""
    records: list[Record] = field(default_factory=list[Record])
    """What was said."""
    inputs: list[Mapping[str, Value]] = field(default_factory=list[Mapping[str, Value]])
    """What was asked, of the same, in the same order."""

    @property
    def rows(self) -> dict[str, int]:
        return {"total": self.total, "compared": len(self.records)}
