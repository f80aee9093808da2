"""A longer run of kills: `python -m tests.crashes --kills 10 --database sqlite`."""

import argparse
import asyncio
import random
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests import instances
from tests.crashing import survived


def main() -> None:
    parser = argparse.ArgumentParser("tests.crashes", description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument(
        "--database", choices=("sqlite", "postgresql"), default="sqlite"
    )
    parser.add_argument(
        "--processes", action="store_true", help="several, of which one is killed"
    )
    parser.add_argument("--seed", type=int, default=random.getrandbits(16))
    asked = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, redis = None, ""
        if asked.database == "postgresql" or asked.processes:
            url = stack.enter_context(instances.postgresql(home / "cluster"))
        if asked.processes:
            redis = stack.enter_context(instances.redis(home))
        began = time.monotonic()
        load = asyncio.run(survived(home / "data", url, asked.kills, asked.seed, redis))
    seconds = time.monotonic() - began
    what = "one of several processes" if asked.processes else asked.database
    print(f"{asked.kills} kills of {what}, seed {asked.seed}, {seconds:.0f} s")
    print(f"  {load.rows} rows, {len(load.runs)} jobs and {len(load.uploads)} files")
    print(
        "  were acknowledged: each is there once, whole and in order; the chain holds"
    )


if __name__ == "__main__":
    main()
