"""Support vector machines that were restored: whether their parts fit together.

The library that computes them follows the counts that it is told without looking.
"""

from typing import Any

import numpy as np

from compute.artifacts.errors import ArtifactError

CLASSIFIERS = {"c_svc", "nu_svc"}


def fitting(machine: Any) -> None:
    """Raises ArtifactError where a count is not that of what is there."""
    parts = vars(machine)
    vectors, count = parts["support_vectors_"], len(parts["support_"])
    classifies = machine._impl in CLASSIFIERS  # noqa: SLF001  the kind of it, which its class says
    classes = len(machine.classes_) if classifies else 2
    pairs = classes * (classes - 1) // 2
    if not (
        parts["_sparse"] is False
        and vectors.shape == (count, parts["n_features_in_"])
        and parts["_dual_coef_"].shape == (classes - 1, count)
        and parts["_intercept_"].shape == (pairs,)
        and parts["_probA"].shape == parts["_probB"].shape in {(0,), (pairs,)}
        and (not classifies or _counted(parts["_n_support"], classes, count))
    ):
        raise ArtifactError("the parts of a support vector machine do not fit")


def _counted(each: Any, classes: int, count: int) -> bool:
    """Whether the vectors of all classes are as many as there are."""
    counts = np.asarray(each, np.int64)
    whole = counts.shape == (classes,) and bool((counts >= 0).all())
    return whole and int(counts.sum()) == count
