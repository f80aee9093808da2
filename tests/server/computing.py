"""What tests have computed in processes of their own."""

import os
import signal
import time
from pathlib import Path

from compute import progress


class Odd(Exception):
    """An exception of our own, with more to tell than its text."""

    def __init__(self, reason: str, place: int) -> None:
        super().__init__(reason, place)
        self.reason, self.place = reason, place


def where() -> int:
    return os.getpid()


def namespace() -> str:
    """The network that this process is in."""
    return str(Path("/proc/self/ns/net").readlink())


def environment() -> dict[str, str]:
    return dict(os.environ)


def wrong(place: int) -> None:
    raise Odd("it is odd", place)


def large(size: int) -> int:
    return len(bytearray(size))


def lengthy(marker: str) -> None:
    """Say where it is, then work for an hour."""
    Path(marker).write_text(str(os.getpid()))
    time.sleep(3_600)


def lengthy_at_first(marker: str) -> str:
    """As `lengthy`, and done at once when it is begun again."""
    if not Path(marker).exists():
        lengthy(marker)
    return "done"


def copied(source: Path, target: Path) -> tuple[str, str]:
    """Copy a file, and say where both were."""
    target.write_bytes(source.read_bytes())
    return str(source), str(target)


def unsendable() -> object:
    return lambda: None


def telling(*lines: str) -> str:
    """Tell every line, the last of them at the very end."""
    for number, line in enumerate(lines):
        progress.report(number / len(lines), line)
    return lines[-1]


def fatal(marker: str) -> str:
    """Die at the first try, and go on at the second."""
    path = Path(marker)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


def fatally() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fatal_to_its_parent(marker: str) -> None:
    """Write a letter, and kill the process that began this one."""
    with Path(marker).open("a") as file:
        file.write("x")
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def unequal() -> None:
    raise ValueError("3 is not 4")
