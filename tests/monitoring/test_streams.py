"""Points that are sent as a stream of lines, and acknowledged as they are kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
from uuid_utils.compat import uuid7

from db.models import MonitorPoint
from db.session import Database
from resolvers.equipment import Equipment
from resolvers.policy import Policy
from server.app import create_app
from server.lines import PATIENCE
from server.settings import Settings
from tests.journeys import CANCEL, counted, last_entries
from tests.monitoring.conftest import Machine
from tests.monitoring.test_ingest import points
from tests.server.clients import serving
from tests.waiting import until_told

Sent = list[dict[str, Any]]
LAST = """query ($id: ID!) { analysis(id: $id) { monitorPoints(
  last: 50, orderBy: {field: PROCESS_ORDER, direction: ASC}) {
  nodes { processOrder metadata } } } }"""


def lines(*sent: Any) -> bytes:
    return b"".join(
        one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n"
        for one in sent
    )


async def stream(web: httpx.AsyncClient, machine: Machine, body: Any) -> list[Any]:
    """The lines of the answer, whose status is that of the first."""
    told = await web.post(address(machine), content=body)
    assert told.headers["content-type"] == "application/x-ndjson"
    said = [json.loads(line) for line in told.text.splitlines()]
    wrong = bool(said[0].get("errors") or said[0].get("userErrors"))
    assert (told.status_code >= 400) == wrong
    return said


def address(machine: Machine) -> str:
    return f"/analyses/{machine.analysis}/points"


async def orders(machine: Machine) -> list[int]:
    return [one["processOrder"] for one in await points(machine)]


async def test_a_stream_is_kept_in_order_and_acknowledged_by_batches(
    web: httpx.AsyncClient, machine: Machine, database: Database
) -> None:
    sent = machine.points("." * 430, 7)
    said = await stream(web, machine, lines(*sent))
    assert [one["accepted"] for one in said] == [200, 400, 430]
    assert [one["line"] for one in said] == [200, 400, 430]
    assert all(one["userErrors"] == [] for one in said)
    assert await counted(database, MonitorPoint) == 430
    assert (await orders(machine))[:3] == [7, 8, 9]
    assert (
        await last_entries(database, 4) == [("monitorPointsIngest", "success", "")] * 3
    )


async def test_lines_come_in_pieces_of_any_size(
    web: httpx.AsyncClient, machine: Machine
) -> None:
    whole = lines(*machine.points("..x")).replace(b"\n", b"\r\n") + b"\n \n"
    whole += lines(*machine.points("."))[:-1]

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 7):
            yield whole[start : start + 7]

    said = await stream(web, machine, pieces())
    assert said[-1]["accepted"] == 4
    assert said[-1]["line"] == 6
    assert await orders(machine) == [0, 1, 2, 3]


async def test_a_slow_stream_is_acknowledged_while_it_comes(
    web: httpx.AsyncClient, machine: Machine
) -> None:
    """Were each line to wait for the next, nothing would be said before the end."""
    began = asyncio.get_running_loop().time()
    last = 0.0

    async def slowly() -> AsyncIterator[bytes]:
        nonlocal last
        for one in machine.points("." * 20):
            yield lines(one)
            await asyncio.sleep(PATIENCE / 4)
        last = asyncio.get_running_loop().time() - began

    said = await stream(web, machine, slowly())
    assert last >= 20 * PATIENCE / 4
    assert len(said) >= 3
    assert said[-1]["accepted"] == 20


async def test_of_nothing_it_is_said_that_nothing_came(
    web: httpx.AsyncClient, machine: Machine, database: Database
) -> None:
    for body in (b"", b"\n \r\n\n"):
        [said] = await stream(web, machine, body)
        assert (said["accepted"], said["line"], said["userErrors"]) == (0, 0, [])
    assert await counted(database, MonitorPoint) == 0


async def test_an_analysis_that_is_stopped_takes_no_more(
    web: httpx.AsyncClient, machine: Machine
) -> None:
    async def sent() -> AsyncIterator[bytes]:
        yield lines(*machine.points(".."))
        await until_told(lambda: points(machine))
        await machine.ask(CANCEL, id=machine.analysis)
        yield lines(*machine.points("..."))

    said = await stream(web, machine, sent())
    assert [(one["accepted"], one["line"]) for one in said] == [(2, 2), (2, 3)]
    [error] = said[-1]["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["analysis"])


async def test_a_stream_to_nowhere_is_refused(
    web: httpx.AsyncClient, machine: Machine
) -> None:
    sent = lines(*machine.points("."))
    unknown = await web.post(f"/analyses/analysis_{uuid7().hex}/points", content=sent)
    [error] = json.loads(unknown.text)["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["analysis"])
    for id_ in ("nothing", machine.dataset, machine.analysis.upper()):
        told = await web.post(f"/analyses/{id_}/points", content=sent)
        assert told.status_code == 400
        assert told.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_stranger_streams_nothing(
    web: httpx.AsyncClient, machine: Machine
) -> None:
    for bearer in ("", "Bearer forged"):
        told = await web.post(
            address(machine),
            content=lines(*machine.points(".")),
            headers={"authorization": bearer},
        )
        assert told.status_code == 401
    del web.headers["authorization"]
    told = await web.post(address(machine), content=lines(*machine.points(".")))
    assert "UNAUTHENTICATED" in told.text
    assert await orders(machine) == []


async def test_where_fewer_points_are_taken_at_once_a_stream_comes_in_smaller_batches(
    equipment: Equipment, bearer: str, machine: Machine
) -> None:
    small = replace(equipment, policy=Policy(ingest_points=3))
    async with serving(create_app(small, Settings())) as place:
        signed = {"authorization": bearer}
        async with httpx.AsyncClient(base_url=f"http://{place}", headers=signed) as web:
            said = await stream(web, machine, lines(*machine.points("." * 8)))
    assert [one["accepted"] for one in said] == [3, 6, 8]


async def test_a_client_that_vanishes_loses_nothing_that_was_acknowledged(
    web: httpx.AsyncClient, machine: Machine
) -> None:
    """It goes on after the last place that is kept, and nothing is there twice.

    What came whole before it vanished is kept too, acknowledged or not.
    """
    host, port = web.base_url.host, web.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(
        f"POST {address(machine)} HTTP/1.1\r\nhost: {host}\r\n"
        f"authorization: {web.headers['authorization']}\r\n"
        "transfer-encoding: chunked\r\n\r\n".encode()
    )
    sent = machine.points("." * 60, 0)
    accepted = 0
    async with asyncio.timeout(20):
        for start in range(0, 40, 10):
            chunk = lines(*sent[start : start + 10])
            writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            await writer.drain()
            while accepted < start + 10:
                if (line := await reader.readline()).startswith(b'{"accepted"'):
                    accepted = json.loads(line)["accepted"]
        writer.write(b"fff\r\n" + lines(*sent[40:45])[:-9])
        await writer.drain()
        writer.transport.abort()
        while len(kept := await orders(machine)) < 44:
            assert kept[:accepted] == [*range(accepted)]
            await asyncio.sleep(0.02)
    said = await stream(web, machine, lines(*sent[len(kept) :]))
    assert said[-1]["userErrors"] == []
    assert await orders(machine) == [*range(60)]


async def test_of_two_clients_at_once_nothing_is_lost_and_no_place_is_given_twice(
    web: httpx.AsyncClient, machine: Machine, database: Database
) -> None:
    async def client(name: str) -> int:
        async def sent() -> AsyncIterator[bytes]:
            for n in range(10):
                some = machine.points("." * 5)
                yield lines(*({**one, "metadata": {name: n}} for one in some))
                await asyncio.sleep(0.02)

        return (await stream(web, machine, sent()))[-1]["accepted"]

    async with asyncio.timeout(60):
        assert await asyncio.gather(*map(client, "abc")) == [50, 50, 50]
    kept = await points(machine)
    page = await machine.ask(LAST, id=machine.analysis)
    kept += page["analysis"]["monitorPoints"]["nodes"]
    assert [one["processOrder"] for one in kept] == [*range(150)]
    for name in "abc":
        own = [one["metadata"][name] for one in kept if name in one["metadata"]]
        assert own == [n for n in range(10) for _ in range(5)]
    assert await counted(database, MonitorPoint) == 150
