"""What a model's file is, by its content: its name decides nothing."""

import bz2
import gzip
import io
import lzma
import pickletools
import zipfile
import zlib
from contextlib import suppress
from enum import StrEnum
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO

from compute.artifacts import wire

HEAD = 65_536
"""Bytes of a pickle that are looked into."""
LISTING = 4 * 1024**2
"""Bytes of a zip archive's listing; one of an archive for a model is far shorter."""
FIRST = 12
"""Instructions of a pickle that must make sense."""


class Kind(StrEnum):
    """How a model is written."""

    ONNX = "onnx"
    SKOPS = "skops"
    HELIOGRAPH = "heliograph"
    """As models are kept here."""
    MLFLOW = "mlflow"
    """A folder of MLflow's, as a zip archive."""
    PICKLE = "pickle"
    JOBLIB = "joblib"
    TORCH = "torch"
    KERAS = "keras"
    UNKNOWN = "unknown"


MAGIC = {
    b"PK\x03\x04": None,
    b"\x89HDF\r\n\x1a\n": Kind.KERAS,
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.": Kind.TORCH,
}
"""How files begin; None is a zip archive, whose names tell more."""


def sniff(path: Path) -> Kind:
    """What a file is. Nothing of it is unpacked but its first bytes, nothing is run."""
    with path.open("rb") as file:
        return recognised(file)


def recognised(file: IO[bytes]) -> Kind:
    """As `sniff`, of a file that is open."""
    head = file.read(HEAD)
    for magic, kind in MAGIC.items():
        if head.startswith(magic):
            return _of_zip(file) if kind is None else kind
    file.seek(0)
    if wire.is_model(file):
        return Kind.ONNX
    unpacked = _unpacked(head)
    if not _begins_a_pickle(unpacked or head):
        return Kind.UNKNOWN
    by_joblib = unpacked or b"joblib.numpy_pickle" in head
    return Kind.JOBLIB if by_joblib else Kind.PICKLE


class Sparing:
    """A file of which no more is read at once than a listing has."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.seek, self.tell = file, file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """Raises ValueError where that would be more."""
        found = self._file.read(min(size, LISTING + 1) if size >= 0 else LISTING + 1)
        if len(found) > LISTING:
            raise ValueError(f"a listing has at most {LISTING} bytes")
        return found


def _of_zip(file: IO[bytes]) -> Kind:
    try:
        with zipfile.ZipFile(Sparing(file)) as archive:
            names = [PurePosixPath(name) for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Kind.UNKNOWN
    last = {name.name for name in names}
    tops = {name.name for name in names if len(name.parts) <= 2}
    signs = {
        Kind.MLFLOW: "MLmodel" in tops,
        Kind.TORCH: "data.pkl" in last,
        Kind.KERAS: "model.weights.h5" in last,
        Kind.SKOPS: PurePosixPath("schema.json") in names,
        Kind.HELIOGRAPH: PurePosixPath("about.npy") in names,
    }
    return next((kind for kind, found in signs.items() if found), Kind.UNKNOWN)


def _unpacked(head: bytes) -> bytes | None:
    """The beginning of what is in a packed file, as joblib packs them."""
    errors = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)
    with suppress(*errors):
        if head.startswith(b"\x1f\x8b"):
            return gzip.GzipFile(fileobj=io.BytesIO(head)).read1(HEAD)
        if head.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(head, HEAD)
        if head.startswith((b"\xfd7zXZ", b"]\x00\x00")):
            return lzma.LZMADecompressor().decompress(head, HEAD)
        if head.startswith(b"\x78"):
            return zlib.decompressobj().decompress(head, HEAD)
    return None


def _begins_a_pickle(head: bytes) -> bool:
    """Whether the first instructions make sense. Reading them runs nothing."""
    if head[:1] not in {b"\x80", b"(", b"c", b"]", b"}", b"I", b"S", b"V"}:
        return False
    try:
        read = list(islice(pickletools.genops(head), FIRST))
    except Exception:  # noqa: BLE001  # whatever a reader of bytes stumbles on
        return head[:1] == b"\x80" and head[1:2] <= b"\x05"
    return len(read) > 1 and (len(read) == FIRST or read[-1][0].name == "STOP")
