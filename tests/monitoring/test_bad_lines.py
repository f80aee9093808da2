"""Lines that will not do: a stream tells which, and keeps those before."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from db.session import Database
from server.lines import LONGEST
from tests.journeys import last_entries
from tests.monitoring.conftest import Machine
from tests.monitoring.test_streams import lines, orders, stream

Sent = list[dict[str, Any]]


def deep(levels: int) -> Any:
    return [deep(levels - 1)] if levels else 1


BAD: dict[str, tuple[bytes | Callable[[Sent], Any], list[str], str]] = {
    "no JSON": (b"{\n", [], "this is no point: "),
    "half a character": (b'"\xff"\n', [], "this is no point: "),
    "a list": (b"[1]\n", [], "a line is an object with some of ['metadata',"),
    "another field": (b'{"value": 1}\n', [], "a line is an object with some of"),
    "no values": (b"{}\n", [], "`values` is a list of numbers"),
    "values that are texts": (b'{"values": ["1"]}\n', [], "`values` is a list of num"),
    "values that are true": (b'{"values": [true]}\n', [], "`values` is a list of num"),
    "not finite": (b'{"values": [NaN]}\n', [], "this is no point: "),
    "half a place": (lambda p: p[0] | {"processOrder": 1.5}, [], "a whole number"),
    "true as place": (lambda p: p[0] | {"processOrder": True}, [], "a whole number"),
    "a moment without offset": (
        lambda p: p[0] | {"timestamp": "2026-11-20T12:00:00"},
        [],
        "a moment needs an offset",
    ),
    "wrong dimension": (
        lambda p: p[0] | {"values": [1.0]},
        ["values"],
        "a point has 16 values on this map, not 1",
    ),
    "metadata in a list": (
        lambda p: p[0] | {"metadata": []},
        ["metadata"],
        "metadata is an object",
    ),
    "metadata with a NUL": (
        lambda p: p[0] | {"metadata": {"x": "\0"}},
        ["metadata"],
        "a text may not contain NUL",
    ),
    "metadata too deep": (
        lambda p: p[0] | {"metadata": {"x": deep(100)}},
        ["metadata"],
        "at most 20 levels deep",
    ),
    "metadata too large": (
        lambda p: p[0] | {"metadata": {"x": "y" * 20_000}},
        ["metadata"],
        "metadata has at most 16384 bytes",
    ),
    "a place that is taken": (
        lambda p: p[0] | {"processOrder": 2},
        ["processOrder"],
        "process order 2 does not follow 2; more is expected",
    ),
    "too large a place": (
        lambda p: p[0] | {"processOrder": 2**31},
        ["processOrder"],
        "a process order is at most 2147483647",
    ),
    "too long": (b" " * LONGEST + b"{}\n", [], "a line has at most 262144 bytes"),
    "endless": (b" " * LONGEST + b"{", [], "a line has at most 262144 bytes"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
async def test_a_stream_stops_at_the_first_bad_line_and_keeps_those_before(
    web: httpx.AsyncClient,
    machine: Machine,
    database: Database,
    case: tuple[bytes | Callable[[Sent], Any], list[str], str],
) -> None:
    bad, field, message = case
    good = machine.points("...")
    made = bad if isinstance(bad, bytes) else lines(bad(good))
    more = lines(*machine.points(".")) if made.endswith(b"\n") else b""
    said = await stream(web, machine, lines(*good[:2], b"\n", good[2], made) + more)
    assert [one["accepted"] for one in said] == [3, 3]
    assert [one["line"] for one in said] == [4, 5]
    [error] = said[-1]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", field)
    assert message in error["message"]
    assert await orders(machine) == [0, 1, 2]
    assert {one[:2] for one in await last_entries(database, 2)} == {
        ("monitorPointsIngest", "failure"),
        ("monitorPointsIngest", "success"),
    }


async def test_of_two_bad_lines_the_first_is_told(
    web: httpx.AsyncClient, machine: Machine
) -> None:
    """The second is found before the first is: it cannot even be read."""
    taken = machine.points(".", 0)[0]
    sent = lines(*machine.points("..", 0), taken, *machine.points("."), b"{\n")
    said = await stream(web, machine, sent)
    assert [(one["accepted"], one["line"]) for one in said] == [(2, 2), (2, 3)]
    assert said[-1]["userErrors"][0]["field"] == ["processOrder"]
    assert await orders(machine) == [0, 1]


async def test_a_fault_in_a_stream_is_told_with_its_reference(
    web: httpx.AsyncClient,
    machine: Machine,
    tmp_path: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "files/references/known").unlink()
    [said] = await stream(web, machine, lines(*machine.points(".")))
    [error] = said["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert f"fault {error['extensions']['reference']}" in caplog.text
    assert "files" not in error["message"]
