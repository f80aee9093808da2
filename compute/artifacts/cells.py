"""The columns of our models as inputs of a graph, and the cells that come of them.

A gap is given as NaN, and of a text as an empty one; a moment as seconds since 1970.
"""

from typing import Any

from compute.artifacts.errors import ArtifactError
from compute.artifacts.pencil import ONNX, Pencil
from compute.learning.columns import LARGEST, Column, Columns

KINDS = {
    "integer": "INT64",
    "float": "DOUBLE",
    "boolean": "BOOL",
    "timestamp": "DOUBLE",
    "text": "STRING",
}
"""How a column without gaps is given; with gaps, all but texts are DOUBLE."""
GAP = ""


def given(column: Column) -> Any:
    """The input of a column: any number of rows with one value each."""
    gaps = column.gaps and column.kind != "text"
    kind = "DOUBLE" if gaps else KINDS[column.kind]
    number = ONNX.TensorProto.DataType.Value(kind)
    return ONNX.helper.make_tensor_value_info(column.name, number, [None, 1])


def written(pencil: Pencil, columns: Columns) -> str:
    """The cells of rows, shape (rows, width), in the order that models want."""
    parts = [
        part
        for column in columns.ordered
        for part in (_words if column.kind == "text" else _number)(pencil, column)
    ]
    return pencil.node("Concat", *parts, axis=1)


def _number(pencil: Pencil, column: Column) -> list[str]:
    value = pencil.cast(column.name, "DOUBLE")
    if column.kind == "timestamp":
        value = pencil.node("Sub", value, pencil.numbers(column.origin))
    least, most = pencil.numbers(-LARGEST), pencil.numbers(LARGEST)
    bounded = pencil.node("Clip", value, least, most)
    if not column.gaps:
        return [bounded]
    gap = pencil.node("IsNaN", value)
    filled = pencil.node("Where", gap, pencil.numbers(column.fill), bounded)
    return [filled, pencil.cast(gap, "DOUBLE")]


def _words(pencil: Pencil, column: Column) -> list[str]:
    """A cell for each value, one for those that were rare, and one for gaps."""
    if column.gaps and GAP in {*column.values, *column.rare}:
        raise ArtifactError(
            f"column {column.name!r} has both gaps and empty texts, "
            "which ONNX cannot tell apart"
        )
    parts = [_equal(pencil, column.name, column.values)] if column.values else []
    if column.rare:
        any_of = _equal(pencil, column.name, column.rare)
        parts.append(pencil.node("ReduceMax", any_of, pencil.numbers([1], int)))
    return [*parts, _equal(pencil, column.name, [GAP])] if column.gaps else parts


def _equal(pencil: Pencil, name: str, values: Any) -> str:
    """1 where a text is a value and else 0, shape (rows, values)."""
    return pencil.cast(pencil.node("Equal", name, pencil.texts(values)), "DOUBLE")
