"""ONNX models, asked by ONNX Runtime."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from compute.artifacts import graphs, schemas
from compute.artifacts.errors import ArtifactError
from compute.artifacts.interface import (
    NOT_FINITE,
    Answer,
    Described,
    Row,
    classified,
    finite,
    valued,
)

TYPES: dict[str, tuple[Any, dict[str, Any]]] = {
    "tensor(float)": (np.float32, schemas.NUMBER),
    "tensor(double)": (np.float64, schemas.NUMBER),
    "tensor(float16)": (np.float16, schemas.NUMBER),
    "tensor(int64)": (np.int64, schemas.INTEGER),
    "tensor(int32)": (np.int32, schemas.INTEGER),
    "tensor(bool)": (np.bool_, schemas.BOOLEAN),
    "tensor(string)": (np.object_, schemas.TEXT),
}
"""What an input may be: how it is given to the model, and what is taken for it."""
CLOSE = 1e-3
"""How close to 1 probabilities add up."""


class OnnxModel:
    """A graph, and a session that runs it; each row alone."""

    def __init__(self, content: bytes, names: Sequence[str] = ()) -> None:
        """Names are those of the numbers of a single input, where they are as many."""
        graph = graphs.parsed(content)
        self._session = _session(content)
        self._inputs = self._session.get_inputs()
        for one in self._inputs:
            _check(one)
        self._names = list(names) if [len(names)] == self._lengths() else []
        self._labels = graphs.labels(graph)
        self.described = Described(
            framework="onnx",
            algorithm=graphs.algorithm(graph),
            input_schema=schemas.record(self._properties()),
            output_schema=self._output_schema(),
            labels=self._labels,
            warnings=[],
        )

    def answers(self, rows: Sequence[Row], *, explained: bool = False) -> list[Answer]:
        return [self._answer(row) for row in rows]

    def _answer(self, row: Row) -> Answer:
        fed = {one.name: self._fed(one, row) for one in self._inputs}
        given = map(_plain, self._session.run(None, fed))
        return answer(dict(zip(self._outputs(), given, strict=True)), self._labels)

    def _outputs(self) -> list[str]:
        return [one.name for one in self._session.get_outputs()]

    def _lengths(self) -> list[int | None]:
        """Of the arrays of the only input, from without."""
        return _shape(self._inputs[0])[1:] if len(self._inputs) == 1 else []

    def _properties(self) -> dict[str, Any]:
        if self._names:
            kind = TYPES[self._inputs[0].type][1]
            return dict.fromkeys(self._names, kind)
        return {
            self._called(one): schemas.array(TYPES[one.type][1], _inner(one))
            for one in self._inputs
        }

    def _called(self, one: Any) -> str:
        """A single array is called features, whatever the graph calls it."""
        return "features" if len(self._inputs) == 1 and _inner(one) else one.name

    def _fed(self, one: Any, row: Row) -> Any:
        if self._names:
            value: Any = [schemas.given(row, name) for name in self._names]
        else:
            value = schemas.given(row, self._called(one))
        try:
            array = np.asarray(value, TYPES[one.type][0])
        except (TypeError, ValueError, OverflowError) as error:
            name = self._called(one)
            raise ArtifactError(f"the input {name!r} will not do: {error}") from error
        return array.reshape(1, *array.shape, *[1] * (len(one.shape) - array.ndim - 1))

    def _output_schema(self) -> dict[str, Any]:
        outputs = self._session.get_outputs()
        if self._labels:
            return schemas.labelled(self._labels, weighed=len(outputs) > 1)
        if len(outputs) == 1 and not _inner(outputs[0]):
            return schemas.valued()
        return schemas.record(dict.fromkeys(self._outputs(), True))


def answer(found: dict[str, Any], labels: Sequence[str] | None) -> Answer:
    """What the outputs for one row say: a label, a value, or themselves.

    Raises ArtifactError where they are not finite.
    """
    if not finite(found):
        raise ArtifactError(NOT_FINITE)
    values = list(found.values())
    for shares in (_shares(value, labels) for value in values):
        if shares is not None:
            return classified(shares)
    named = [str(value) for value in values if isinstance(value, str | int)]
    if labels and named:
        return Answer(named[0], None, {"label": named[0]})
    if len(values) == 1 and isinstance(values[0], int | float):
        return valued(values[0])
    return Answer(None, None, found)


def _shares(value: Any, labels: Sequence[str] | None) -> dict[str, float] | None:
    """An output as probabilities by label, if that is what it is: they add up to 1."""
    if isinstance(value, list) and labels and len(value) == len(labels):
        value = dict(zip(labels, value, strict=True))
    if not isinstance(value, dict):
        return None
    shares = {str(label): share for label, share in value.items()}
    likely = all(isinstance(one, float) and one > -CLOSE for one in shares.values())
    return shares if likely and abs(sum(shares.values()) - 1) < CLOSE else None


def _session(content: bytes) -> Any:
    """Made of bytes, so that there is no folder in which it could look for files."""
    onnxruntime: Any = import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        content, options, providers=["CPUExecutionProvider"]
    )


def _check(one: Any) -> None:
    if one.type not in TYPES:
        raise ArtifactError(
            f"the input {one.name!r} is a {one.type}; {', '.join(TYPES)} are accepted"
        )
    if one.shape and isinstance(one.shape[0], int) and one.shape[0] != 1:
        raise ArtifactError(
            f"the input {one.name!r} takes {one.shape[0]} rows at a time; "
            "1 or any number is accepted"
        )


def _shape(one: Any) -> list[int | None]:
    return [length if isinstance(length, int) else None for length in one.shape]


def _inner(one: Any) -> list[int | None]:
    """The lengths of what one row has there; none if that is a single value."""
    inner = _shape(one)[1:]
    return [] if all(length == 1 for length in inner) else inner


def _plain(value: Any) -> Any:
    """An output for one row, fit for JSON."""
    if isinstance(value, list):  # a sequence of maps, one for each row
        return dict(value[0]) if value and isinstance(value[0], dict) else value
    array = np.asarray(value[0] if value.ndim else value)
    return array.item() if array.size == 1 and array.ndim <= 1 else array.tolist()
