"""Whether an uploaded file is a table."""

from dataclasses import dataclass
from pathlib import Path

from compute.tables import sources
from compute.tables.formats import Format
from compute.tables.limits import Limits


@dataclass(frozen=True)
class Checked:
    """A file that is a table."""

    format: Format
    compressed: bool
    rows: int
    columns: list[str]
    bytes: int
    """Bytes of the file, unpacked."""


def check(path: str, name: str, limits: Limits) -> Checked:
    """Read a file once and say what it holds.

    path     where the file lies
    name     what it is called; a hint, its content decides
    limits   how large it may be

    Raises TableError for anything that process would not accept.
    """
    source = sources.scanned(Path(path), name, limits)
    return Checked(
        format=source.format,
        compressed=source.compressed,
        rows=source.rows,
        columns=source.names,
        bytes=source.content.size_bytes,
    )
