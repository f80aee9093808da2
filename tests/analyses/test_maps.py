"""Maps: made of data, and read a page at a time."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from compute import maps
from db.session import Database
from resolvers.access import Actor
from schema.ids import spell
from tests.analyses.test_configs import CONFIGURE
from tests.compute.spectra import spectra
from tests.conftest import As, Ask, Save
from tests.factories import a_dataset, a_result, a_version, an_upload
from tests.journeys import (
    ANALYSE,
    CANCEL,
    FOUND,
    analysed,
    codes,
    csv,
    errors,
    kept,
    mapped,
    processed,
    run,
    settled,
)

POINTS = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String,
  $sample: Int) { reductionResult(id: $id) {
  points(first: $first, after: $after, last: $last, before: $before, sample: $sample) {
    totalCount edges { cursor node { row x y } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
METADATA = """query ($id: ID!, $last: Int!) { reductionResult(id: $id) {
  points(last: $last) { nodes { row metadata } } } }"""


@pytest.fixture
async def config(ask: Ask) -> str:
    """Parameters of maps of four features."""
    data = await ask(CONFIGURE, input={"endDim": "f_3"})
    return data["reductionConfigCreate"]["reductionConfig"]["id"]


@pytest.fixture
async def drawn(save: Save, analyst: Actor) -> str:
    """The id of a map of 250 points."""
    dataset = await save(a_dataset(analyst))
    upload = await save(an_upload(analyst, dataset_id=dataset.id))
    x = [float(n) for n in range(250)]
    given = {"x_values": x, "y_values": [n / 2 for n in x], "point_count": 250}
    return spell(await save(a_result(await save(a_version(dataset, upload)), **given)))


def table(rows: Any) -> bytes:
    names = ["machine", *(f"f_{n}" for n in range(4)), "hour"]
    return csv(names, [[f"m{n % 3}", *row, n] for n, row in enumerate(rows)])


SPECTRA = table(spectra(24, width=4))


async def points(ask: Ask, id_: str, **asked: Any) -> Any:
    return (await ask(POINTS, id=id_, **asked))["reductionResult"]["points"]


async def test_the_same_file_and_parameters_give_identical_points(
    ask: Ask, config: str, worker: None
) -> None:
    seen: list[Any] = []
    for _ in range(2):
        made = await mapped(ask, await processed(ask, SPECTRA), config=config)
        assert (made["status"], made["errorMessage"]) == ("COMPLETED", None)
        result = made["reductionResult"]
        seen.append((result["cost"], await points(ask, result["id"], first=100)))
    assert seen[0] == seen[1]
    assert seen[0][1]["totalCount"] == 24


@pytest.mark.parametrize(
    "rows",
    [
        [[n, 7, n * n, 7] for n in range(8)],
        [[1, 2, 3, 4]] * 5,
        [[1, 2, 3, 4]] * 2 + [[9, 9, 9, 9]],
    ],
    ids=["constant columns", "equal rows", "rows twice"],
)
async def test_odd_data_give_a_map_or_a_sentence(
    ask: Ask, config: str, worker: None, rows: list[list[int]]
) -> None:
    made = await mapped(ask, await processed(ask, table(rows)), config=config)
    if made["status"] == "COMPLETED":
        found = await points(ask, made["reductionResult"]["id"])
        assert [one["node"]["row"] for one in found["edges"]] == [*range(len(rows))]
    else:
        assert made["status"] == "FAILED"
        assert made["errorMessage"] == made["job"]["error"]
        assert "our fault" not in made["errorMessage"]


@pytest.mark.parametrize("count", [1, 2])
async def test_one_or_two_rows_make_no_map(
    ask: Ask, config: str, worker: None, count: int
) -> None:
    dataset = await processed(ask, table([[1, 2, 3, n] for n in range(count)]))
    given = {"kind": "REDUCTION", "dataset": dataset, "config": config}
    payload = (await ask(ANALYSE, input=given))["analysisCreate"]
    assert errors(payload) == [("INVALID", ["dataset"])]
    assert f"at least 3 rows, not {count}" in payload["userErrors"][0]["message"]


@pytest.mark.parametrize("column", ["x_values", "y_values"])
async def test_the_database_refuses_coordinates_of_different_length(
    database: Database, drawn: str, column: str
) -> None:
    few = "x'0000000000000000'" if database.dialect == "sqlite" else "ARRAY[1.0]"
    change = sa.text(f"UPDATE dinsight_data SET {column} = {few}")  # noqa: S608  no input
    async with database.write() as session:
        with pytest.raises(IntegrityError, match=f"{column}_whole"):
            await session.execute(change)


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_pages_join_without_gap_in_both_directions(
    ask: Ask, drawn: str, size: int
) -> None:
    onward: list[Any] = []
    asked: dict[str, Any] = {"first": size}
    while True:
        page = await points(ask, drawn, **asked)
        onward += page["edges"]
        if len(onward) > 20 or not page["pageInfo"]["hasNextPage"]:
            break
        asked["after"] = page["pageInfo"]["endCursor"]
    rows = [one["node"]["row"] for one in onward]
    assert rows == [*range(len(rows))]
    back = await points(ask, drawn, last=min(size, 100), before=onward[-1]["cursor"])
    assert back["edges"] == onward[-min(size, 100) - 1 : -1]
    assert all(
        one["node"]["x"] == 2 * one["node"]["y"] == one["node"]["row"] for one in onward
    )


@pytest.mark.parametrize(
    ("asked", "rows", "more"),
    [
        ({}, range(20), (False, True)),
        ({"first": 2}, range(2), (False, True)),
        ({"last": 2}, range(248, 250), (True, False)),
        ({"first": 2, "after": "247"}, range(248, 250), (True, False)),
        ({"last": 2, "before": "1"}, range(1), (False, True)),
        ({"first": 5, "after": "3", "before": "6"}, range(4, 6), (True, True)),
        ({"after": "249"}, [], (True, False)),
        ({"after": "999999999"}, [], (True, False)),
        ({"before": "0"}, [], (False, True)),
    ],
)
async def test_a_page_is_as_the_relay_specification_has_it(
    ask: Ask, drawn: str, asked: dict[str, Any], rows: Any, more: tuple[bool, bool]
) -> None:
    page = await points(ask, drawn, **asked)
    assert [one["node"]["row"] for one in page["edges"]] == [*rows]
    about = page["pageInfo"]
    assert (about["hasPreviousPage"], about["hasNextPage"]) == more
    ends = [page["edges"][n]["cursor"] if page["edges"] else None for n in (0, -1)]
    assert [about["startCursor"], about["endCursor"]] == ends
    assert page["totalCount"] == 250


@pytest.mark.parametrize("sample", [1, 7, 249, 250, 1_000])
async def test_a_sample_is_evenly_spaced_and_comes_whole(
    ask: Ask, drawn: str, sample: int
) -> None:
    page = await points(ask, drawn, sample=sample)
    rows = [one["node"]["row"] for one in page["edges"]]
    assert len(rows) == page["totalCount"] == min(sample, 250)
    steps = {after - before for before, after in pairwise(rows)}
    assert not steps or max(steps) - min(steps) <= 1
    assert not page["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    "asked",
    [
        {"first": 0},
        {"first": 101},
        {"last": 0},
        {"first": -1},
        {"first": 1, "last": 1},
        {"sample": 0},
        {"sample": 1_001},
        {"sample": 5, "first": 1},
        {"sample": 5, "after": "1"},
        {"after": ""},
        {"after": "-1"},
        {"after": "1.5"},
        {"before": "9" * 5_000},
        {"after": "0199f0c2aaaa7000800000000000000a"},
    ],
)
async def test_a_page_that_cannot_be_is_a_bad_request(
    as_: As, drawn: str, asked: dict[str, Any]
) -> None:
    assert await codes(as_, POINTS, id=drawn, **asked) == ["BAD_REQUEST"]


async def test_a_point_tells_what_its_row_says_besides_its_features(
    ask: Ask, config: str, worker: None
) -> None:
    made = await mapped(ask, await processed(ask, SPECTRA), config=config)
    data = await ask(METADATA, id=made["reductionResult"]["id"], last=4)
    assert data["reductionResult"]["points"]["nodes"] == [
        {"row": n, "metadata": {"machine": f"m{n % 3}", "hour": n}}
        for n in range(20, 24)
    ]


async def test_a_map_that_is_being_made_is_stopped(
    ask: Ask,
    config: str,
    worker: None,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Threads cannot be ended as processes are, so it ends where it next reports."""
    begun, ended = asyncio.Event(), asyncio.Event()
    loop, fit = asyncio.get_running_loop(), maps.fit

    def slow(*given: Any) -> Any:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(ended.wait(), loop).result(30)
        return fit(*given)

    monkeypatch.setattr(maps, "fit", slow)
    dataset = await processed(ask, SPECTRA)
    before = kept(tmp_path)
    id_ = await analysed(ask, "REDUCTION", dataset=dataset, config=config)
    await run(ask, id_)
    async with asyncio.timeout(30):
        await begun.wait()
    running = (await ask(CANCEL, id=id_))["analysisCancel"]
    assert running == {"analysis": {"status": "RUNNING"}, "userErrors": []}
    ended.set()
    found = await settled(ask, FOUND, id_)
    assert (found["status"], found["job"]["status"]) == ("CANCELLED", "CANCELLED")
    assert found["reductionResult"] is None
    assert kept(tmp_path) == before
