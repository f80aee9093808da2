"""What the compiled map gains over plain forms: `python -m benchmarks compute`.

Both sides of each ratio run here, one after the other, on data made here.
"""

import time
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.manifold import MDS  # pyright: ignore[reportMissingTypeStubs]  # has none

from compute.arrays import Double
from compute.embedding import embed
from compute.kernels import Likeness
from compute.parameters import Parameters
from compute.reference import Reference, make
from compute.scoring import score

ROWS, WIDTH, NEW = 3_000, 1_024, 40


def spectra(rows: int, seed: int) -> Double:
    """Amplitude spectra of a machine under a load that varies in three ways."""
    random = np.random.default_rng(seed)
    ways = np.random.default_rng(0).standard_normal((3, WIDTH))
    level = (
        np.linspace(-1, -2.5, WIDTH) + 0.1 * random.standard_normal((rows, 3)) @ ways
    )
    return 10 ** (level + 0.2 * random.standard_normal((rows, WIDTH)))


def timed(work: Callable[[], Any], times: int = 1) -> tuple[float, Any]:
    """The shortest seconds of so many runs, and the last result."""
    seconds, result = float("inf"), None
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        seconds = min(seconds, time.perf_counter() - start)
    return seconds, result


def maps(features: Double) -> None:
    """The map against scikit-learn's, and its cost against the documented Adam's."""
    ours, found = timed(lambda: embed(features), times=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, _ = timed(lambda: MDS(n_init=1, random_state=0).fit(np.log10(features)))
    print(f"map of {ROWS} x {WIDTH}: {ours:.2f} s, scikit-learn's MDS {theirs:.2f} s")
    print(f"  ratio {theirs / ours:.0f} (at least 10)")
    runs = [Parameters(optimizer="adam", seed=seed) for seed in range(3)]
    adam = min(embed(features, run).cost for run in runs)
    print(f"  cost a pair {found.cost:.6g}, best of three Adam runs {adam:.6g}")
    print(f"  ratio {found.cost / adam:.7f} (at most 1.0)")


def memory(features: Double) -> None:
    """The most that a map holds beside its input, against a table of all pairs."""
    tracemalloc.start()
    embed(features)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"memory of a map: {peak / 1e6:.0f} MB")
    print(f"  {peak / (4 * ROWS**2):.2f} tables of pairs (at most 1.5)")


def placing(reference: Reference, rows: Double) -> None:
    """A new row against a plain form of the same, and alone against in a batch."""
    score(reference, rows[:1])
    alone, singly = timed(
        lambda: [score(reference, row[None]) for row in rows], times=3
    )
    batch, together = timed(lambda: score(reference, rows), times=3)
    scaled = reference.scale.apply(rows)
    plain, places = timed(lambda: [plainly(reference, row) for row in scaled])
    print(f"a row on {ROWS} rows: {1e3 * alone / NEW:.2f} ms alone, scored as well")
    print(f"  {1e3 * batch / NEW:.2f} ms in a batch")
    print(f"  {1e3 * plain / NEW:.2f} ms in plain numpy")
    print(
        f"  ratio {plain / alone:.0f} alone, {plain / batch:.0f} in a batch (over 10)"
    )
    apart = np.abs(np.array(places) - together.points).max()
    print(f"  farthest from the plain form's place: {apart:.1e}")
    points = np.vstack([one.points for one in singly])
    distance = np.concatenate([one.distance for one in singly])
    between = np.abs(distance - together.distance).max()
    between = max(between, np.abs(points - together.points).max())
    print(f"  alone against in a batch: {between:.1e} (at most 1e-6)")


def plainly(reference: Reference, row: Double) -> Double:
    """The place of one scaled row, as compute.placing finds it, in plain numpy."""
    shape = reference.likeness
    wide = np.linalg.norm(reference.rows - row, axis=1)
    d = np.maximum(wide - shape.lo, 0) / (shape.hi - shape.lo)
    wanted = similarity(d**2, shape)
    near = np.argsort(d)[:8]
    weight = 1 / (d[near] + 1e-6)
    middle, reach = reference.points.mean(axis=0), d.mean()
    starts = [weight @ reference.points[near] / weight.sum()]
    starts += [
        middle + reach * np.array(way) for way in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    ends = [settle(reference.points, wanted, start, shape) for start in starts]
    return min(ends, key=lambda end: end[1])[0]


def similarity(square: Double, shape: Likeness) -> Double:
    """The similarity at squared distances."""
    return shape.a * np.exp(-square / shape.w1) + (1 - shape.a) * (
        1 - square / shape.w2
    )


def lean(
    points: Double, wanted: Double, at: Double, shape: Likeness
) -> tuple[Any, ...]:
    """The strain at a place, its slopes and its curvatures."""
    away = at - points
    square = np.sum(away**2, axis=1)
    off = wanted - similarity(square, shape)
    slope = shape.a / shape.w1 * np.exp(-square / shape.w1) + (1 - shape.a) / shape.w2
    pull = 2 * slope[:, None] * away
    return np.sum(off**2), pull.T @ off, pull.T @ pull


def settle(
    points: Double, wanted: Double, at: Double, shape: Likeness
) -> tuple[Double, float]:
    """Damped Gauss-Newton from one start."""
    damping = 1e-3
    cost, slope, curve = lean(points, wanted, at, shape)
    for _ in range(50):
        damped = curve + damping * np.trace(curve) * np.eye(2)
        step = -np.linalg.solve(damped, slope)
        found = lean(points, wanted, at + step, shape)
        if found[0] < cost:
            at, (cost, slope, curve) = at + step, found
            damping = max(damping / 10, 1e-9)
        else:
            damping *= 10
        if np.abs(step).sum() < 1e-6 * (1 + np.abs(at).sum()):
            break
    return at, cost


def main() -> None:
    """Run everything once; it takes a minute or two."""
    features = spectra(ROWS, seed=1)
    embed(features[:100])
    maps(features)
    memory(features)
    _, reference = make(features)
    placing(reference, spectra(NEW, seed=2))


if __name__ == "__main__":
    main()
