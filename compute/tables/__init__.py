"""Uploaded files: checked, merged into one canonical table, described and read.

Every function takes paths of local files and is meant for a process of its own whose
memory is limited; none needs more than about half a GiB, however large the file.
"""

from compute.tables.checks import Checked, check
from compute.tables.errors import TableError
from compute.tables.features import (
    feature_columns,
    feature_range,
    read_features,
    read_metadata,
    write_features,
)
from compute.tables.limits import Limits
from compute.tables.preview import preview
from compute.tables.process import Table, process

__all__ = [
    "Checked",
    "Limits",
    "Table",
    "TableError",
    "check",
    "feature_columns",
    "feature_range",
    "preview",
    "process",
    "read_features",
    "read_metadata",
    "write_features",
]
