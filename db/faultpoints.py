"""Places where a test may have the server killed, stopped short or held up.

Without `arm`, which only a server under test calls, they do nothing.
"""

import asyncio
import errno
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass

PLACES = frozenset(
    {
        "tx.before_commit",
        "tx.after_commit",
        "resp.before_send",
        "upload.after_chunk",
        "upload.after_rename_before_row",
        "upload.after_row_before_reply",
        "job.after_claim",
        "job.before_result",
        "audit.after_head_lock",
        "refresh.after_rotate",
        "migration.mid",
        "backup.mid",
    }
)
ACTIONS = ("kill", "raise", "sleep", "enospc")


@dataclass(frozen=True, slots=True)
class Fault:
    action: str
    seconds: float = 0.0
    nth: int | None = None


_armed: dict[str, Fault] = {}
_reached: Counter[str] = Counter()


def arm(text: str) -> None:
    """Read `name:action[:nth]`, several parted by commas. Raises ValueError.

    The actions are `kill`, `raise`, `enospc` and `sleep:seconds`. Without `nth` the
    place acts each time it is reached, with it only that time.
    """
    _armed.clear()
    _reached.clear()
    for said in filter(None, text.split(",")):
        name, action, *rest = said.strip().split(":")
        if name not in PLACES:
            raise ValueError(f"no fault point is {name!r}; there are {sorted(PLACES)}")
        if action not in ACTIONS:
            raise ValueError(f"no action is {action!r}; there are {ACTIONS}")
        seconds = float(rest.pop(0)) if action == "sleep" else 0.0
        _armed[name] = Fault(action, seconds, int(rest[0]) if rest else None)


def reach(name: str) -> None:
    """Come past a place, outside an event loop."""
    if fault := _due(name):
        time.sleep(fault.seconds)
        _act(name, fault)


async def pass_by(name: str) -> None:
    """Come past a place, inside an event loop."""
    if fault := _due(name):
        await asyncio.sleep(fault.seconds)
        _act(name, fault)


def _due(name: str) -> Fault | None:
    if (fault := _armed.get(name)) is None:
        return None
    _reached[name] += 1
    return fault if fault.nth in {None, _reached[name]} else None


def _act(name: str, fault: Fault) -> None:
    if fault.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault.action == "raise":
        raise RuntimeError(f"fault point {name}")
    elif fault.action == "enospc":
        raise OSError(errno.ENOSPC, f"fault point {name}")
