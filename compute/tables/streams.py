"""The bytes of an uploaded file, never more of them than it may hold."""

import codecs
import gzip
import io
import zlib
from pathlib import Path

from compute.tables.errors import TableError
from compute.tables.limits import Limits


class Unpacked(io.RawIOBase):
    """A file, unpacked if it is packed, that ends in an error when it is too long."""

    def __init__(self, path: Path, *, compressed: bool, limits: Limits) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._packed = max(path.stat().st_size, 1)
        self._content = gzip.GzipFile(fileobj=self._file) if compressed else self._file
        self._compressed = compressed
        self._limits = limits
        self.count = 0

    @property
    def share(self) -> float:
        """How much of the file has been read."""
        return self._file.tell() / self._packed

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        try:
            data = self._content.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise TableError(f"the gzip file cannot be unpacked: {error}") from None
        self.count += len(data)
        self._stay_small()
        return data

    def close(self) -> None:
        self._content.close()
        self._file.close()
        super().close()

    def _stay_small(self) -> None:
        if self.count > self._limits.size_bytes:
            most = self._limits.size_bytes
            raise TableError(f"the file holds more than {most} bytes")
        allowed = max(self._limits.ratio * self._packed, self._limits.small_bytes)
        if self._compressed and self.count > allowed:
            raise TableError(
                f"the gzip file of {self._packed} bytes unpacks to more than"
                f" {self._limits.ratio} times as many"
            )


class Flawed(Exception):
    """Something is wrong with a text; where, is for a slower look to find out."""


class Text(io.RawIOBase):
    """The bytes of a text: UTF-8, no NUL, no line too long, or Flawed is raised.

    After the last of them comes `end`, once.
    """

    def __init__(self, source: Unpacked, end: bytes, limits: Limits) -> None:
        super().__init__()
        self._source = source
        self._end = end
        self._most = limits.line_bytes
        self._line = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        if b"\0" in data:
            raise Flawed("a NUL byte")
        try:
            self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise Flawed("text that is not UTF-8") from error
        for start in range(0, len(data), self._most):
            self._measure(data, start, min(start + self._most, len(data)))
        if not data:
            data, self._end = self._end, b""
        return data

    def _measure(self, data: bytes, start: int, end: int) -> None:
        """Add a stretch no longer than the longest line to the line it continues."""
        first, last = data.find(b"\n", start, end), data.rfind(b"\n", start, end)
        longest = self._line + (end if first < 0 else first) - start
        self._line = longest if first < 0 else end - last - 1
        if longest > self._most:
            raise Flawed(f"a line of more than {self._most} bytes")
