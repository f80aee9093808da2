"""How good a model is on rows that it was not fitted on."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compute.learning.models import Floats, Rows

metrics: Any = import_module("sklearn.metrics")

BINS = 15
"""Of equal width, of confidences from 0 to 1."""

ALLOWED = (0.001, 0.01, 0.05)
"""Shares of negatives that may be taken for positive, for which recall is told."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def of_labels(
    truth: Rows, shares: Floats, labels: Sequence[str], positive: int | None
) -> dict[str, Any]:
    """Figures of probabilities, shape (rows, labels), beside the places of the labels.

    `positive` is the place of the label that is looked for, if there are two.
    """
    said, places = shares.argmax(axis=1), list(range(len(labels)))
    each = metrics.precision_recall_fscore_support(
        truth, said, labels=places, zero_division=0
    )
    figures = {
        "accuracy": metrics.accuracy_score(truth, said),
        "mcc": metrics.matthews_corrcoef(truth, said),
        "log_loss": metrics.log_loss(truth, shares, labels=places),
        "confusion_matrix": metrics.confusion_matrix(
            truth, said, labels=places
        ).tolist(),
        "labels": list(labels),
        "per_class": _by_class(labels, each),
        "calibration": calibration(shares.max(axis=1), said == truth),
    }
    summed = _means(each) if positive is None else _of(positive, each)
    asked = {} if positive is None else _of_two(truth, said, shares, labels, positive)
    return _plain({**figures, **summed, **asked})


def of_numbers(truth: Floats, told: Floats) -> dict[str, Any]:
    """Figures of numbers that were foretold; a residual is the truth less what was."""
    residuals = np.quantile(truth - told, QUANTILES)
    constant = bool((truth == truth[0]).all())
    return _plain(
        {
            "mae": metrics.mean_absolute_error(truth, told),
            "rmse": metrics.root_mean_squared_error(truth, told),
            "r2": None if constant else metrics.r2_score(truth, told),
            "residuals": [
                {"quantile": quantile, "value": value}
                for quantile, value in zip(QUANTILES, residuals, strict=True)
            ],
        }
    )


def calibration(confidence: Floats, right: NDArray[np.bool_]) -> dict[str, Any]:
    """How far confidences are from the share that is right: in bins, and on the whole.

    The expected calibration error is the mean difference, by the rows of each bin.
    """
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [
        {
            "from": one / BINS,
            "to": (one + 1) / BINS,
            "rows": int((place == one).sum()),
            "confidence": confidence[place == one].mean(),
            "accuracy": right[place == one].mean(),
        }
        for one in np.unique(place).tolist()
    ]
    off = sum(one["rows"] * abs(one["confidence"] - one["accuracy"]) for one in bins)
    return {"ece": off / len(right), "bins": bins}


def _by_class(labels: Sequence[str], each: Any) -> list[dict[str, Any]]:
    names = ("precision", "recall", "f1", "support")
    return [
        {"label": label, **dict(zip(names, of_label, strict=True))}
        for label, *of_label in zip(labels, *each, strict=True)
    ]


def _of(place: int, each: Any) -> dict[str, Any]:
    precision, recall, f1, _ = (one[place] for one in each)
    return {"precision": precision, "recall": recall, "f1": f1, "average": "binary"}


def _means(each: Any) -> dict[str, Any]:
    """Means over the labels, all alike and by the rows of each."""
    *scores, support = each
    names = ("precision", "recall", "f1")
    alike = {name: one.mean() for name, one in zip(names, scores, strict=True)}
    weighted = {
        name: np.average(one, weights=support)
        for name, one in zip(names, scores, strict=True)
    }
    return {**alike, "average": "macro", "weighted": weighted}


def _of_two(
    truth: Rows, said: Rows, shares: Floats, labels: Sequence[str], positive: int
) -> dict[str, Any]:
    """What is asked of two labels: whether negatives are taken for the positive."""
    is_one, taken = truth == positive, said == positive
    both = 0 < is_one.sum() < len(is_one)
    return {
        "positive": labels[positive],
        "false_positive_rate": taken[~is_one].mean() if not is_one.all() else None,
        "auroc": metrics.roc_auc_score(is_one, shares[:, positive]) if both else None,
        "caught": _caught(is_one, shares[:, positive]) if both else [],
    }


def _caught(is_one: NDArray[np.bool_], share: Floats) -> list[dict[str, Any]]:
    """The recall at which no more than a share of the negatives is taken."""
    taken, caught, _ = metrics.roc_curve(is_one, share, drop_intermediate=False)
    return [
        {"false_positive_rate": most, "recall": caught[taken <= most].max()}
        for most in ALLOWED
    ]


def _plain(figure: Any) -> Any:
    """Figures without numpy's types, fit for JSON."""
    if isinstance(figure, dict):
        return {name: _plain(one) for name, one in figure.items()}
    if isinstance(figure, list):
        return [_plain(one) for one in figure]
    return figure.item() if isinstance(figure, np.generic) else figure
