"""Public data, where it lies beside the repository: as published, digit by digit."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from compute.tables.checks import check
from compute.tables.features import read_features, read_metadata
from compute.tables.process import process
from compute.tables.schemas import feature_columns, feature_range
from tests.compute.tables.conftest import LIMITS, REAL_DATA

FILES = sorted(REAL_DATA.rglob("*.csv*"))


def rows_of(path: Path) -> list[list[str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_cell_of_a_published_file_is_kept(path: Path, target: str) -> None:
    names, *rows = rows_of(path)
    checked = check(str(path), path.name, LIMITS)
    assert (checked.columns, checked.rows) == (names, len(rows))
    table = process([str(path)], target, LIMITS)
    assert table.warnings == [
        f"column {name!r} has one value"
        for name, *cells in zip(names, *rows, strict=True)
        if len(set(cells)) == 1
    ]
    found = read_metadata(target, names)
    for at, column in enumerate(table.schema):
        written = [row[at] for row in rows]
        kept = [row[column["name"]] for row in found]
        if column["type"] in {"integer", "float"}:
            assert kept == [float(cell) if cell else None for cell in written]
        elif column["type"] == "text":
            assert [cell or "" for cell in kept] == written
        else:
            assert column["type"] == "timestamp"


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.parent.name in {"femto", "cwru"}],
    ids=lambda path: path.name,
)
def test_spectra_have_their_1024_features(path: Path, target: str) -> None:
    table = process([str(path)], target, LIMITS)
    names = feature_range(table.schema, "f_0", "f_1023")
    assert names == [f"f_{number}" for number in range(1_024)]
    assert set(names) <= set(feature_columns(table.schema))
    matrix = read_features(target, names)
    assert matrix.shape == (table.row_count, 1_024)
    assert np.isfinite(matrix).all()


def test_a_baseline_and_its_monitor_file_merge(target: str) -> None:
    folder = REAL_DATA / "monitor" / "cwru"
    paths = [folder / "1797_baseline.csv.gz", folder / "1797_monitor.csv.gz"]
    table = process([str(path) for path in paths], target, LIMITS)
    assert (table.row_count, table.column_count) == (81 + 301, 5 + 1_024)
