"""What is odd about a table and stops nobody: its warnings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self

from compute.tables import digits
from compute.tables.arrow import TEXT, Array
from compute.tables.errors import TableError, shown
from compute.tables.misfits import Misfits
from compute.tables.sources import Source

MOST = 50
"""Warnings that are told of a table; of the others, how many they are."""

LOST = "has more digits than a float keeps"

Place = tuple[int, int, int]
"""The file, row and column of a cell, each from 0."""


@dataclass
class Remarks:
    """What is noted of cells while the rows of all files pass by."""

    tables: list[Source]

    misfits: dict[int, Misfits]
    """For each column that the cells alone make a text."""

    lost: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    """For files and columns the first row that loses digits."""

    @classmethod
    def of(cls, tables: list[Source], schema: Any) -> Self:
        """None as yet of files that become a table of this schema."""
        rows = sum(table.rows for table in tables)
        declared = {
            at
            for table in tables
            for at, column in enumerate(table.columns)
            if column.declared == TEXT
        }
        texts = [at for at, kind in enumerate(schema.types) if kind == TEXT]
        return cls(tables, {at: Misfits(rows) for at in texts if at not in declared})

    def see(
        self, file: int, first_row: int, cells: list[Array], values: list[Array]
    ) -> None:
        """Look at further rows of a file: as they are written, and as they are kept."""
        for column, (written, kept) in enumerate(zip(cells, values, strict=True)):
            if column in self.misfits:
                self.misfits[column].see(kept, file, first_row)
            elif (file, column) not in self.lost:
                row = digits.first_lost(written, kept)
                if row is not None:
                    self.lost[file, column] = first_row + row

    def warnings(self, profile: Sequence[Mapping[str, Any]]) -> list[str]:
        """First what is told of cells, in their order, then what of whole columns."""
        rows = sum(table.rows for table in self.tables)
        cells = self._cells()
        columns = [said for column in profile if (said := _flat(column, rows))]
        first = dict(islice(cells.items(), MOST))
        told = [*map(str, self._errors(first)), *columns][:MOST]
        more = len(cells) + len(columns) - len(told)
        return [*told, f"and {more} more"] if more else told

    def _cells(self) -> dict[Place, str]:
        """What to say of which cells; first those that cost a column."""
        said: dict[Place, str] = {}
        for column, misfits in self.misfits.items():
            remark = misfits.remark()
            if remark and misfits.first:
                said[*misfits.first, column] = remark
        lost = {(file, row, column): LOST for (file, column), row in self.lost.items()}
        return said | lost

    def _errors(self, said: Mapping[Place, str]) -> Iterator[TableError]:
        for number, table in enumerate(self.tables):
            here = {
                place[1:]: text for place, text in said.items() if place[0] == number
            }
            for error in table.content.errors(here) if here else ():
                error.file = number + 1 if len(self.tables) > 1 else None
                yield error


def _flat(column: Mapping[str, Any], rows: int) -> str | None:
    """What to say of a column that is the same in every row."""
    if column["nulls"] == rows:
        return f"column {shown(column['name'])} has no value"
    if rows > 1 and column["uniques"] == 1 and not column["nulls"]:
        return f"column {shown(column['name'])} has one value"
    return None
