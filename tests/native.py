"""PostgreSQL, whichever database the other tests are run with."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from db import migrating
from tests import instances


@pytest.fixture(scope="session")
def cluster(cluster: str) -> Iterator[str]:
    """The URL of a database of PostgreSQL that was migrated."""
    if not cluster.startswith("sqlite"):
        yield cluster
        return
    with TemporaryDirectory() as apart, instances.postgresql(Path(apart)) as url:
        asyncio.run(migrating.upgrade(url))
        yield url
