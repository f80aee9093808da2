"""A text as what stands between its blanks, to which all that it says is ascribed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import fsum
from typing import Any

import numpy as np

from compute.learning.models import Floats, Rows
from compute.learning.verdicts import SHOWN

NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What stands between two blanks of a text."""

    lower: str
    words: Sequence[str]
    shapes: Sequence[str]
    pieces: Rows
    """Places of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a text: its chunks, and the places of grams of words and shapes."""

    chunks: Sequence[Chunk]
    words: Sequence[Sequence[int]]
    """Of grams of one word, from the first on, then of more."""
    shapes: Sequence[Sequence[int]]
    """As `words`."""

    @property
    def sorts(self) -> list[Rows]:
        return [
            np.array([*chain.from_iterable(self.words)], np.int64),
            np.concatenate([NOTHING, *(chunk.pieces for chunk in self.chunks)]),
            np.array([*chain.from_iterable(self.shapes)], np.int64),
        ]

    def shares(self, added: Floats) -> Floats:
        """What each chunk adds, by what the grams of `sorts` do.

        A gram of several words is shared by the chunks that they are in.
        """
        lengths = [len(chunk.pieces) for chunk in self.chunks]
        first = sum(map(len, self.words))
        last = first + sum(lengths)
        owners = np.repeat(np.arange(len(lengths)), lengths)
        words = [chunk.words for chunk in self.chunks]
        shapes = [chunk.shapes for chunk in self.chunks]
        return (
            np.bincount(owners, added[first:last], len(lengths))
            + _shared(words, self.words, added[:first])
            + _shared(shapes, self.shapes, added[last:])
        )

    def why(self, shares: Sequence[float], base: float, score: float) -> dict[str, Any]:
        """How a score comes about: what each word adds, however often it occurs."""
        total, times = dict[str, float](), dict[str, int]()
        for chunk, one in zip(self.chunks, shares, strict=True):
            total[chunk.lower] = total.get(chunk.lower, 0.0) + one
            times[chunk.lower] = times.get(chunk.lower, 0) + 1
        order = sorted(total, key=lambda word: -abs(total[word]))
        return {
            "base": base,
            "rest": fsum(total[word] for word in order[SHOWN:]),
            "contributions": [
                {"feature": word, "value": times[word], "contribution": total[word]}
                for word in order[:SHOWN]
            ],
            "score": score,
        }


def _shared(
    each: Sequence[Sequence[str]], grams: Sequence[Sequence[int]], added: Floats
) -> Floats:
    """What the words of each chunk have in what grams of words add."""
    owners = np.repeat(np.arange(len(each)), [*map(len, each)])
    by_word, first = np.zeros(len(owners)), 0
    for size, run in enumerate(grams, start=1):
        part = added[first : first + len(run)] / size
        for ahead in range(size if run else 0):
            by_word[ahead : ahead + len(run)] += part
        first += len(run)
    return np.bincount(owners, by_word, len(each)).astype(np.float64, copy=False)
