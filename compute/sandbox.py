"""What a process that computes may use: memory, time, and no network."""

import ctypes
import logging
import os
import resource
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from compute import progress

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG = 1
KEPT = {"HOME", "LANG", "LC_ALL", "NUMBA_CACHE_DIR", "PATH", "TMPDIR", "TZ"}
"""What stays of the environment, with what numpy heeds; secrets do not."""
SELDOM = 0.2
"""Seconds between two words of progress."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one process, in bytes; None is without limit."""

    memory: int | None = None
    """Of address space, of which libraries reserve far more than they fill."""
    file: int | None = None
    network: bool = False
    nice: int = 0
    """How much it gives way to others, of 19."""


def enter(limits: Limits, parent: int, said: Any = None) -> None:
    """Close the door behind a process that has just begun.

    It ends with its parent, leaves interrupts to it, has no network where the kernel
    allows that, knows no secrets, and puts what it says of its progress into a queue.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    if not limits.network and libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        logger.info("this kernel gives a process no network of its own")
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_CORE, 0),
    ):
        if most is not None:
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))
    os.nice(limits.nice)
    for name in set(os.environ) - KEPT:
        if not name.endswith("_NUM_THREADS") and not name.startswith("OPENBLAS_"):
            del os.environ[name]
    if said is not None:
        progress.listen(seldom(lambda share, line: said.put((share, line))))


def seldom(say: progress.Listener) -> progress.Listener:
    """Passes on every line, and of mere progress a little now and then."""
    told = float("-inf")

    def listener(share: float, line: str | None) -> None:
        nonlocal told
        if line is not None or time.monotonic() - told > SELDOM:
            told = time.monotonic()
            say(share, line)

    return listener
