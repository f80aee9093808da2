"""What a profile says of columns of texts, moments and truth values."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compute.tables.arrow import INTEGER, Array, Kind, pa, pc
from compute.tables.cells import cells
from compute.tables.sketches import Distinct, Tally, hashed_bits, hashed_texts

TOP = 10
SHOWN = 200
"""Characters of a frequent text that are shown."""


@dataclass
class Texts:
    shortest: int | None = None
    longest: int | None = None
    distinct: Distinct = field(default_factory=Distinct)
    tally: Tally = field(default_factory=Tally)

    def add(self, values: Array) -> None:
        counted = pc.value_counts(values)
        texts, counts = counted.field("values"), counted.field("counts")
        lengths = pc.utf8_length(texts).to_numpy()
        ends = [end for end in (self.shortest, self.longest) if end is not None]
        self.shortest = min([int(lengths.min()), *ends])
        self.longest = max([int(lengths.max()), *ends])
        hashes = hashed_texts(texts)
        self.distinct.add(hashes)
        shown = pc.utf8_slice_codeunits(texts, 0, SHOWN + 1)
        self.tally.add(shown, hashes, counts)

    def figures(self) -> dict[str, Any]:
        return {
            "shortest": self.shortest,
            "longest": self.longest,
            "top": [
                {"value": _shown(text), "count": count}
                for text, count in self.tally.top(TOP)
            ],
            "topApproximate": self.tally.approximate,
        }


@dataclass
class Moments:
    kind: Kind
    ends: list[int] = field(default_factory=list[int])
    distinct: Distinct = field(default_factory=Distinct)

    def add(self, values: Array) -> None:
        moments = pc.cast(values, INTEGER).to_numpy()
        ends = [*self.ends, int(moments.min()), int(moments.max())]
        self.ends = [min(ends), max(ends)]
        self.distinct.add(hashed_bits(moments.view(np.uint64)))

    def figures(self) -> dict[str, Any]:
        earliest, latest = cells(pa.array(self.ends, INTEGER).cast(self.kind))
        return {"earliest": earliest, "latest": latest}


@dataclass
class Truths:
    true: int = 0
    false: int = 0
    distinct: Distinct = field(default_factory=Distinct)

    def add(self, values: Array) -> None:
        true = pc.sum(values).as_py()
        self.true += true
        self.false += len(values) - true
        self.distinct.add(np.unique(values.to_numpy()).astype(np.uint64))

    def figures(self) -> dict[str, Any]:
        return {"true": self.true, "false": self.false}


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
