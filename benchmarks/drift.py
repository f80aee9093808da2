"""How often drift is called where there is none, and where there is: 500 against 500.

`python -m benchmarks drift` draws from a table that is made here; `python -m benchmarks
drift FILE…` halves the rows of CSV files as well.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from compute.drift.tables import compared
from compute.tables.arrow import Batch, csv, pa, parquet

ROWS, RUNS = 500, 200
HALF = 2_000
"""Rows of a half of a file, at most."""

Random = np.random.Generator
Columns = dict[str, Any]


def drawn(random: Random, rows: int = ROWS) -> Columns:
    """Machines: numbers that go together, skewed ones, counts, categories."""
    load = random.standard_normal(rows)
    heat = 0.8 * load + 0.6 * random.standard_normal(rows)
    return {
        "load": load,
        "heat": heat,
        "speed": random.standard_normal(rows),
        "torque": -0.5 * load + 0.9 * random.standard_normal(rows),
        "age": random.exponential(size=rows),
        "price": np.exp(random.standard_normal(rows)),
        "faults": random.poisson(2, rows),
        "hours": random.integers(0, 10_000, rows),
        "product": random.choice(list("abcd"), rows, p=[0.5, 0.3, 0.15, 0.05]),
        "alarm": random.random(rows) < 0.1,
    }


def unchanged(random: Random) -> Columns:
    return drawn(random)


def shifted(random: Random) -> Columns:
    """Three columns of numbers are greater by a quarter of a standard deviation."""
    columns = drawn(random)
    for name in ("load", "speed", "torque"):
        columns[name] = columns[name] + 0.25
    return columns


def scaled(random: Random) -> Columns:
    """Two columns of numbers scatter 1.4 times as wide."""
    columns = drawn(random)
    for name in ("speed", "torque"):
        columns[name] = 1.4 * columns[name]
    return columns


def mixed(random: Random) -> Columns:
    """Three of twenty rows go from the most frequent category to the second."""
    columns = drawn(random)
    columns["product"] = random.choice(list("abcd"), ROWS, p=[0.35, 0.45, 0.15, 0.05])
    return columns


def broken(random: Random) -> Columns:
    """Two columns go together no more, and are each what they were."""
    columns = drawn(random)
    columns["heat"] = random.permutation(columns["heat"])
    return columns


SHIFTS: Sequence[Callable[[Random], Columns]] = (shifted, scaled, mixed, broken)


def alarms(pairs: Iterator[tuple[Batch, Batch]]) -> dict[str, float]:
    """The share of pairs in which drift is called: by any test, by columns, jointly."""
    found = {"all": 0.0, "columns": 0.0, "joint": 0.0}
    with tempfile.TemporaryDirectory() as home:
        for reference, current in pairs:
            report = told(Path(home), reference, current)
            verdicts = [column["verdict"] for column in report["columns"]]
            found["all"] += (report["verdict"] == "DRIFT") / RUNS
            found["columns"] += ("DRIFT" in verdicts) / RUNS
            found["joint"] += (report["joint"]["verdict"] == "DRIFT") / RUNS
    return found


def told(home: Path, reference: Batch, current: Batch) -> dict[str, Any]:
    paths = home / "reference.parquet", home / "current.parquet"
    for path, table in zip(paths, (reference, current), strict=True):
        parquet.write_table(table, path)
    return compared(*paths)


def pairs(change: Callable[[Random], Columns]) -> Iterator[tuple[Batch, Batch]]:
    for run in range(RUNS):
        random = np.random.default_rng(run)
        yield pa.table(drawn(random)), pa.table(change(random))


def halves(table: Batch) -> Iterator[tuple[Batch, Batch]]:
    """Rows of a table in two lots, at random."""
    size = min(len(table) // 2, HALF)
    for run in range(RUNS):
        order = np.random.default_rng(run).permutation(len(table))
        yield table.take(order[:size]), table.take(order[size : 2 * size])


def say(name: str, shares: dict[str, float], wanted: str) -> None:
    parts = f"columns {shares['columns']:.3f}, joint {shares['joint']:.3f}"
    print(f"  {name}: {shares['all']:.3f} ({wanted}); {parts}", flush=True)


def main(files: Sequence[str] = ()) -> None:
    print(f"drift is called, of {RUNS} comparisons of {ROWS} and {ROWS} rows")
    say("unchanged", alarms(pairs(unchanged)), "at most 0.050")
    for change in SHIFTS:
        say(change.__name__, alarms(pairs(change)), "at least 0.850")
    made = pa.table(drawn(np.random.default_rng(0), 2 * HALF))
    say("halves", alarms(halves(made)), "at most 0.050")
    for path in files:
        say(Path(path).name, alarms(halves(csv.read_csv(path))), "at most 0.050")


if __name__ == "__main__":
    main()
