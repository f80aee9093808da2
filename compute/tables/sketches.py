"""What is counted of a column in bounded memory, exactly while there is little of it.

Nothing here is random: the same values give the same figures.
"""

from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

DISTINCT = 1 << 16
"""Different values that are counted exactly; the error beyond is about 0.4 %."""

TALLIED = 100_000
"""Different texts whose occurrences are counted; of more, the rarest are dropped."""

Hashes = NDArray[np.uint64]


@dataclass
class Distinct:
    """How many different values there are: the smallest hashes tell.

    Source: Z. Bar-Yossef and others, Counting Distinct Elements in a Data Stream,
    RANDOM 2002.
    """

    smallest: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))

    @property
    def approximate(self) -> bool:
        return len(self.smallest) > DISTINCT

    def add(self, hashes: Hashes) -> None:
        if self.approximate:
            hashes = hashes[hashes < self.smallest[-1]]
        if len(hashes):
            merged = np.unique(np.concatenate([self.smallest, hashes]))
            self.smallest = merged[: DISTINCT + 1]

    def count(self) -> int:
        if not self.approximate:
            return len(self.smallest)
        return round(DISTINCT / (float(self.smallest[-1]) / 2.0**64))


@dataclass
class Tally:
    """The most frequent of many texts."""

    counts: dict[int, int] = field(default_factory=dict[int, int])
    texts: dict[int, str] = field(default_factory=dict[int, str])
    approximate: bool = False
    """Whether texts were dropped, so that counts may be too low."""

    def add(self, texts: list[str], hashes: list[int], counts: list[int]) -> None:
        for text, key, count in zip(texts, hashes, counts, strict=True):
            self.counts[key] = self.counts.get(key, 0) + count
            self.texts.setdefault(key, text)
        if len(self.counts) > TALLIED:
            self._drop()

    def top(self, number: int) -> list[tuple[str, int]]:
        """The most frequent texts with their counts; equal ones by text."""
        found = [(self.texts[key], count) for key, count in self.counts.items()]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:number]

    def _drop(self) -> None:
        kept = sorted(self.counts, key=lambda key: (-self.counts[key], key))
        kept = kept[: TALLIED // 2]
        self.counts = {key: self.counts[key] for key in kept}
        self.texts = {key: self.texts[key] for key in kept}
        self.approximate = True


def hashed_bits(bits: Hashes) -> Hashes:
    """Numbers of 64 bits, mixed one to one.

    Source: the finaliser of G. Steele and others, Fast Splittable Pseudorandom Number
    Generators, OOPSLA 2014.
    """
    mixed = bits + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def hashed_text(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
