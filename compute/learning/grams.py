"""The words of a text, pieces of them, and their shapes; and what all of it weighs."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, log
from operator import mul

WORD = r"\w+|[^\w\s]"
"""A word, or a sign that stands for itself."""

SHORTEST, LONGEST = 2, 5
"""Characters of a piece of a word, which the blanks around it count among."""

REPEATED = re.compile(r"([Aa])\1+")

_words = re.compile(WORD).findall


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
    """A text without what its letters and digits are: `Win £900` is `Aa £000`."""
    return REPEATED.sub(r"\1", text.translate(_shapes))


@dataclass(frozen=True, slots=True)
class Found:
    """Where grams are in a text: by its chunks, which are what blanks are between."""

    places: list[int]
    """Of each gram that is known, as often as it occurs."""
    owners: list[int]
    """The chunk that each lies in, or begins in."""
    ends: list[int]
    """The chunk that each ends in."""


@dataclass(frozen=True, slots=True)
class Grams:
    """Grams of one sort, and how much each weighs for every score."""

    places: Mapping[str, int]
    rarity: "array[float]"
    """Of each gram, the larger in the fewer texts it was."""
    weights: "Sequence[array[float]]"
    """For every score."""

    def in_words(self, chunks: Sequence[str]) -> Found:
        """The words of chunks, and the pairs of words that follow each other."""
        words = [_words(chunk) for chunk in chunks]
        owners = [at for at, few in enumerate(words) for _ in few]
        flat = [word for few in words for word in few]
        pairs = map(" ".join, zip(flat, flat[1:], strict=False))
        singles = self._known(flat, owners, owners)
        doubles = self._known(pairs, owners, owners[1:])
        return Found(*map(list.__add__, singles, doubles))

    def in_pieces(self, chunks: Sequence[str]) -> Found:
        """The pieces of chunks, none of which lies in two."""
        known = self.places.get
        found, owners = list[int](), list[int]()
        for at, chunk in enumerate(chunks):
            padded = f" {chunk} "
            length = len(padded)
            few = [
                place
                for size in range(SHORTEST, min(LONGEST, length) + 1)
                for start in range(length - size + 1)
                if (place := known(padded[start : start + size])) is not None
            ]
            found += few
            owners += [at] * len(few)
        return Found(found, owners, owners)

    def scores(self, places: list[int]) -> list[float]:
        """What the grams at places add to every score."""
        counts, values, length = self._valued(places)
        return [
            sum(map(mul, values, map(weights.__getitem__, counts))) / length
            for weights in self.weights
        ]

    def shared(self, found: Found, score: int, chunks: list[float]) -> None:
        """Add to each chunk what the grams in it add to a score.

        A gram that occurs often adds the same at each place, and one that lies in two
        chunks half of it to each.
        """
        counts, values, length = self._valued(found.places)
        weights = self.weights[score]
        each = {
            place: value * weights[place] / (2 * count * length)
            for (place, count), value in zip(counts.items(), values, strict=True)
        }
        for place, first, last in zip(
            found.places, found.owners, found.ends, strict=True
        ):
            half = each[place]
            chunks[first] += half
            chunks[last] += half

    def _valued(
        self, places: list[int]
    ) -> tuple[Counter[int], list[float], float]:
        """How often each gram occurs, its value, and the length of all values."""
        counts = Counter(places)
        values = list(map(self.rarity.__getitem__, counts))
        if len(counts) < len(places):
            for at, count in enumerate(counts.values()):
                if count > 1:
                    values[at] *= 1 + log(count)
        return counts, values, hypot(*values) or 1.0

    def _known(
        self, grams: Iterable[str], first: list[int], last: list[int]
    ) -> tuple[list[int], list[int], list[int]]:
        known = self.places.get
        found, owners, ends = list[int](), list[int](), list[int]()
        for gram, one, other in zip(grams, first, last, strict=False):
            place = known(gram)
            if place is not None:
                found.append(place)
                owners.append(one)
                ends.append(other)
        return found, owners, ends
