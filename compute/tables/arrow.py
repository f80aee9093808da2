"""The one door to pyarrow, which has no types of its own: what comes in is Any."""

from importlib import import_module
from typing import Any, TypeAlias

Array: TypeAlias = Any
"""A pyarrow.Array or ChunkedArray."""

Batch: TypeAlias = Any
"""A pyarrow.RecordBatch or Table."""

Kind: TypeAlias = Any
"""One of the types below."""

pa: Any = import_module("pyarrow")
pc: Any = import_module("pyarrow.compute")
csv: Any = import_module("pyarrow.csv")
parquet: Any = import_module("pyarrow.parquet")

INTEGER: Kind = pa.int64()
FLOAT: Kind = pa.float64()
BOOLEAN: Kind = pa.bool_()
MOMENT: Kind = pa.timestamp("us")
ZONED: Kind = pa.timestamp("us", "UTC")
TEXT: Kind = pa.string()

NAMES = {
    INTEGER: "integer",
    FLOAT: "float",
    BOOLEAN: "boolean",
    MOMENT: "timestamp",
    ZONED: "timestamp",
    TEXT: "text",
}
"""What the types of a table's columns are called."""
