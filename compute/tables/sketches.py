"""What is counted of a column in bounded memory, exactly while there is little of it.

Nothing here is random: the same values give the same figures.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from compute.tables.arrow import INTEGER, Array, Batch, pa, pc
from compute.tables.kinds import text_bytes

DISTINCT = 1 << 16
"""Different values that are counted exactly; the error beyond is about 0.4 %."""

TALLIED = 100_000
"""Texts that are held while they are counted; of more different ones than half as
many, the rarest are dropped."""

COUNTED = ["text", "key", "count"]

BASE = np.uint64(0x9E3779B97F4A7C15)
HASHED = 1 << 18
"""Bytes of text hashed at a time, each of which takes 40 meanwhile."""

Hashes = NDArray[np.uint64]


@dataclass
class Distinct:
    """How many different values there are: the smallest hashes tell.

    Source: Z. Bar-Yossef and others, Counting Distinct Elements in a Data Stream,
    RANDOM 2002.
    """

    smallest: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    waiting: list[Hashes] = field(default_factory=list[Hashes])

    def add(self, hashes: Hashes) -> None:
        if len(self.smallest) > DISTINCT:
            hashes = hashes[hashes < self.smallest[-1]]
        self.waiting.append(hashes)
        if sum(map(len, self.waiting)) > DISTINCT:
            self._merge()

    def count(self) -> tuple[int, bool]:
        """The number of different values, and whether it is approximate."""
        self._merge()
        if len(self.smallest) <= DISTINCT:
            return len(self.smallest), False
        return round(DISTINCT / (float(self.smallest[-1]) / 2.0**64)), True

    def _merge(self) -> None:
        merged = np.unique(np.concatenate([self.smallest, *self.waiting]))
        self.smallest = merged[: DISTINCT + 1]
        self.waiting = []


@dataclass
class Tally:
    """The most frequent of many texts.

    Source: G. Manku and R. Motwani, Approximate Frequency Counts over Data Streams,
    VLDB 2002.
    """

    waiting: list[Batch] = field(default_factory=list[Batch])
    """Tables of texts, of what tells them apart, and of their counts."""
    approximate: bool = False
    """Whether texts were dropped, so that counts may be too low."""

    def add(self, texts: Array, keys: Hashes, counts: Array) -> None:
        """Count texts; those of equal keys are one."""
        columns = [texts, keys, pc.cast(counts, INTEGER)]
        self.waiting.append(pa.table(columns, names=COUNTED))
        if sum(table.num_rows for table in self.waiting) > TALLIED:
            self._merge()

    def top(self, number: int) -> list[tuple[str, int]]:
        """The most frequent texts with their counts; equal ones by text."""
        if not self.waiting:
            return []
        self._merge()
        [known] = self.waiting
        order = [("count", "descending"), ("text", "ascending")]
        best = known.sort_by(order).slice(0, number)
        texts, counts = best.column("text"), best.column("count")
        return list(zip(texts.to_pylist(), counts.to_pylist(), strict=True))

    def _merge(self) -> None:
        """Make one table of all; if it is too long, keep the more frequent half."""
        table = pa.concat_tables(self.waiting)
        keys, first, places = np.unique(
            table.column("key").to_numpy(), return_index=True, return_inverse=True
        )
        counts = np.zeros(len(keys), np.int64)
        np.add.at(counts, places, table.column("count").to_numpy())
        if len(keys) > TALLIED // 2:
            rare = np.partition(counts, -TALLIED // 2)[-TALLIED // 2]
            kept = counts > rare
            keys, first, counts = keys[kept], first[kept], counts[kept]
            self.approximate = True
        texts = table.column("text").take(first)
        self.waiting = [pa.table([texts, keys, counts], names=COUNTED)]


def hashed_bits(bits: Hashes) -> Hashes:
    """Numbers of 64 bits, mixed one to one.

    Source: the finaliser of G. Steele and others, Fast Splittable Pseudorandom Number
    Generators, OOPSLA 2014.
    """
    mixed = bits + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def hashed_texts(texts: Array) -> Hashes:
    """Texts as numbers of 64 bits, equal for equal texts.

    Source: M. Dietzfelbinger and others, Polynomial Hash Functions Are Reliable,
    ICALP 1992; here modulo 2 to the 64, and mixed.
    """
    ends = np.concatenate([[0], np.cumsum(pc.binary_length(texts).to_numpy())])
    text = np.frombuffer(text_bytes(texts), np.uint8)
    hashes = np.empty(len(texts), np.uint64)
    first = 0
    while first < len(texts):
        last = int(np.searchsorted(ends, ends[first] + HASHED, side="right")) - 1
        last = max(last, first + 1)
        hashes[first:last] = _polynomials(text, ends[first : last + 1])
        first = last
    return hashed_bits(hashes)


def _polynomials(text: NDArray[np.uint8], ends: NDArray[np.int64]) -> Hashes:
    """For each stretch of a text the sum of its bytes times rising powers of BASE."""
    lengths = np.diff(ends)
    powers = np.full(int(lengths.max()) + 1, BASE).cumprod(dtype=np.uint64)
    places = np.arange(ends[0], ends[-1]) - np.repeat(ends[:-1], lengths)
    sums = np.zeros(len(places) + 1, np.uint64)
    terms = powers[places] * (text[ends[0] : ends[-1]] + np.uint64(1))
    terms.cumsum(out=sums[1:])
    return sums[ends[1:] - ends[0]] - sums[ends[:-1] - ends[0]]
