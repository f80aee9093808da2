"""How a process is told to stop."""

import asyncio
import logging
import os
import signal
import sys

DRAIN = 20
"""Seconds that requests have to end once the server stops."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
logger = logging.getLogger(__name__)


def stopped(*, kept: bool = False) -> asyncio.Event:
    """What is set by the first signal. The second has its usual effect, at once.

    Where the process is kept by another, which holds the other end of its standard
    input, the end of that one is a signal too.
    """
    loop, came = asyncio.get_running_loop(), asyncio.Event()

    def heard() -> None:
        for one in SIGNALS:
            loop.remove_signal_handler(one)
        logger.info("stopping; a second signal ends this at once")
        came.set()

    def orphaned() -> None:
        loop.remove_reader(sys.stdin)
        os.kill(os.getpid(), signal.SIGTERM)

    for one in SIGNALS:
        loop.add_signal_handler(one, heard)
    if kept:
        loop.add_reader(sys.stdin, orphaned)
    return came
