"""A slow look at a CSV, which knows on which line of the file everything is."""

import codecs
import csv
import itertools
import re
from collections import defaultdict
from collections.abc import Collection, Iterator

from compute.tables.errors import TableError
from compute.tables.limits import ROW_BYTES, Limits
from compute.tables.streams import Unpacked

END = "\udfff"
"""What follows the last line: no text decoded from bytes contains it."""

UNREADABLE = re.compile("[\0\udc80-\udcff]")
BREAK = re.compile("\r\n|\r|\n")
SAMPLE = 20

Row = tuple[int, list[str]]
"""The line on which a row starts, and its cells."""


def rows(source: Unpacked, limits: Limits) -> Iterator[Row]:
    """The rows of a CSV with the header, without blank lines."""
    csv.field_size_limit(ROW_BYTES)
    reader = csv.reader(_lines(source, limits))
    start = 1
    try:
        for cells in reader:
            if cells == [END]:
                return
            if cells and END in cells[-1]:
                raise TableError("a quote is opened and never closed", line=start)
            if cells:
                yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        expected = f"at most {ROW_BYTES} bytes are accepted; is a quote never closed?"
        raise TableError(f"a cell is too long; {expected}", line=start) from None


def flaw(source: Unpacked, names: list[str], limits: Limits) -> TableError | None:
    """What is wrong first in a CSV whose header has these names."""
    try:
        for line, cells in itertools.islice(rows(source, limits), 1, None):
            if len(cells) != len(names):
                return _ragged(line, cells, names)
            if UNREADABLE.search("".join(cells)):
                return unreadable(line, cells, names)
    except TableError as error:
        return error
    return None


def unreadable(line: int, cells: list[str], names: list[str] | None) -> TableError:
    """What is wrong with a row that has a NUL byte or is not UTF-8."""
    at = next(i for i, cell in enumerate(cells) if UNREADABLE.search(cell))
    before = UNREADABLE.split(cells[at], maxsplit=1)[0]
    raw = cells[at].removeprefix(before)[:SAMPLE].encode(errors="surrogateescape")
    if raw.startswith(b"\0"):
        what = "the text has a NUL byte; is the file UTF-16? save it as UTF-8"
    else:
        what = f"the bytes {raw!r} are not UTF-8; save the file as UTF-8"
    column = names[at] if names else at + 1
    return TableError(what, line=line_of(line, [*cells[:at], before]), column=column)


def cells_at(
    source: Unpacked, places: Collection[tuple[int, int]], limits: Limits
) -> Iterator[tuple[int, tuple[int, int], str]]:
    """The line, place and text of some cells; a place is a row and column from 0."""
    wanted: defaultdict[int, list[int]] = defaultdict(list)
    for row, column in places:
        wanted[row].append(column)
    data = itertools.islice(rows(source, limits), 1, max(wanted, default=-1) + 2)
    for row, (line, cells) in enumerate(data):
        for column in wanted.get(row, ()):
            yield line_of(line, cells[:column]), (row, column), cells[column]


def line_of(line: int, before: list[str]) -> int:
    """The line that is reached after some cells of a row that starts on `line`."""
    return line + sum(len(BREAK.findall(cell)) for cell in before)


def _ragged(line: int, cells: list[str], names: list[str]) -> TableError:
    count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    return TableError(
        f"the row has {count} and the header {len(names)}; as many are expected,"
        " and quotes around a cell that contains a comma",
        line=line,
    )


def _lines(source: Unpacked, limits: Limits) -> Iterator[str]:
    for number, line in enumerate(_split(source, limits), 1):
        if len(line.removesuffix(b"\n")) > limits.line_bytes:
            most = limits.line_bytes
            raise TableError(f"the line is longer than {most} bytes", line=number)
        text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        yield text.decode("utf-8", "surrogateescape")
    yield END


def _split(source: Unpacked, limits: Limits) -> Iterator[bytes]:
    """Lines with their ends; one that is too long comes in pieces."""
    rest = b""
    while block := source.read(limits.line_bytes):
        *whole, rest = (rest + block).splitlines(keepends=True)
        yield from whole
        if len(rest) > limits.line_bytes + len("\r\n"):
            yield rest
            rest = b""
    yield from rest.splitlines(keepends=True)
