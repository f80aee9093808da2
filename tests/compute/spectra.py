"""Made-up spectra of a machine that is well or wears, and real ones where they are."""

import csv
import gzip
from pathlib import Path

import numpy as np

from compute.arrays import Double

MONITOR = Path(__file__).parents[3] / "shared" / "data" / "monitor"


def spectra(rows: int, *, wear: float = 0.0, seed: int = 0, width: int = 128) -> Double:
    """Amplitudes of a machine under varying load; wear raises a fifth of the bands."""
    random = np.random.default_rng(seed)
    bands = np.linspace(0, 1, width)
    shape = 0.05 * 10 ** (-1.5 * bands) + 0.2 * np.exp(-(((bands - 0.1) / 0.01) ** 2))
    load = 10 ** (0.1 * random.standard_normal((rows, 1)) * (1 + bands))
    noise = np.hypot(*random.standard_normal((2, rows, width))) / np.sqrt(2)
    raised = np.where((bands > 0.4) & (bands < 0.6), 10**wear, 1.0)
    return shape * load * noise * raised


def recorded(folder: Path, name: str) -> tuple[Double, Double, list[bool]]:
    """Baseline and monitored rows of a real set, and which of the latter are bad.

    Rows between healthy and degraded are left out.
    """
    _, baseline = read(folder / f"{name}_baseline.csv.gz")
    states, monitored = read(folder / f"{name}_monitor.csv.gz")
    judged = [state != "transition" for state in states]
    bad = [
        state not in {"healthy", "none"} for state in states if state != "transition"
    ]
    return baseline, monitored[judged], bad


def read(path: Path) -> tuple[list[str], Double]:
    """The state of each row (a phase or a fault) and its features."""
    with gzip.open(path, "rt", newline="") as file:
        head, *rows = csv.reader(file)
    state = head.index("phase" if "phase" in head else "fault")
    first = head.index("f_0")
    return [row[state] for row in rows], np.array([row[first:] for row in rows], float)


def auroc(distance: Double, bad: list[bool]) -> float:
    """How often a bad row is farther than a good one; a tie is half."""
    worse, better = distance[bad][:, None], distance[np.logical_not(bad)]
    return float(np.mean((worse > better) + 0.5 * (worse == better)))
