"""A large file passes through a server that stays light and quick."""

from pathlib import Path

from tests.weighing import weighed

MOST = 300e6
GROWTH = 60e6
"""Bytes; a file of ten times the size adds no more."""


async def test_a_large_file_neither_weighs_a_server_down_nor_holds_it_up(
    tmp_path: Path, apart: str | None
) -> None:
    weight = await weighed(tmp_path, 30, apart)
    assert weight.peak < MOST
    assert weight.peak - weight.before < GROWTH
    assert len(weight.answers) > 20
    assert weight.slowest(0.99) < 2
