"""Which columns two tables share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from compute.drift.options import Kind
from compute.drift.samples import KINDS, Side
from compute.tables.errors import TableError
from compute.tables.limits import Limits

MOST_COLUMNS = Limits.columns


@dataclass(frozen=True, slots=True)
class Schemas:
    """The columns of two tables, by what they have in common."""

    shared: dict[str, Kind]
    """Those that are compared, in the order of the reference."""
    missing: list[str]
    """Those of the reference alone."""
    added: list[str]
    """Those that the reference lacks."""
    retyped: list[dict[str, str]]
    """Those whose types cannot be compared: their names, and both types."""

    def report(self) -> dict[str, Any]:
        return {
            "missing": self.missing,
            "added": self.added,
            "retyped": self.retyped,
        }


def schemas(reference: Side, current: Side, chosen: Sequence[str] | None) -> Schemas:
    """Match the columns of two tables by name, or only some of them.

    A column without a value in one table has the type that it has in the other.
    """
    before, after = _types(reference, chosen), _types(current, chosen)
    for name in chosen or ():
        if name not in before | after:
            raise TableError("there is no such column in either table", column=name)
    shared: dict[str, Kind] = {}
    retyped: list[dict[str, str]] = []
    for name in [name for name in before if name in after]:
        kinds = KINDS[before[name]], KINDS[after[name]]
        if kinds[0] == kinds[1] or current.empty(name):
            shared[name] = kinds[0]
        elif reference.empty(name):
            shared[name] = kinds[1]
        else:
            types = {"reference": before[name], "current": after[name]}
            retyped.append({"name": name, **types})
    missing = [name for name in before if name not in after]
    added = [name for name in after if name not in before]
    return Schemas(shared, missing, added, retyped)


def _types(side: Side, chosen: Sequence[str] | None) -> dict[str, str]:
    types = side.types
    if len(types) > MOST_COLUMNS:
        raise ValueError(
            f"a table has {len(types)} columns; up to {MOST_COLUMNS} are compared"
        )
    if chosen is None:
        return types
    return {name: kind for name, kind in types.items() if name in chosen}
