"""What tests have done in the processes that ask the models of others."""

import os
import sys
import time
from pathlib import Path

from compute.artifacts.errors import ArtifactError


def where() -> int:
    return os.getpid()


def network() -> str:
    """The network that this process is in."""
    return str(Path("/proc/self/ns/net").readlink())


def surroundings() -> str:
    """What the process was given to know, as the kernel keeps it."""
    return Path("/proc/self/environ").read_text()


def echoed(value: object) -> object:
    print("this goes nowhere")  # noqa: T201  # and must not be heard
    return value


def imported(library: str) -> bool:
    return library in sys.modules


def slept(seconds: float) -> float:
    time.sleep(seconds)
    return time.time()


def large(size: int) -> int:
    return len(bytearray(size))


def wrote(path: str) -> None:
    Path(path).write_text("something")


def unfit(why: str) -> None:
    raise ArtifactError(why)


def failed() -> None:
    raise ZeroDivisionError


def died() -> None:
    os.abort()


def babbled(size: int) -> str:
    return "x" * size


def forged(text: str) -> None:
    """Say something that is no answer, as one who has taken a process over could."""
    for place in range(3, 32):
        try:
            os.write(place, text.encode() + b"\n")
        except OSError:
            continue
    time.sleep(5)
