"""The words of a text, their shapes and pieces of them, and what all of it weighs."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import sqrt

import numpy as np

from compute.learning.models import Floats, Rows

WORD = r"\w+|[^\w\s]"
"""A word, or a sign that stands for itself."""

WORDS, SHAPES = 2, 3
"""The most words, and the most shapes of words, that a gram has."""

SHORTEST, LONGEST = 2, 5
"""Characters of a piece of a word, which the blanks around it count among."""

REPEATED = re.compile(r"([Aa])\1+")

words = re.compile(WORD).findall
"""The words of a text, in order."""


class _Shapes(dict[int, str]):
    """What is left of a character: A or a of a letter, 0 of a digit, or all of it."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character.isalpha():
            character = "A" if character.isupper() else "a"
        elif character.isdigit():
            character = "0"
        self[code] = character
        return character


_shapes = _Shapes()


def shape(text: str) -> str:
    """A text by the kinds of its letters and digits: of `Win £900` it is `Aa £000`."""
    return REPEATED.sub(r"\1", text.translate(_shapes))


def _cuts(length: int) -> Iterator[slice]:
    """Where the pieces are of so many characters."""
    for size in range(SHORTEST, min(LONGEST, length) + 1):
        for start in range(length - size + 1):
            yield slice(start, start + size)


_CUTS = [tuple(_cuts(length)) for length in range(48)]


Places = Mapping[str, int]
"""Of the grams of one sort, counted from 1 through all sorts; 0 is of all others."""


def runs(places: Places, found: Sequence[str], longest: int) -> list[list[int]]:
    """Places of the grams that begin at each word, first those of one word."""
    grams: Iterable[str] = found
    each = list[list[int]]()
    for size in range(1, longest + 1):
        if size > 1:
            ahead = (found[start:] for start in range(size))
            grams = map(" ".join, zip(*ahead, strict=False))
        each.append(list(map(places.get, grams, repeat(0))))
    return each


def pieces(places: Places, chunk: str) -> Rows:
    """Places of the known pieces of what stands between blanks."""
    padded = f" {chunk} "
    length = len(padded)
    cuts = _CUTS[length] if length < len(_CUTS) else _cuts(length)
    found = filter(None, map(places.get, map(padded.__getitem__, cuts)))
    return np.fromiter(found, np.int64)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much grams count for every score, by their places.

    A gram has the value of its rarity, times 1 + log(count) if it occurs often; the
    values of all grams of a sort are then divided by the length of their vector.
    """

    rarity: Floats
    """The larger in the fewer texts a gram was; 0 of place 0."""
    each: Floats
    """Shape (scores, places)."""

    def added(self, sorts: Sequence[Rows]) -> Floats:
        """What each gram of each sort adds wherever it is, shape (scores, grams)."""
        found = np.concatenate(sorts)
        _, which, often = np.unique(found, return_inverse=True, return_counts=True)
        counts = often[which]
        values = self.rarity[found] * (1 + np.log(counts))
        squares = values * values / counts
        first = 0
        for sort in sorts:
            last = first + len(sort)
            values[first:last] /= sqrt(squares[first:last].sum()) or 1.0
            first = last
        return self.each[:, found] * (values / counts)
