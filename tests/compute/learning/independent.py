"""The figures of training, worked out anew: by scikit-learn, and not by the product."""

import re
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

linear_model: Any = import_module("sklearn.linear_model")
metrics: Any = import_module("sklearn.metrics")
pipeline: Any = import_module("sklearn.pipeline")
preprocessing: Any = import_module("sklearn.preprocessing")
svm: Any = import_module("sklearn.svm")
text: Any = import_module("sklearn.feature_extraction.text")

TOKEN = r"\w+|[^\w\s]"  # noqa: S105  # it is a pattern of words


def shaped(message: str) -> str:
    kinds = [
        "A"
        if one.isalpha() and one.isupper()
        else "a"
        if one.isalpha()
        else "0"
        if one.isdigit()
        else one
        for one in message
    ]
    return re.sub("a+", "a", re.sub("A+", "A", "".join(kinds)))


def separator(penalty: float = 1.0) -> Any:
    """The pipeline whose decisions the product's are."""
    words = text.TfidfVectorizer(
        token_pattern=TOKEN, ngram_range=(1, 2), sublinear_tf=True
    )
    pieces = text.TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True
    )
    shapes = text.TfidfVectorizer(
        token_pattern=TOKEN,
        ngram_range=(1, 3),
        sublinear_tf=True,
        preprocessor=shaped,
    )
    grams = pipeline.make_union(words, pieces, shapes)
    return pipeline.make_pipeline(grams, svm.LinearSVC(C=penalty, random_state=0))


def dealt(keys: Sequence[object], truth: Any, folds: int, seed: int) -> Any:
    """The fold of each row, as docs/models.md says it is found."""
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    places = sorted(first.values())
    shuffled = np.random.default_rng(seed).permutation(len(places))
    ordered = sorted(shuffled.tolist(), key=lambda one: truth[places[one]])
    fold = {keys[places[one]]: at % folds for at, one in enumerate(ordered)}
    return np.array([fold[key] for key in keys])


def keys_of(messages: Sequence[str]) -> list[str]:
    return [re.sub(r"\d", "0", one.strip().lower()) for one in messages]


def likely(messages: Any, truth: Any, asked: Any) -> Any:
    """The probability of label 1 for messages, learnt from others."""
    held = dealt(keys_of(messages), truth, 5, 0)
    apart = np.zeros(len(truth))
    for fold in range(5):
        learnt = held != fold
        machine = separator().fit(messages[learnt], truth[learnt])
        apart[~learnt] = machine.decision_function(messages[~learnt])
    ones = truth.sum()
    wanted = np.where(truth, (ones + 1) / (ones + 2), 1 / (len(truth) - ones + 2))
    sides = np.c_[np.minimum(apart, 0), np.maximum(apart, 0)]
    sigmoid = linear_model.LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8)
    sigmoid.fit(
        np.r_[sides, sides],
        np.repeat([1, 0], len(truth)),
        sample_weight=np.r_[wanted, 1 - wanted],
    )
    told = separator().fit(messages, truth).decision_function(asked)
    return sigmoid.predict_proba(np.c_[np.minimum(told, 0), np.maximum(told, 0)])[:, 1]


def of_texts(messages: Sequence[str], truth: Sequence[int]) -> dict[str, float]:
    """Of two labels in five folds, each distinct text counted once; 1 is the rarer."""
    texts, places = np.array(messages, object), np.array(truth)
    keys = keys_of(messages)
    held, told = dealt(keys, places, 5, 0), np.zeros(len(places))
    for fold in range(5):
        learnt = held != fold
        told[~learnt] = likely(texts[learnt], places[learnt], texts[~learnt])
    once = [keys.index(key) == at for at, key in enumerate(keys)]
    return figures(places[once], told[once])


def of_rows(cells: Any, truth: Any) -> dict[str, float]:
    """Of logistic regression, two labels and five folds; no row is like another."""
    held, told = dealt(range(len(truth)), truth, 5, 0), np.zeros(len(truth))
    for fold in range(5):
        learnt = held != fold
        model = pipeline.make_pipeline(
            preprocessing.StandardScaler(),
            linear_model.LogisticRegression(max_iter=1_000),
        )
        model.fit(cells[learnt], truth[learnt])
        told[~learnt] = model.predict_proba(cells[~learnt])[:, 1]
    return figures(truth, told)


def figures(truth: Any, told: Any) -> dict[str, float]:
    said = (told > 0.5).astype(int)
    confidence, right = np.maximum(told, 1 - told), said == truth
    edges = np.arange(16) / 15
    bins = [
        (low <= confidence) & ((confidence < high) | (high == 1))
        for low, high in pairwise(edges)
    ]
    off = [abs(right[one].sum() - confidence[one].sum()) for one in bins]
    return {
        "accuracy": metrics.accuracy_score(truth, said),
        "precision": metrics.precision_score(truth, said),
        "recall": metrics.recall_score(truth, said),
        "f1": metrics.f1_score(truth, said),
        "mcc": metrics.matthews_corrcoef(truth, said),
        "log_loss": metrics.log_loss(truth, told),
        "auroc": metrics.roc_auc_score(truth, told),
        "false_positive_rate": 1 - metrics.recall_score(truth, said, pos_label=0),
        "ece": sum(off) / len(truth),
    }
