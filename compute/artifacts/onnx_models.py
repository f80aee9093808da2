"""ONNX models, asked by ONNX Runtime."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from compute.artifacts import graphs, outputs, schemas
from compute.artifacts.errors import ArtifactError
from compute.artifacts.interface import Answer, Described, Row

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
        found = map(outputs.plain, self._session.run(None, fed))
        named = dict(zip(self._outputs(), found, strict=True))
        return outputs.answer(named, self._labels)

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
        given = self._session.get_outputs()
        if self._labels:
            return schemas.labelled(self._labels, weighed=True)
        if len(given) == 1 and not _inner(given[0]):
            return schemas.valued()
        return schemas.record(dict.fromkeys(self._outputs(), True))


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
