"""What a large file costs the process that takes it: `python -m benchmarks upload`.

A CSV is uploaded to a server and processed, while others ask it questions.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.weighing import weighed

MEGABYTES = 300


def main(given: Sequence[str] = ()) -> None:
    megabytes = int(given[0]) if given else MEGABYTES
    with tempfile.TemporaryDirectory() as home:
        weight = asyncio.run(weighed(Path(home), megabytes))
    upload, processing = weight.times["upload"], weight.times["processing"]
    print(f"a CSV of {megabytes} MB: uploaded in {upload:.1f} s")
    print(f"  processed in {processing:.1f} s")
    print(f"  web process {weight.before / 1e6:.0f} MB before")
    print(f"  {weight.peak / 1e6:.0f} MB at most (under 300)")
    p50, p99 = weight.slowest(0.5), weight.slowest(0.99)
    print(f"  {len(weight.answers)} other answers in {1e3 * p50:.0f} ms, one in two")
    print(f"  {1e3 * p99:.0f} ms, 99 of 100")
    print(f"  {1e3 * weight.slowest(1):.0f} ms at most")


if __name__ == "__main__":
    main(sys.argv[1:])
