"""What a profile says of a column of numbers."""

from dataclasses import dataclass, field
from math import frexp, ldexp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute.tables.arrow import Array
from compute.tables.sketches import Distinct, hashed_bits

EXACT = 1_000_000
"""Values of which quantiles are exact; of more, about so many are drawn."""

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
LARGEST = np.finfo(np.float64).max

Floats = NDArray[np.float64]


@dataclass
class Numbers:
    """Figures of a column whose count, least and greatest value are known before.

    Values are divided by a power of two near the greatest, which loses nothing and
    keeps sums and squares finite.
    """

    count: int
    bounds: tuple[float, float]
    """A pair of int for a column of whole numbers."""
    seen: int = 0
    mean: float = 0.0
    squares: float = 0.0
    drawn: list[Floats] = field(default_factory=list[Floats])
    distinct: Distinct = field(default_factory=Distinct)

    def __post_init__(self) -> None:
        self.least, self.greatest = map(float, self.bounds)
        self.scale = _scale(self.least, self.greatest)
        self.edges = self._edges()
        self.counts = np.zeros(len(self.edges) - 1, np.int64)
        self.draw = np.random.default_rng(0)

    def add(self, cells: Array) -> None:
        """Take further values into account, none of them null."""
        exact = cells.to_numpy() + 0  # -0 is the same value as 0
        self.distinct.add(hashed_bits(exact.view(np.uint64)))
        values = exact.astype(np.float64)
        places = np.searchsorted(self.edges, values, side="right") - 1
        places = np.clip(places, 0, len(self.counts) - 1)
        self.counts += np.bincount(places, minlength=len(self.counts))
        self._add_moments(values / self.scale)
        if self.count > EXACT:
            values = values[self.draw.random(len(values)) < EXACT / self.count]
        self.drawn.append(values)

    def figures(self) -> dict[str, Any]:
        """Standard deviation of the values themselves (divided by their count)."""
        deviation = (self.squares / self.seen) ** 0.5
        drawn = np.concatenate(self.drawn) / self.scale
        quantiles = np.quantile(drawn, QUANTILES) * self.scale
        quantiles = np.clip(quantiles, self.least, self.greatest)
        least, greatest = self.bounds
        return {
            "min": least + 0,
            "max": greatest + 0,
            "mean": min(max(self.mean * self.scale, self.least), self.greatest),
            "standardDeviation": min(deviation * self.scale, LARGEST),
            "quantiles": dict(
                zip(map(str, QUANTILES), quantiles.tolist(), strict=True)
            ),
            "quantilesApproximate": self.count > EXACT,
            "histogram": {
                "edges": self.edges.tolist(),
                "counts": self.counts.tolist(),
            },
        }

    def _edges(self) -> Floats:
        """10 to 20 bins of one width from the least to the greatest value."""
        least, greatest = self.least, self.greatest
        if least == greatest:
            around = max(0.5, abs(least) / 2**20)
            least = max(least - around, -LARGEST)
            greatest = min(greatest + around, LARGEST)
        bins = min(max(self.count.bit_length(), 10), 20)
        scale = _scale(least, greatest)
        edges = np.linspace(least / scale, greatest / scale, bins + 1) * scale
        edges[[0, -1]] = least, greatest
        return edges

    def _add_moments(self, values: Floats) -> None:
        """Combine mean and squared deviations with those of further values.

        Source: T. Chan, G. Golub, R. LeVeque, Updating Formulae and a Pairwise
        Algorithm for Computing Sample Variances, 1979.
        """
        mean = float(values.mean())
        squares = float(np.square(values - mean).sum())
        total = self.seen + len(values)
        step = mean - self.mean
        self.squares += squares + step**2 * self.seen * len(values) / total
        self.mean += step * len(values) / total
        self.seen = total


def _scale(*values: float) -> float:
    """The power of two just below the greatest magnitude."""
    peak = max(map(abs, values))
    return ldexp(1.0, frexp(peak)[1] - 1) if peak else 1.0
