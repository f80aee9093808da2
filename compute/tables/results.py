"""What is told of files and tables, in plain values that any process can read."""

from dataclasses import dataclass
from typing import Any

from compute.tables.formats import Format


@dataclass(frozen=True)
class Checked:
    """A file that is a table."""

    format: Format
    compressed: bool
    rows: int
    columns: list[str]
    bytes: int
    """Bytes of the file, unpacked."""


@dataclass(frozen=True)
class Table:
    """A canonical file and what is in it; all of it can be written as JSON."""

    row_count: int
    column_count: int
    size_bytes: int
    sha256: str
    """Digest of the canonical file."""
    schema: list[dict[str, Any]]
    """For each column its name, type and whether it is nullable: has empty cells."""
    profile: list[dict[str, Any]]
    """For each column what compute.tables.profile says of it."""
    warnings: list[str]
