"""An uploaded file as a header and batches of rows, whatever its format."""

from dataclasses import dataclass, field
from pathlib import Path

from compute.tables import csv_files, parquet_files
from compute.tables.csv_files import CsvFile
from compute.tables.errors import TableError
from compute.tables.formats import Format, recognise
from compute.tables.kinds import Column
from compute.tables.limits import Limits
from compute.tables.parquet_files import ParquetFile

ENDLESS = "is no finite number; write a finite one, or leave the cell empty"


@dataclass
class Source:
    """An uploaded file, and what a look at all its rows tells."""

    format: Format
    compressed: bool
    content: CsvFile | ParquetFile
    rows: int = 0
    columns: list[Column] = field(default_factory=list[Column])

    @property
    def names(self) -> list[str]:
        return self.content.names


def opened(path: Path, name: str | None, limits: Limits) -> Source:
    """Recognise a file and read its header."""
    form, compressed = recognise(path, name)
    opener = csv_files if form == Format.CSV else parquet_files
    content = opener.opened(path, compressed=compressed, limits=limits)
    return Source(form, compressed, content)


def scanned(path: Path, name: str | None, limits: Limits) -> Source:
    """Look at every row of a file once; raise TableError for what will not do."""
    source = opened(path, name, limits)
    source.columns = [Column(kind) for kind in source.content.kinds]
    for batch in source.content.batches():
        for column, cells in zip(source.columns, batch.columns, strict=True):
            column.see(cells, source.rows)
        source.rows += batch.num_rows
        if source.rows > limits.rows:
            raise TableError(f"the file has more than {limits.rows} rows")
    _refuse_endless(source)
    return source


def _refuse_endless(source: Source) -> None:
    """Refuse NaN and infinity where all cells are numbers; in a text they are words."""
    places = [
        (column.endless, number)
        for number, column in enumerate(source.columns)
        if column.endless is not None and column.is_float
    ]
    if places:
        raise source.content.errors({min(places): ENDLESS})[0]
