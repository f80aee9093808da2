"""Files that survive a loss of power, and locks that end with their process."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from server.failures import Failure

LOCK = "running.lock"


def durable(path: Path) -> None:
    """Have a file's content, or a folder's entries, written to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def moved(path: Path, target: Path) -> None:
    """Move a whole file or folder into place, durably; what was there is replaced."""
    missing = [one for one in target.parents if not one.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)
    for folder in {target.parent, *(one.parent for one in missing)}:
        durable(folder)


@contextmanager
def using(data: Path, *, alone: bool = False) -> Generator[None]:
    """Keep a data folder from being replaced while it is in use.

    Raises Failure where it is, and whoever asks wants it alone, or where somebody
    has it alone.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK).open("w") as file:
        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(
                f"a server is running on {data}; stop it first"
                if alone
                else f"{data} is being restored; wait until that is done"
            ) from None
        yield
