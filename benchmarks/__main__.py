"""Everything that is measured, one after the other: `python -m benchmarks`.

`python -m benchmarks NAME…` measures some of it; what follows one name is for it alone.
"""

import importlib
import signal
import subprocess
import sys
from typing import Any

MEASURED = (
    "reads",
    "walls",
    "mutations",
    "fanout",
    "ingest",
    "predict",
    "upload",
    "memory",
    "compute",
    "models",
    "cluster",
    "drift",
    "audit",
    "logins",
    "flood",
)
ASKED_FOR = ("peers",)
"""What needs more than make has seen to."""


def main(given: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers are ended first
    known = (*MEASURED, *ASKED_FOR)
    if given and given[0] not in known:
        sys.exit(f"{given[0]!r} is not measured; what is: {', '.join(known)}")
    if not given or set(given[1:]) & set(known):
        return max(apart(name) for name in given or MEASURED)
    print(f"\n{given[0]}", flush=True)
    one: Any = importlib.import_module(f"benchmarks.{given[0]}")
    one.main(given[1:]) if given[1:] else one.main()
    return 0


def apart(name: str) -> int:
    """Measure one in a process of its own; gives how it ended."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks", name])  # noqa: S603
    try:
        return process.wait()
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
