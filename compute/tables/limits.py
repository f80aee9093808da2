"""How large a table may be."""

from dataclasses import dataclass

ROW_BYTES = 4 << 20
"""The longest row of a CSV, counting the line breaks inside its quotes."""


@dataclass(frozen=True)
class Limits:
    """The most that is accepted of an uploaded file."""

    size_bytes: int = 1 << 30
    """Bytes of the file, unpacked."""

    rows: int = 20_000_000

    columns: int = 2_048

    line_bytes: int = 1 << 20
    """Bytes of a line of a CSV, and of a text in Parquet."""

    ratio: int = 100
    """Bytes that one byte of a gzip file may unpack to, of a file that is not small."""

    small_bytes: int = 16 << 20
    """Bytes that any gzip file may unpack to: few rows may well be all alike."""
