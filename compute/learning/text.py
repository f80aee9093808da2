"""Models that weigh the words of a text: a walk through dictionaries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute.learning.chunks import Chunk, Found
from compute.learning.grams import (
    SHAPES,
    WORDS,
    Places,
    Weights,
    pieces,
    runs,
    shape,
    words,
)
from compute.learning.models import Answer, Examples, Floats, Packed
from compute.learning.verdicts import labelled, sigmoid

SORTS = ("words", "pieces", "shapes")
GRAM = 120
"""About the bytes that a gram takes beside its weights."""

SEEN, SHORT, CHUNK = 4_096, 32, 1_000
"""Chunks that are kept at hand, their most characters, and about their bytes."""

Slopes = tuple[float, float]
"""Of a score's sigmoid, where the score is below 0 and where it is above."""


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A score of a text for each label, or of two labels for the second alone."""

    column: str
    """The input that holds the text."""
    labels: tuple[str, ...]
    words: Places
    pieces: Places
    shapes: Places
    weights: Weights
    base: Floats
    """What every score starts from."""
    slopes: Sequence[Slopes]
    seen: dict[str, Chunk] = field(default_factory=dict[str, Chunk])
    """Chunks of late: most words of a text are of few."""

    @property
    def weight(self) -> int:
        arrays = self.weights.rarity.nbytes + self.weights.each.nbytes
        return arrays + GRAM * len(self.weights.rarity) + CHUNK * SEEN

    def answers(
        self, inputs: Sequence[Mapping[str, Any]], *, explained: bool = False
    ) -> list[Answer]:
        """An answer to each; the explained score is that of the likeliest label.

        It is above 0 for what was learnt as that label, however likely it is.
        """
        return [self._answer(given[self.column], explained) for given in inputs]

    def scores(self, examples: Examples) -> Floats:
        texts = examples.columns[self.column].to_pylist()
        shares = [self._shares(self.decisions(text)) for text in texts]
        return np.array(shares).reshape(-1, len(self.labels))

    def decisions(self, text: str) -> list[float]:
        """The scores of a text: far above 0 what is far on a label's side."""
        added = self.weights.added(self._found(text).sorts)
        return (self.base + added.sum(axis=1)).tolist()

    def packed(self) -> Packed:
        about = {"column": self.column, "labels": list(self.labels)}
        arrays: dict[str, NDArray[Any]] = {
            "rarity": self.weights.rarity,
            "weights": self.weights.each,
            "base": self.base,
            "slopes": np.array(self.slopes),
        }
        for name, places in zip(
            SORTS, (self.words, self.pieces, self.shapes), strict=True
        ):
            arrays[name] = np.frombuffer("\n".join(places).encode(), np.uint8)
        return Packed("text", about, arrays)

    def _answer(self, text: str, explained: bool) -> Answer:  # noqa: FBT001  # private
        found = self._found(text)
        added = self.weights.added(found.sorts)
        decisions = (self.base + added.sum(axis=1)).tolist()
        shares = self._shares(decisions)
        if not explained:
            return labelled(self.labels, shares, None)
        place = shares.index(max(shares))
        row, sign = (0, 2 * place - 1) if len(decisions) == 1 else (place, 1)
        each = (sign * found.shares(added[row])).tolist()
        why = found.why(each, sign * float(self.base[row]), sign * decisions[row])
        return labelled(self.labels, shares, why)

    def _found(self, text: str) -> Found:
        chunks = [self.seen.get(one) or self._chunk(one) for one in text.split()]
        spoken = [word for chunk in chunks for word in chunk.words]
        shapes = [word for chunk in chunks for word in chunk.shapes]
        return Found(
            chunks, runs(self.words, spoken, WORDS), runs(self.shapes, shapes, SHAPES)
        )

    def _chunk(self, text: str) -> Chunk:
        lower = text.lower()
        places = pieces(self.pieces, lower)
        chunk = Chunk(lower, words(lower), words(shape(text)), places)
        if len(text) < SHORT:
            if len(self.seen) >= SEEN:
                self.seen.clear()
            self.seen[text] = chunk
        return chunk

    def _shares(self, decisions: Sequence[float]) -> list[float]:
        """The probability of each label."""
        likely = [
            sigmoid(score * slopes[score > 0])
            for score, slopes in zip(decisions, self.slopes, strict=True)
        ]
        if len(likely) == 1:
            return [1 - likely[0], likely[0]]
        total = sum(likely)
        return [one / total for one in likely]


def places_of(names: Sequence[Sequence[str]]) -> tuple[Places, Places, Places]:
    """Places of the grams of each sort, which are in the order of their weights."""
    starts = np.cumsum([1, *map(len, names)])[:3].tolist()
    each = [
        {name: place for place, name in enumerate(few, start)}
        for few, start in zip(names, starts, strict=True)
    ]
    return each[0], each[1], each[2]


def unpack(packed: Packed) -> Text:
    """Make a model again; raises ValueError if its parts do not fit together."""
    column, labels = packed.about["column"], packed.about["labels"]
    if not all(isinstance(one, str) for one in (column, *labels)):
        raise ValueError("the model's column and labels are not all texts")
    names = [_names(packed.arrays[name]) for name in SORTS]
    scores = 1 if len(labels) == 2 else len(labels)
    count = 1 + sum(map(len, names))
    wanted = {
        "rarity": (count,),
        "weights": (scores, count),
        "base": (scores,),
        "slopes": (scores, 2),
    }
    arrays = {name: np.asarray(packed.arrays[name], np.float64) for name in wanted}
    for name, shape_ in wanted.items():
        if arrays[name].shape != shape_ or not np.isfinite(arrays[name]).all():
            raise ValueError(
                f"the model's {name!r} are not finite numbers of the shape {shape_}"
            )
    weights = Weights(arrays["rarity"], arrays["weights"])
    slopes = [(below, above) for below, above in arrays["slopes"].tolist()]
    places = places_of(names)
    return Text(column, tuple(labels), *places, weights, arrays["base"], slopes)


def _names(joined: NDArray[Any]) -> list[str]:
    whole = joined.tobytes().decode()
    return whole.split("\n") if whole else []
