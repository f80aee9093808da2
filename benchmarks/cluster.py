"""A large map over the workers of a cluster: `python -m benchmarks.cluster [rows]`.

The same map is made by one process of this machine, and by a scheduler with two workers
on it; with two cores or more and nothing else to do the workers should be ahead.
"""

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client, LocalCluster

from compute import maps
from compute.arrays import Double
from compute.parameters import Parameters
from compute.remote import Remote
from compute.results import Fitted
from compute.sandbox import Limits
from compute.tables.arrow import pa, parquet
from server.cluster import ClusterPools
from server.pools import LocalPools

ROWS, WIDTH, WORKERS = 20_000, 256, 2
NAMES = [f"f_{place}" for place in range(WIDTH)]
LIMITS = Limits(memory=4 << 30)
FIT = Remote("benchmarks.cluster", "weighed", abroad=True)


def main(options: Sequence[str] = ()) -> None:
    rows = int(options[0]) if options else ROWS
    os.environ["OMP_NUM_THREADS"] = "1"  # as the workers have it
    with tempfile.TemporaryDirectory() as home:
        source = Path(home) / "table"
        columns = features(rows).T
        parquet.write_table(pa.table(dict(zip(NAMES, columns, strict=True))), source)
        asyncio.run(compared(source, rows))


def features(rows: int) -> Double:
    """Rows that vary in three ways and in noise."""
    random = np.random.default_rng(1)
    ways = random.standard_normal((3, WIDTH))
    noise = random.standard_normal((rows, WIDTH))
    return random.standard_normal((rows, 3)) @ ways + noise


async def compared(source: Path, rows: int) -> None:
    square = 4 * rows**2
    local = LocalPools(1, LIMITS)
    here, alone, peak = await timed(local, source)
    local.close()
    print(f"a map of {rows} x {WIDTH} here: {alone:.1f} s, {peak / 1e6:.0f} MB at most")
    print(f"  {peak / square:.2f} squares of all pairs")
    one: Any = LocalCluster(
        n_workers=WORKERS,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        silence_logs=50,
    )
    with one as cluster:
        pools = ClusterPools(cluster.scheduler_address, 1, LIMITS, spread=rows)
        there, together, led = await timed(pools, source)
        pools.close()
        with Client(cluster, set_as_default=False) as client:
            workers: Any = client.run(most_memory)
    most = max(workers.values())
    print(f"over {WORKERS} workers: {together:.1f} s, {most / 1e6:.0f} MB at most each")
    print(f"  ratio {together / alone:.2f} of the time")
    print(f"  ratio {most / peak:.2f} of the memory; {led / peak:.2f} whoever leads")
    print(f"  the same map: {'yes' if here == there else 'no'}")


async def timed(pools: LocalPools, source: Path) -> tuple[Fitted, float, int]:
    """A map, the seconds it took and the most memory of who made it."""

    async def heard(share: float, line: str | None) -> None:
        pass

    target, began = source.with_name("reference"), time.perf_counter()
    target.unlink(missing_ok=True)
    given = source, NAMES, Parameters(), target
    fitted, peak = await pools.run(FIT, *given, heard=heard)
    return fitted, time.perf_counter() - began, peak


def weighed(*given: Any) -> tuple[Fitted, int]:
    """A map, and the most memory of the process that made it."""
    return maps.fit(*given), most_memory()


def most_memory() -> int:
    """Bytes that this process has held at most."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    main(sys.argv[1:])
