"""Whether an uploaded file is a table."""

from pathlib import Path

from compute.tables import sources
from compute.tables.limits import Limits
from compute.tables.results import Checked


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
