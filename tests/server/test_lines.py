"""Lines of a body come in batches that are bounded both ways."""

from collections.abc import AsyncGenerator

import pytest

from server.lines import HEAVY, batches


async def sent(line: bytes, count: int) -> AsyncGenerator[bytes, None]:
    for _ in range(count):
        yield line


@pytest.mark.parametrize(
    ("length", "count", "largest"),
    [(10, 450, 200), (100_000, 120, HEAVY // 100_000 + 1)],
    ids=["by their number", "by their bytes"],
)
async def test_a_batch_is_bounded(length: int, count: int, largest: int) -> None:
    line = b"x" * (length - 1) + b"\n"
    taken = [len(one) async for one in batches(sent(line, count), 200)]
    assert sum(taken) == count
    assert max(taken) <= largest
