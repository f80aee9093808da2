"""The names of a table's columns."""

import unicodedata
from collections.abc import Iterable

from compute.tables.errors import TableError
from compute.tables.limits import Limits
from compute.tables.lines import UNREADABLE, line_of, rows, unreadable
from compute.tables.streams import Unpacked

DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read(source: Unpacked, limits: Limits) -> tuple[list[str], int]:
    """The names in the header of a CSV, and the number of lines it takes."""
    table = rows(source, limits)
    line, cells = next(table, (0, []))
    if not cells:
        raise TableError("the file is empty; a header and a row are expected")
    if line > 1:
        raise TableError("the line is blank; the header is expected here", line=1)
    if UNREADABLE.search("".join(cells)):
        raise unreadable(line, cells, None)
    names = normalised(cells, limits, line=1)
    _, first = next(table, (0, []))
    if not first:
        raise TableError("the file has a header and no rows; at least one is expected")
    _refuse_other_delimiters(cells, first)
    return names, line_of(1, cells)


def normalised(
    cells: Iterable[str], limits: Limits, *, line: int | None = None
) -> list[str]:
    """Names in NFC without blanks around them, all different and none empty."""
    names = [unicodedata.normalize("NFC", cell).strip() for cell in cells]
    if not 1 <= len(names) <= limits.columns:
        expected = f"1 to {limits.columns} are accepted"
        raise TableError(f"the header has {len(names)} columns; {expected}", line=line)
    first: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name:
            raise TableError("the column has no name", line=line, column=number)
        if "\0" in name:
            raise TableError("the column's name has a NUL", line=line, column=number)
        if name in first:
            same = f"columns {first[name]} and {number} have the same name"
            raise TableError(f"{same}; names must differ", line=line, column=name)
        first[name] = number
    return names


def _refuse_other_delimiters(header: list[str], row: list[str]) -> None:
    """Refuse what is one column only because commas are expected."""
    if len(header) > 1:
        return
    for delimiter, noun in DELIMITERS.items():
        if 0 < header[0].count(delimiter) == row[0].count(delimiter):
            raise TableError(f"{noun} part the cells; commas are expected", line=1)
