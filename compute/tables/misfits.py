"""Cells that make text of a column whose others are, say, numbers."""

from dataclasses import dataclass

from compute.tables.arrow import Array, pa, pc
from compute.tables.kinds import trimmed

NUMBER = r"[-+]?((\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|(?i:inf(inity)?))"
DATE, TIME = r"\d{4}-\d\d-\d\d", r"[T ]\d\d(:\d\d(:\d\d(\.\d{1,6})?)?)?"
OFFSET = r"(Z|[-+]\d\d(:?\d\d)?)"

PATTERNS = {
    "a number": NUMBER,
    "true or false": "(?i:true|false)",
    "a timestamp": f"{DATE}({TIME})?",
    "a timestamp with an offset": f"{DATE}{TIME}{OFFSET}",
}
"""What the cells of a column may be meant to be. Here nan is no number, and the 31st of
any month is a day."""

GAPS = ["-", "--", "?", "#n/a", "n/a", "na", "nan", "none", "null"]
"""What others write, in small letters, where there is no value."""

SAMPLE = 100
"""Cells by which is decided what a column is meant to be."""

ONE_IN = 10
"""A column with more misfits than one cell in so many is meant as text."""


@dataclass
class Misfits:
    """The cells of a column of text that are not what the others are."""

    rows: int
    """Of the whole table."""

    meant: str | None = None
    """One of PATTERNS, by the first cells."""

    cells: int = 0
    """Those that are not empty."""

    count: int = 0

    first: tuple[int, int] | None = None
    """The file and the row, both from 0, of the first misfit."""

    only_gaps: bool = True
    """Whether all misfits are among GAPS."""

    def see(self, cells: Array, file: int, first_row: int) -> None:
        """Look at further cells, unless there have been too many misfits already."""
        if self._is_text(self.rows):
            return
        cells = trimmed(cells)
        if cells.null_count == len(cells):
            return
        self.meant = self.meant or _meant(cells)
        misfits = pc.indices_nonzero(pc.invert(_fit(cells, self.meant)))
        self.cells += len(cells) - cells.null_count
        if len(misfits):
            self.count += len(misfits)
            self.first = self.first or (file, first_row + misfits[0].as_py())
            self.only_gaps = self.only_gaps and _only_gaps(cells.take(misfits))

    def remark(self) -> str | None:
        """What there is to say of the first misfit, None if the column is a text."""
        if self._is_text(self.cells) or not 0 < self.count < self.cells:
            return None
        said = (
            f"is not {self.meant}, so the column is text"
            f" ({self.count:,} of {self.cells:,} cells)"
        )
        hint = "; an empty cell is what means no value"
        return said + hint if self.only_gaps else said

    def _is_text(self, cells: int) -> bool:
        return not self.only_gaps and self.count * ONE_IN > cells


def _meant(cells: Array) -> str:
    """What most of the first cells are, a number if they are nothing."""
    first = pc.drop_null(cells)[:SAMPLE]
    return max(PATTERNS, key=lambda meant: pc.sum(_fit(first, meant)).as_py())


def _fit(cells: Array, meant: str) -> Array:
    """For each cell whether it is what is meant, null if it is empty."""
    return pc.match_substring_regex(cells, f"^({PATTERNS[meant]})$")


def _only_gaps(cells: Array) -> bool:
    known = pc.is_in(pc.ascii_lower(cells), value_set=pa.array(GAPS))
    return pc.all(known).as_py()
