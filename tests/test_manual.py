"""What the manual says of the code is true of every file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LONGEST = 300
"""Lines of a file."""
TALLEST = 60
"""Lines of a function: a screen."""
UNFINISHED = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X)\b")


def sources() -> Iterator[tuple[str, str]]:
    """Every file of the product and its tests, by its place."""
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT)
        if not re.match(r"\.|build\b|node_modules\b", str(place)):
            yield str(place), path.read_text()


def test_no_file_is_longer_than_can_be_read() -> None:
    long = {place for place, text in sources() if text.count("\n") > LONGEST}
    assert not long


def test_every_function_fits_on_a_screen() -> None:
    """But a migration, which is a list of columns."""
    tall: set[str] = set()
    for place, text in sources():
        if place.startswith("migrations"):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                tall |= {f"{place}: {node.name}"} if lines > TALLEST else set[str]()
    assert not tall


def test_nothing_is_left_to_be_done_later() -> None:
    unfinished = {place for place, text in sources() if UNFINISHED.search(text)}
    assert not unfinished


def test_no_fault_is_swallowed_without_a_word() -> None:
    silent: set[str] = set()
    for place, text in sources():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler) and swallows(node):
                silent.add(f"{place}:{node.lineno}")
    assert not silent


def swallows(node: ast.ExceptHandler) -> bool:
    """Whether anything at all is caught, and nothing is done about it."""
    caught: Any = node.type
    broad = caught is None or getattr(caught, "id", "") in {
        "Exception",
        "BaseException",
    }
    return broad and all(isinstance(one, ast.Pass) for one in node.body)
