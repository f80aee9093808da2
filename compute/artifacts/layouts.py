"""How rows are laid before an estimator, and what they must be for that."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from compute.artifacts import schemas
from compute.artifacts.errors import ArtifactError
from compute.artifacts.interface import Row

TEXT = "text"
"""What a text is called that a model takes alone."""
Lay = Callable[[Sequence[Row]], Any]


def laid(model: Any, names: Sequence[str]) -> tuple[Lay, dict[str, Any]]:
    """How rows are laid before a model, and the schema that they agree with."""
    first = _first(model)
    if callable(getattr(first, "build_analyzer", None)):
        return _texts, schemas.record({TEXT: schemas.TEXT})
    count = getattr(model, "n_features_in_", None)
    if not isinstance(count, int) or count < 1:
        raise ArtifactError("the estimator does not say how many features it takes")
    own = [str(name) for name in getattr(model, "feature_names_in_", ())]
    called = own or (list(names) if len(names) == count else [])
    if not called:
        return _numbers(None), schemas.features(count)
    kinds = _kinds(first) if own else {}
    given = {name: kinds.get(name, schemas.NUMBER) for name in called}
    return (_table if kinds else _numbers)(called), schemas.record(given)


def _texts(rows: Sequence[Row]) -> Any:
    return [str(schemas.given(row, TEXT)) for row in rows]


def _numbers(names: Sequence[str] | None) -> Lay:
    def lay(rows: Sequence[Row]) -> Any:
        if names is None:
            return np.asarray([schemas.given(row, "features") for row in rows], float)
        return np.asarray(
            [[schemas.given(row, name) for name in names] for row in rows], float
        )

    return lay


def _table(names: Sequence[str]) -> Lay:
    """Of columns by name, as a transformer of columns wants it."""

    def lay(rows: Sequence[Row]) -> Any:
        from compute.tables.arrow import pa  # noqa: PLC0415  # few models need it

        return pa.table(
            {name: [schemas.given(row, name) for row in rows] for name in names}
        )

    return lay


def _kinds(first: Any) -> dict[str, Any]:
    """The columns that a transformer of columns names, and what is in them."""
    kinds: dict[str, Any] = {}
    for _, step, columns in getattr(first, "transformers_", ()):
        begin = _first(step)
        words = callable(getattr(begin, "build_analyzer", None))
        named = columns if isinstance(columns, list | np.ndarray) else [columns]
        known = getattr(begin, "categories_", None) or [np.empty(0)] * len(named)
        for name, values in zip(named, known, strict=False):
            texts = words or np.asarray(values).dtype.kind in "OUS"
            kinds[str(name)] = schemas.TEXT if texts else schemas.NUMBER
    return kinds


def _first(model: Any) -> Any:
    steps = getattr(model, "steps", None)
    return _first(steps[0][1]) if steps else model
