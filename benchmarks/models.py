"""What a prediction costs beside scikit-learn's: `python -m benchmarks models`."""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks import tabular
from compute.learning import margins
from compute.learning.grams import LONGEST, SHAPES, SHORTEST, WORD, WORDS, shape
from compute.learning.models import Examples
from compute.tables.arrow import pa

pipeline: Any = import_module("sklearn.pipeline")
svm: Any = import_module("sklearn.svm")
text: Any = import_module("sklearn.feature_extraction.text")

ROWS, TURNS, EACH, FLOOR = 1_500, 60, 20, 8
VOCABULARY = 20_000
SIGNS = ["!", ".", "?", "...", ",", ""]


def messages(count: int, seed: int) -> list[str]:
    """Texts of about 80 characters, of words as often as those of a language are."""
    random, letters = np.random.default_rng(0), list("eeetaaoinshrdlucmfwypvbgkqjxz")
    lengths = random.integers(1, 10, VOCABULARY)
    words = ["".join(random.choice(letters, length)) for length in lengths]
    random = np.random.default_rng(seed)
    found = list[str]()
    for _ in range(count):
        size = int(random.integers(8, 24))
        places = np.minimum(random.zipf(1.3, size), VOCABULARY) - 1
        chosen = [words[place] + str(random.choice(SIGNS)) for place in places]
        found.append(" ".join([*chosen, str(random.integers(10**6))]))
    return found


def theirs() -> Any:
    """scikit-learn's pipeline of the same grams, without explanation."""
    words = text.TfidfVectorizer(
        token_pattern=WORD, ngram_range=(1, WORDS), sublinear_tf=True
    )
    pieces = text.TfidfVectorizer(
        analyzer="char_wb", ngram_range=(SHORTEST, LONGEST), sublinear_tf=True
    )
    shapes = text.TfidfVectorizer(
        token_pattern=WORD,
        ngram_range=(1, SHAPES),
        sublinear_tf=True,
        preprocessor=shape,
    )
    union = pipeline.make_union(words, pieces, shapes)
    return pipeline.make_pipeline(union, svm.LinearSVC(random_state=0))


def in_turn(new: list[str], *works: Callable[[str], Any]) -> list[float]:
    """The shortest microseconds of each, in turns of texts that it has not seen."""
    shortest = [float("inf")] * len(works)
    for turn in range(TURNS):
        few = new[turn * EACH : (turn + 1) * EACH]
        for at, work in enumerate(works):
            start = time.perf_counter()
            for one in few:
                work(one)
            shortest[at] = min(shortest[at], (time.perf_counter() - start) / EACH * 1e6)
    return shortest


def texts() -> None:
    """One text: explained by ours, and not by scikit-learn's pipeline."""
    known, new = messages(ROWS, 1), messages(TURNS * EACH, 2)
    target = np.array([int("9" in one.split()[-1]) for one in known])
    examples = Examples(
        {"text": pa.array(known)}, {"text": "text"}, target, ("no", "yes")
    )
    bare, ours = (margins.fit(examples, {"C": 1.0}, 0) for _ in range(2))
    peer = theirs().fit(known, target)
    apart = np.abs(
        peer.decision_function(new) - [bare.decisions(one)[0] for one in new]
    ).max()
    bare.seen.clear()
    other, plain, explained = in_turn(
        new,
        lambda one: peer.decision_function([one]),
        lambda one: bare.answers([{"text": one}]),
        lambda one: ours.answers([{"text": one}], explained=True),
    )
    length = np.mean([len(one) for one in new])
    print(f"a text of {length:.0f} characters: {plain:.0f} us")
    print(f"  with what each word adds {explained:.0f} us")
    print(f"  scikit-learn's pipeline {other:.0f} us, without")
    print(f"  ratio {other / explained:.1f} explained (at least {FLOOR})")
    print(f"  ratio {other / plain:.1f} without")
    print(f"  farthest from scikit-learn's decision: {apart:.1e} (at most 1e-9)")


def main() -> None:
    """Compare models of texts and of rows; it takes a minute."""
    texts()
    tabular.rows()


if __name__ == "__main__":
    main()
