"""How often each gram is in each of many texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from compute.learning.grams import LONGEST, SHAPES, SHORTEST, WORD, WORDS, shape

features: Any = import_module("sklearn.feature_extraction.text")


@dataclass(frozen=True, slots=True)
class Counts:
    """Of grams of one sort."""

    grams: Sequence[str]
    each: Any
    """Of each gram in each text, a sparse matrix of shape (texts, grams)."""


def counted(texts: Sequence[str], most: int) -> tuple[Counts, Counts, Counts]:
    """Words, pieces and shapes; of each the `most` that are in the most texts."""
    counters = (
        features.CountVectorizer(token_pattern=WORD, ngram_range=(1, WORDS)),
        features.CountVectorizer(analyzer="char_wb", ngram_range=(SHORTEST, LONGEST)),
        features.CountVectorizer(
            token_pattern=WORD, ngram_range=(1, SHAPES), preprocessor=shape
        ),
    )
    words, pieces, shapes = (_counts(counter, texts, most) for counter in counters)
    return words, pieces, shapes


def _counts(counter: Any, texts: Sequence[str], most: int) -> Counts:
    each = counter.fit_transform(texts)
    grams = counter.get_feature_names_out()
    kept = np.sort(np.argsort(-each.getnnz(axis=0), kind="stable")[:most])
    return Counts(grams[kept].tolist(), each[:, kept])
