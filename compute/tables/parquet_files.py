"""A Parquet file as a header and batches of rows."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compute import progress
from compute.tables import headers, kinds
from compute.tables.arrow import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    MOMENT,
    TEXT,
    ZONED,
    Array,
    Batch,
    Kind,
    pa,
    parquet,
    pc,
)
from compute.tables.errors import TableError, shown
from compute.tables.limits import Limits
from compute.tables.streams import Unpacked

BLOCK = 1 << 20
"""Bytes read, and cells decoded, at a time."""

UNREADABLE = (pa.ArrowException, OSError, MemoryError)
"""What a file raises that is damaged, or made to take all memory."""

ACCEPTED = "whole numbers, floats, booleans, text, timestamps and dates are accepted"


@dataclass
class ParquetFile:
    content: Any
    limits: Limits
    names: list[str]
    kinds: list[Kind | None]
    size_bytes: int

    def batches(self) -> Iterator[Batch]:
        """The rows as values of the kinds of the columns."""
        size = max(64, min(65_536, BLOCK // len(self.names)))
        count = decoded = 0
        try:
            for batch in self.content.iter_batches(size, use_threads=False):
                decoded += batch.nbytes
                if decoded > self.limits.size_bytes:
                    raise _too_large(self.limits)
                yield self._values(batch, count)
                count += batch.num_rows
                progress.report(count / self.content.metadata.num_rows)
        except UNREADABLE as error:
            raise _unreadable(error) from None

    def errors(self, said: Mapping[tuple[int, int], str]) -> list[TableError]:
        """What is said of some cells, each given by its row and column from 0."""
        found: list[TableError] = []
        first = 0
        for batch in self.batches():
            for (row, column), message in said.items():
                if first <= row < first + batch.num_rows:
                    value = shown(batch.column(column)[row - first].as_py())
                    text = f"row {row + 1}: {value} {message}"
                    found.append(TableError(text, column=self.names[column]))
            first += batch.num_rows
        return found

    def _values(self, batch: Batch, first: int) -> Batch:
        columns: list[Array] = []
        for name, kind, values in zip(
            self.names, self.kinds, batch.columns, strict=True
        ):
            try:
                columns.append(_canonical(values, kind or TEXT, self.limits))
            except (pa.ArrowInvalid, TableError) as error:
                rows = f"rows {first + 1} to {first + batch.num_rows}"
                reason = str(error).splitlines()[0]
                raise TableError(f"{rows}: {reason}", column=name) from None
        return pa.record_batch(columns, names=self.names)


def opened(path: Path, *, compressed: bool, limits: Limits) -> ParquetFile:
    """Read the schema of a Parquet file and refuse what is no flat table."""
    if not compressed:
        return _opened(path, limits)
    with tempfile.NamedTemporaryFile() as file:
        with Unpacked(path, compressed=True, limits=limits) as source:
            shutil.copyfileobj(source, file, BLOCK)
        file.flush()
        return _opened(Path(file.name), limits)  # and stays open when the name is gone


def _opened(path: Path, limits: Limits) -> ParquetFile:
    try:
        content = parquet.ParquetFile(path, pre_buffer=False, buffer_size=BLOCK)
    except UNREADABLE as error:
        raise _unreadable(error) from None
    fields = content.schema_arrow
    names = headers.normalised(fields.names, limits)
    types = [_kind(*pair) for pair in zip(fields.types, names, strict=True)]
    rows = content.metadata.num_rows
    if not rows:
        raise TableError("the file has no rows; at least one is expected")
    if rows * len(names) > limits.size_bytes:
        raise _too_large(limits)
    return ParquetFile(content, limits, names, types, path.stat().st_size)


def _kind(kind: Any, name: str) -> Kind | None:
    """What a column of a Parquet type becomes, None if it can hold no values."""
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    for is_such, known in (
        (types.is_null, None),
        (types.is_integer, INTEGER),
        (types.is_floating, FLOAT),
        (types.is_boolean, BOOLEAN),
        (types.is_string, TEXT),
        (types.is_large_string, TEXT),
        (types.is_date, MOMENT),
    ):
        if is_such(kind):
            return known
    if types.is_timestamp(kind):
        return ZONED if kind.tz else MOMENT
    raise TableError(f"the type {kind} is not supported; {ACCEPTED}", column=name)


def _canonical(values: Array, kind: Kind, limits: Limits) -> Array:
    """Values as one of our types; what has no place in it is refused."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    options = pc.CastOptions(target_type=kind, allow_time_truncate=True)
    values = pc.cast(values, options=options)
    if kind in {MOMENT, ZONED} and not kinds.in_calendar(values):
        raise TableError("a time is outside the years 1 to 9999, which are accepted")
    if kind == TEXT:
        values.validate(full=True)
        _refuse_bad_text(values, limits)
    return values


def _refuse_bad_text(values: Array, limits: Limits) -> None:
    if b"\0" in kinds.text_bytes(values):
        raise TableError("a text has a NUL byte, and none is accepted")
    if (pc.max(pc.binary_length(values)).as_py() or 0) > limits.line_bytes:
        raise TableError(f"a text is longer than {limits.line_bytes} bytes")


def _unreadable(error: BaseException) -> TableError:
    reason = str(error).partition("\n")[0] or "there is not enough memory"
    return TableError(f"the file cannot be read as Parquet: {reason}")


def _too_large(limits: Limits) -> TableError:
    most = limits.size_bytes
    return TableError(f"the file unpacks to more than {most} bytes")
