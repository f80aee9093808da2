"""A CSV as a header and batches of rows, read fast; what is wrong is found slowly."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from compute import progress
from compute.tables import headers, lines
from compute.tables.arrow import TEXT, Batch, Kind, csv, pa
from compute.tables.errors import TableError, shown
from compute.tables.limits import ROW_BYTES, Limits
from compute.tables.streams import Flawed, Text, Unpacked

END = b"end"
"""What is added as a last row: a quote that is never closed swallows it."""


@dataclass
class CsvFile:
    path: Path
    compressed: bool
    limits: Limits
    names: list[str]
    header_lines: int
    size_bytes: int = 0
    """Bytes of the file, unpacked; known once its rows have been read."""

    @property
    def kinds(self) -> list[Kind | None]:
        return [None] * len(self.names)

    def batches(self) -> Iterator[Batch]:
        """The rows as text, an empty cell as null."""
        with self._unpacked() as source:
            end = b"\n" + b"," * (len(self.names) - 1) + END
            text = Text(source, end, self.limits)
            try:
                for batch in _without_end(csv.open_csv(text, **self._options())):
                    yield batch
                    progress.report(source.share)
            except (Flawed, pa.ArrowInvalid) as error:
                raise self._flaw() or _unexplained(error) from None
            self.size_bytes = source.count

    def errors(self, said: Mapping[tuple[int, int], str]) -> list[TableError]:
        """What is said of some cells, each given by its row and column from 0."""
        with self._unpacked() as source:
            return [
                TableError(
                    f"{shown(text)} {said[at]}", line=line, column=self.names[at[1]]
                )
                for line, at, text in lines.cells_at(source, said, self.limits)
            ]

    def _unpacked(self) -> Unpacked:
        return Unpacked(self.path, compressed=self.compressed, limits=self.limits)

    def _options(self) -> dict[str, object]:
        return {
            "read_options": csv.ReadOptions(
                block_size=ROW_BYTES,
                column_names=self.names,
                skip_rows=self.header_lines,
            ),
            "parse_options": csv.ParseOptions(newlines_in_values=True),
            "convert_options": csv.ConvertOptions(
                default_column_type=TEXT, null_values=[""], strings_can_be_null=True
            ),
        }

    def _flaw(self) -> TableError | None:
        with self._unpacked() as source:
            return lines.flaw(source, self.names, self.limits)


def opened(path: Path, *, compressed: bool, limits: Limits) -> CsvFile:
    """Read the header of a CSV."""
    with Unpacked(path, compressed=compressed, limits=limits) as source:
        names, header_lines = headers.read(source, limits)
    return CsvFile(path, compressed, limits, names, header_lines)


def _without_end(batches: Iterable[Batch]) -> Iterator[Batch]:
    """All rows but the last, which ends with END and no more unless a quote is open."""
    last = None
    for batch in filter(len, batches):
        if last is not None:
            yield last
        last = batch
    if last is None or last.column(-1)[-1].as_py() != END.decode():
        raise Flawed("a quote that is never closed")
    yield last.slice(0, last.num_rows - 1)


def _unexplained(error: Exception) -> TableError:
    """What there is to tell when the fast reader alone objects."""
    if "straddling" in str(error):
        return TableError(f"a row is longer than {ROW_BYTES} bytes")
    reason = str(error).splitlines()[0]
    return TableError(f"the file cannot be read as CSV: {reason}")
