"""Whether a model is as often right as it was in training."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

import numpy as np

from compute.arrays import Double
from compute.drift.options import FEW, FEWEST, Options, Verdict
from compute.drift.reports import overall
from compute.drift.truths import Trained, Truth

stats: Any = import_module("scipy.stats")  # has no types of its own

Report = dict[str, Any]
Pairs = Counter[tuple[Any, Any]]
"""How often what was true and what was said went together."""

DRAWS = 1_000
"""Samples of a bootstrap."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of some truths, and the interval that it lies in."""

    live: float
    low: float
    high: float
    truths: int


def performance(
    truths: Sequence[Truth], trained: Trained, options: Options | None = None
) -> Report:
    """Compare a model's figures on truths with those of its training.

    Each figure has an interval that covers the true one in 1 - alpha of cases: of
    accuracy that of Clopper and Pearson, of others a bootstrap's. It is worse if that
    of training, which is taken for exact, is beyond the interval's good end; so of two
    figures any seems worse by chance in about alpha of cases at most.

    Source: B. Efron, Bootstrap Methods, The Annals of Statistics 7 (1979).
    """
    options = options or Options()
    labelled = [one for one in truths if isinstance(one.true, str)]
    numbers = [one for one in truths if not isinstance(one.true, str)]
    figures = [*_of_labels(labelled, trained, options)]
    figures += _of_numbers(numbers, trained, options)
    return {
        "verdict": overall(figures),
        "alpha": options.alpha,
        "truths": len(truths),
        "figures": figures,
        "warnings": _warnings(len(truths), figures),
    }


def _of_labels(
    truths: Sequence[Truth], trained: Trained, options: Options
) -> Iterator[Report]:
    pairs: Pairs = Counter((one.true, one.said) for one in truths)
    total, right = len(truths), sum(pairs[pair] for pair in pairs if pair[0] == pair[1])
    if total and trained.accuracy is not None:
        found = stats.binomtest(right, total).proportion_ci(1 - options.alpha)
        live = Estimate(right / total, float(found.low), float(found.high), total)
        yield _figure("accuracy", trained.accuracy, live)
    asked = _labels_of(pairs, trained)
    if not asked:
        return
    before = trained.f1 if trained.positive else _mean(trained.labels, asked)
    if before is not None:
        ends = _interval(_drawn(pairs, asked, options.seed), options.alpha)
        count = sum(pairs[pair] for pair in pairs if pair[0] in asked)
        yield _figure("f1", before, Estimate(_f1(pairs, asked), *ends, count))


def _labels_of(pairs: Pairs, trained: Trained) -> list[str]:
    """The labels whose F1 is compared: known from training, and true of something."""
    known = [trained.positive] if trained.positive else list(trained.labels)
    true = {true for true, _ in pairs}
    return [label for label in known if label in true]


def _mean(of: Any, labels: Sequence[str]) -> float:
    return sum(of[label] for label in labels) / len(labels)


def _f1(pairs: Pairs, labels: Sequence[str]) -> float:
    """The mean F1 of some labels, each of which is true of something."""
    true, said = Counter[Any](), Counter[Any]()
    for (one, other), count in pairs.items():
        true[one] += count
        said[other] += count
    each = {
        label: 2 * pairs[label, label] / max(true[label] + said[label], 1)
        for label in labels
    }
    return _mean(each, labels)


def _drawn(pairs: Pairs, labels: Sequence[str], seed: int) -> Double:
    """The F1 of samples of the truths, each of as many."""
    names, counts = list(pairs), np.array(list(pairs.values()))
    chance = np.random.default_rng(seed)
    total, shares = counts.sum(), counts / counts.sum()
    drawn = (chance.multinomial(total, shares) for _ in range(DRAWS))
    return np.array(
        [_f1(Counter(dict(zip(names, one, strict=True))), labels) for one in drawn]
    )


def _of_numbers(
    truths: Sequence[Truth], trained: Trained, options: Options
) -> Iterator[Report]:
    pairs = [
        (one.said, one.true) for one in truths if isinstance(one.said, int | float)
    ]
    if not pairs:
        return
    said, true = np.array(pairs, dtype=float).T
    errors = np.abs(said - true)
    measures: list[tuple[str, float | None, Callable[[Double], float]]] = [
        ("mae", trained.mae, lambda some: float(some.mean())),
        ("rmse", trained.rmse, lambda some: float(np.sqrt(np.square(some).mean()))),
    ]
    for name, before, measure in measures:
        if before is not None:
            ends = _interval(_resampled(errors, measure, options.seed), options.alpha)
            live = Estimate(measure(errors), *ends, len(errors))
            yield _figure(name, before, live, less=True)


def _resampled(errors: Double, measure: Callable[[Double], float], seed: int) -> Double:
    chance = np.random.default_rng(seed)
    return np.array([measure(chance.choice(errors, len(errors))) for _ in range(DRAWS)])


def _interval(drawn: Double, alpha: float) -> tuple[float, float]:
    low, high = np.quantile(drawn, (alpha / 2, 1 - alpha / 2))
    return float(low), float(high)


def _figure(name: str, before: float, live: Estimate, *, less: bool = False) -> Report:
    """A figure and its verdict; `less` says that less of it is better."""
    worse = before < live.low if less else before > live.high
    verdict = Verdict.DRIFT if worse else Verdict.NO_DRIFT
    if live.truths < FEWEST:
        verdict = Verdict.UNKNOWN
    return {"name": name, "verdict": verdict.value, "trained": before, **asdict(live)}


def _warnings(count: int, figures: Sequence[Report]) -> list[str]:
    if count < FEWEST:
        return [f"there are {count} truths; nothing is said of fewer than {FEWEST}"]
    if not figures:
        return ["nothing is known of the figures of its training to compare with"]
    if count < FEW:
        return [f"there are {count} truths: only large changes show in so few"]
    return []
