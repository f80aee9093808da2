"""What models of rows gain over scikit-learn's own, one row at a time."""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from compute.learning import tabular
from compute.learning.models import Examples
from compute.learning.plans import Algorithm, Task
from compute.tables.arrow import pa

ensemble: Any = import_module("sklearn.ensemble")
linear_model: Any = import_module("sklearn.linear_model")
pipeline: Any = import_module("sklearn.pipeline")
preprocessing: Any = import_module("sklearn.preprocessing")

ROWS, WIDTH, FLOOR = 2_000, 30, 50
NAMES = [f"x{place}" for place in range(WIDTH)]


def made() -> Examples:
    """Rows of numbers, a weighted sum of which makes one of two labels likely."""
    random = np.random.default_rng(0)
    cells = random.standard_normal((ROWS, WIDTH))
    sums = cells @ random.standard_normal(WIDTH) + random.standard_normal(ROWS)
    columns = {name: pa.array(cells[:, place]) for place, name in enumerate(NAMES)}
    target = (sums > 0).astype(np.int64)
    return Examples(columns, dict.fromkeys(NAMES, "float"), target, ("no", "yes"))


def in_turn(times: int, *works: Callable[[int], Any]) -> list[float]:
    """The shortest microseconds of each, for one row of twenty, in turns of twenty."""
    shortest = [float("inf")] * len(works)
    for _ in range(times):
        for at, work in enumerate(works):
            start = time.perf_counter()
            for place in range(20):
                work(place)
            seconds = (time.perf_counter() - start) / 20
            shortest[at] = min(shortest[at], seconds * 1e6)
    return shortest


def compare(algorithm: Algorithm, peer: Any, times: int) -> None:
    """One row from numbers to probabilities, and from an input to an answer."""
    examples = made()
    (way,) = tabular.candidates(Task.CLASSIFICATION, algorithm, {})
    ours = way.fit(examples, 0)
    cells = ours.columns.matrix(examples)
    inputs = [dict(zip(NAMES, row, strict=True)) for row in cells[:20].tolist()]
    peer.fit(cells, examples.target)
    apart = np.abs(ours.scores(examples) - peer.predict_proba(cells)).max()
    theirs, bare, whole, why = in_turn(
        times,
        lambda place: peer.predict_proba(cells[place : place + 1]),
        lambda place: ours.shares(cells[place]),
        lambda place: ours.answers([inputs[place]]),
        lambda place: ours.answers([inputs[place]], explained=True),
    )
    print(f"{algorithm}, one row of {WIDTH} numbers: {bare:.1f} us")
    print(f"  scikit-learn {theirs:.0f} us")
    print(f"  ratio {theirs / bare:.0f} (at least {FLOOR})")
    print(f"  an answer to an input {whole:.1f} us, explained {why:.1f} us")
    print(f"  ratio {theirs / whole:.0f}, explained {theirs / why:.0f}")
    print(f"  farthest from scikit-learn's: {apart:.1e} (at most 1e-9)")


def rows() -> None:
    """Compare logistic regression and a forest of 100 with scikit-learn's."""
    scaler, logistic = preprocessing.StandardScaler(), linear_model.LogisticRegression()
    scaled = pipeline.make_pipeline(scaler, logistic)
    compare(Algorithm.LOGISTIC_REGRESSION, scaled, times=100)
    forest = ensemble.RandomForestClassifier(100, max_depth=64, random_state=0)
    compare(Algorithm.RANDOM_FOREST, forest, times=10)
