"""Writes ONNX graphs, a node after the other."""

from collections.abc import Iterable
from itertools import chain, count
from typing import Any

import numpy as np

try:
    import onnx
except ImportError:
    onnx = None

ONNX: Any = onnx
"""The library, or None where the extra is not installed."""


class Pencil:
    """The nodes and numbers of a graph that is being written. Values are names."""

    def __init__(self, taken: Iterable[str]) -> None:
        """Taken are the names of the graph's inputs."""
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._taken = set(taken)

    def node(self, operator: str, *inputs: str, name: str = "node", **more: Any) -> str:
        """Add an operator; gives its only output, called so or nearly so."""
        output = self._free(name)
        made = ONNX.helper.make_node(operator, list(inputs), [output], **more)
        self.nodes.append(made)
        return output

    def cast(self, value: str, kind: str) -> str:
        return self.node("Cast", value, to=ONNX.TensorProto.DataType.Value(kind))

    def numbers(self, values: Any, kind: Any = np.float64) -> str:
        """Add numbers, or texts if their kind is object; gives their name."""
        name, array = self._free("constant"), np.ascontiguousarray(values, kind)
        shaped = array.reshape(np.shape(values))
        self.constants.append(ONNX.numpy_helper.from_array(shaped, name))
        return name

    def texts(self, values: Iterable[str]) -> str:
        return self.numbers(list(values), np.object_)

    def _free(self, name: str) -> str:
        numbered = (f"{name}_{number}" for number in count(len(self._taken)))
        found = next(one for one in chain([name], numbered) if one not in self._taken)
        self._taken.add(found)
        return found
