"""What a file is, by its content: its name decides nothing but doubtful text."""

import gzip
import zlib
from enum import StrEnum, auto
from pathlib import Path

from compute.tables.errors import TableError, shown

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"

OTHERS = {
    b"PK\x03\x04": "a zip archive (an .xlsx file is one)",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"%PDF": "a PDF",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite format 3": "an SQLite database",
    b"ARROW1": "an Arrow file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\xff\xfe": "text in UTF-16; save it as UTF-8",
    b"\xfe\xff": "text in UTF-16; save it as UTF-8",
    GZIP: "packed with gzip twice",
}

MARKUP = {b"{": "JSON", b"[": "JSON", b"<": "HTML or XML"}


class Format(StrEnum):
    CSV = auto()
    PARQUET = auto()


def recognise(path: Path, name: str | None) -> tuple[Format, bool]:
    """Say what the content of a file is, and whether it is packed with gzip.

    The name is that under which it is offered, None if it was accepted before.
    """
    with path.open("rb") as file:
        head = file.read(64)
    compressed = head.startswith(GZIP)
    if compressed:
        head = _unpacked(path)
    if not head:
        raise TableError("the file is empty; a header and a row are expected")
    if head.startswith(PARQUET):
        return Format.PARQUET, compressed
    _refuse_others(head, name)
    return Format.CSV, compressed


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(64)
    except (EOFError, OSError, zlib.error) as error:
        raise TableError(f"the gzip file cannot be unpacked: {error}") from None


def _refuse_others(head: bytes, name: str | None) -> None:
    for magic, what in OTHERS.items():
        if head.startswith(magic):
            raise _refusal(name, what)
    markup = MARKUP.get(head.lstrip()[:1])
    if markup and name is not None and not name.lower().endswith((".csv", ".csv.gz")):
        raise _refusal(name, markup)


def _refusal(name: str | None, what: str) -> TableError:
    file = "the file" if name is None else f"the file {shown(name)}"
    accepted = "CSV in UTF-8 or Parquet, plain or packed with gzip, is accepted"
    return TableError(f"{file} is {what}; {accepted}")
