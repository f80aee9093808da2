"""Files as users upload them."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from compute.tables.arrow import Batch, pa, parquet
from compute.tables.limits import Limits
from compute.tables.process import process
from compute.tables.results import Table

REAL_DATA = Path(__file__).parents[4] / "shared" / "data"
"""Public data that may lie beside the repository."""

collect_ignore = [] if REAL_DATA.is_dir() else ["test_real_data.py"]

LIMITS = Limits()

Write = Callable[[bytes | str | Batch], str]
Canonical = Callable[..., Table]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a CSV, or a table as Parquet, to a new file and return its path."""

    def write(content: bytes | str | Batch) -> str:
        path = tmp_path / f"file_{len(list(tmp_path.iterdir()))}"
        if isinstance(content, pa.Table):
            parquet.write_table(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture
def target(tmp_path: Path) -> str:
    return str(tmp_path / "canonical.parquet")


@pytest.fixture
def canonical(write: Write, target: str) -> Canonical:
    """Process files with the given contents into `target`."""

    def canonical(*contents: bytes | str | Batch) -> Table:
        return process([write(content) for content in contents], target, LIMITS)

    return canonical


def packed(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes())
