"""Tables as canonical files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from compute.drift.options import Options
from compute.drift.tables import compared
from compute.tables import writing
from compute.tables.arrow import TEXT, Batch, pa

Columns = Mapping[str, Any]
Compare = Callable[..., dict[str, Any]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Compare two tables, each given by its columns."""

    def compare(
        reference: Columns, current: Columns, options: Options | None = None
    ) -> dict[str, Any]:
        paths = tmp_path / "reference", tmp_path / "current"
        for path, columns in zip(paths, (reference, current), strict=True):
            table = _canonical(pa.table(columns))
            writing.write(iter(table.to_batches()), table.schema, str(path))
        return compared(*paths, options)

    return compare


def _canonical(table: Batch) -> Batch:
    """A table in which a column without any value is one of texts."""
    for at, field in enumerate(table.schema):
        if pa.types.is_null(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(TEXT))
    return table


def by_name(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in report["columns"]}
