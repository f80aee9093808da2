"""What is read of versions and files, a page at a time."""

import math
from typing import Any

import pytest

from resolvers.datasets import blocks
from tests.conftest import As, Ask
from tests.datasets.test_versions import FEATURES, NAMES, PREVIEW, ROWS, newest
from tests.journeys import DATASET, codes, csv, processed, uploaded


@pytest.fixture
async def version(ask: Ask, worker: None) -> Any:
    """The first version of a small dataset."""
    id_ = await processed(ask, csv(NAMES, ROWS))
    return newest((await ask(DATASET, id=id_))["dataset"])


@pytest.fixture
async def upload(ask: Ask, worker: None) -> str:
    """The id of a file of ten rows of three features, which was processed."""
    rows = [[f"row {n}", n, n / 10, -n] for n in range(10)]
    id_ = await processed(ask, csv(["name", "a", "b", "c"], rows))
    [file] = (await ask(DATASET, id=id_))["dataset"]["fileUploads"]["nodes"]
    return file["id"]


async def test_a_version_has_a_profile_of_each_column(version: Any) -> None:
    machine, load, heat, _ = version["profile"]
    assert (machine["uniques"], machine["nulls"]) == (2, 0)
    assert (heat["nulls"], heat["uniques"]) == (1, 2)
    assert load["quantiles"]
    assert load["histogram"]


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({}, ROWS),
        ({"first": 1, "rows": 1}, ROWS[1:2]),
        ({"first": 2, "rows": 20}, ROWS[2:]),
        ({"first": 3}, []),
        ({"first": 2**31 - 1}, []),
        ({"of": ["load", "machine"]}, [[1, "m1"], [2, "m2"], [4, "m1"]]),
        ({"of": []}, []),
    ],
)
async def test_a_preview_shows_cells_as_they_are(
    ask: Ask, version: Any, asked: dict[str, Any], rows: list[list[Any]]
) -> None:
    data = await ask(PREVIEW, id=version["id"], **asked)
    preview = data["datasetVersion"]["preview"]
    moments = [[one.replace(".000000", "") if "T" in str(one) else one for one in row]
               for row in preview["rows"]]  # fmt: skip
    assert moments == [[None if one == "" else one for one in row] for row in rows]
    assert preview["columns"] == asked.get("of", NAMES)


@pytest.mark.parametrize(
    "asked",
    [
        {"first": -1},
        {"rows": 0},
        {"rows": -1},
        {"rows": 12_501},
        {"rows": 2**31 - 1, "of": []},
        {"of": ["nothing"]},
    ],
)
async def test_a_preview_that_cannot_be_shown_is_a_bad_request(
    as_: As, version: Any, asked: dict[str, Any]
) -> None:
    assert await codes(as_, PREVIEW, id=version["id"], **asked) == ["BAD_REQUEST"]


async def test_features_are_paged_by_rows_and_names(ask: Ask, upload: str) -> None:
    async def features(**asked: Any) -> Any:
        return (await ask(FEATURES, id=upload, **asked))["fileUpload"]["features"]

    whole = await features()
    assert whole["names"] == ["a", "b", "c"]
    assert whole["rows"] == [[n, n / 10, -n] for n in range(10)]
    few = await features(first=7, rows=2, of=["c", "a"])
    assert few == {"names": ["c", "a"], "firstRow": 7, "rows": [[-7, 7], [-8, 8]]}
    assert (await features(first=10))["rows"] == []
    assert (await features(of=["b", "b"], rows=1))["rows"] == [[0, 0]]


async def test_features_are_the_same_in_blocks_of_any_size(
    ask: Ask, worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 3 * 2 * blocks.WIDTH)
    id_ = await processed(ask, csv(["a", "b"], [[n, math.sqrt(n)] for n in range(40)]))
    [file] = (await ask(DATASET, id=id_))["dataset"]["fileUploads"]["nodes"]
    given = {"id": file["id"], "first": 2, "rows": 37, "of": ["b"]}
    found = (await ask(FEATURES, **given))["fileUpload"]["features"]["rows"]
    assert found == [[math.sqrt(n)] for n in range(2, 39)]


@pytest.mark.parametrize(
    "asked",
    [{"first": -1}, {"rows": 0}, {"rows": 16_667}, {"of": ["name"]}, {"of": ["d"]}],
)
async def test_features_that_cannot_be_shown_are_a_bad_request(
    as_: As, upload: str, asked: dict[str, Any]
) -> None:
    assert await codes(as_, FEATURES, id=upload, **asked) == ["BAD_REQUEST"]


async def test_features_of_a_spectrum_are_shown_without_counting_them(
    ask: Ask, worker: None
) -> None:
    names = [f"f_{n}" for n in range(1_024)]
    id_ = await processed(ask, csv(names, [range(1_024)] * 3))
    dataset = (await ask(DATASET, id=id_))["dataset"]
    [file] = dataset["fileUploads"]["nodes"]
    numbers = (await ask(FEATURES, id=file["id"]))["fileUpload"]["features"]
    cells = (await ask(PREVIEW, id=newest(dataset)["id"]))["datasetVersion"]["preview"]
    assert numbers["rows"] == cells["rows"] == [list(range(1_024))] * 3


async def test_a_file_that_was_not_processed_has_no_features(ask: Ask) -> None:
    id_ = await uploaded(ask, csv(["a"], [[1]]))
    shown = (await ask(FEATURES, id=id_))["fileUpload"]["features"]
    assert shown == {"names": [], "firstRow": 0, "rows": []}
