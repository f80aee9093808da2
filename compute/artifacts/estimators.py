"""scikit-learn's estimators, as skops files keep them."""

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

from compute.artifacts import schemas
from compute.artifacts.errors import ArtifactError
from compute.artifacts.interface import Answer, Described, Row, classified, valued
from compute.artifacts.layouts import laid
from compute.artifacts.skops_files import restored

OUTLIERS = {1: "inlier", -1: "outlier"}
"""What a detector of outliers says, and how it is called."""


class Estimator:
    """A classifier or a regressor, and how rows are laid before it."""

    def __init__(self, content: bytes, names: Sequence[str] = ()) -> None:
        model, remarks = _loaded(content)
        labels = _labels(model)
        self._ask = _asked(model, labels)
        self._lay, input_schema = laid(model, names)
        self.described = Described(
            framework="sklearn",
            algorithm=type(_last(model)).__name__[:100],
            input_schema=input_schema,
            output_schema=_output_schema(model, labels),
            labels=labels,
            warnings=remarks,
        )

    def answers(self, rows: Sequence[Row], *, explained: bool = False) -> list[Answer]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # names of columns are ours to know
            return self._ask(self._lay(rows))


def _last(model: Any) -> Any:
    steps = getattr(model, "steps", None)
    return _last(steps[-1][1]) if steps else model


def _loaded(content: bytes) -> tuple[Any, list[str]]:
    """The estimator of a file, and what its library remarks of it."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = restored(content)
    made = {getattr(one.message, "original_sklearn_version", None) for one in said}
    here = version("scikit-learn")
    return model, [
        f"it was made by scikit-learn {there} and is read by {here}"
        for there in sorted(str(one) for one in made if one)
    ]


def _labels(model: Any) -> list[str] | None:
    classes = getattr(model, "classes_", None)
    if not callable(getattr(model, "predict", None)):
        raise ArtifactError(
            f"the estimator {type(model).__name__} foretells nothing; "
            "a classifier, a regressor or a detector of outliers is accepted"
        )
    if isinstance(classes, list):
        raise ArtifactError("the estimator foretells several labels; one is accepted")
    if _detects(model):
        return list(OUTLIERS.values())
    return None if classes is None else [str(one) for one in classes]


def _detects(model: Any) -> bool:
    base: Any = import_module("sklearn.base")
    return base.is_outlier_detector(model)


def _output_schema(model: Any, labels: list[str] | None) -> dict[str, Any]:
    if labels is None:
        return schemas.valued()
    return schemas.labelled(labels, weighed=hasattr(model, "predict_proba"))


def _asked(model: Any, labels: list[str] | None) -> Callable[[Any], list[Answer]]:
    def weighed(laid: Any) -> list[Answer]:
        found = model.predict_proba(laid)
        return [classified(dict(zip(labels or [], row, strict=True))) for row in found]

    def named(laid: Any) -> list[Answer]:
        names = OUTLIERS if _detects(model) else {}
        found = [names.get(one, str(one)) for one in model.predict(laid)]
        return [Answer(label, None, {"label": label}) for label in found]

    def measured(laid: Any) -> list[Answer]:
        found = np.asarray(model.predict(laid), float)
        if found.ndim > 1 and found.shape[1:] != (1,):
            raise ArtifactError(
                "the estimator foretells several numbers; one is accepted"
            )
        return [valued(value) for value in found.ravel()]

    if labels is None:
        return measured
    return weighed if hasattr(model, "predict_proba") else named
