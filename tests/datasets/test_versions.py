"""Versions of datasets: what is in them, and when there is a new one."""

import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ask
from tests.journeys import (
    DATASET,
    PROCESS,
    created,
    csv,
    errors,
    kept,
    parquet,
    process,
    processed,
    settled,
    uploaded,
)

NAMES = ["machine", "load", "heat", "when"]
ROWS = [
    ["m1", 1, 0.5, "2026-11-20T04:00:00Z"],
    ["m2", 2, "", "2026-11-20T05:00:00Z"],
    ["m1", 4, 2.5, "2026-11-20T06:00:00Z"],
]
MERGE = """mutation ($input: DatasetMergeInput!) { datasetMerge(input: $input) {
  dataset { status } userErrors { code message field } } }"""
PREVIEW = """query ($id: ID!, $first: Int! = 0, $rows: Int! = 20, $of: [String!]) {
  datasetVersion(id: $id) { preview(firstRow: $first, rows: $rows, columns: $of) {
    columns firstRow rows } } }"""
FEATURES = """query ($id: ID!, $first: Int! = 0, $rows: Int! = 20, $of: [String!]) {
  fileUpload(id: $id) { features(firstRow: $first, rows: $rows, names: $of) {
    names firstRow rows } } }"""


def newest(dataset: Any) -> Any:
    return dataset["versions"]["nodes"][0]


async def test_processing_makes_a_version(
    ask: Ask, tmp_path: Path, worker: None
) -> None:
    id_ = await created(ask, csv(NAMES, ROWS))
    dataset = await process(ask, id_)
    version = newest(dataset)
    assert (version["number"], version["rowCount"], version["columnCount"]) == (1, 3, 4)
    assert version["schema"] == [
        {"name": "machine", "type": "text", "nullable": False},
        {"name": "load", "type": "integer", "nullable": False},
        {"name": "heat", "type": "float", "nullable": True},
        {"name": "when", "type": "timestamp", "nullable": False},
    ]
    assert dataset["schema"] == version["schema"]
    assert (dataset["rowCount"], dataset["columnCount"]) == (3, 4)
    [file] = dataset["fileUploads"]["nodes"]
    assert (file["status"], file["featureNames"]) == ("COMPLETED", ["load"])
    assert version["fileUpload"] == {"id": file["id"]}
    [table] = [key for key in kept(tmp_path) if key.startswith("tables/")]
    content = (tmp_path / "files" / table).read_bytes()
    assert hashlib.sha256(content).hexdigest() == version["sha256"]
    assert int(dataset["sizeBytes"]) == len(content)
    assert dataset["job"] == {"status": "COMPLETED", "error": None, "progress": 1.0}


async def test_the_same_data_make_no_second_version(
    ask: Ask, tmp_path: Path, worker: None
) -> None:
    id_ = await processed(ask, csv(NAMES, ROWS))
    before = kept(tmp_path)
    dataset = await process(ask, id_)
    assert [one["number"] for one in dataset["versions"]["nodes"]] == [1]
    assert kept(tmp_path) == before


async def test_files_are_merged_in_the_order_in_which_they_came(
    ask: Ask, worker: None
) -> None:
    id_ = await processed(ask, csv(["a"], [[1], [2]]))
    more = await uploaded(ask, gzip.compress(csv(["a"], [[3]])), "more.csv.gz")
    merged = (await ask(MERGE, input={"id": id_, "uploads": [more]}))["datasetMerge"]
    assert merged == {"dataset": {"status": "PROCESSING"}, "userErrors": []}
    dataset = await settled(ask, DATASET, id_)
    assert [one["number"] for one in dataset["versions"]["nodes"]] == [2, 1]
    assert (dataset["rowCount"], newest(dataset)["rowCount"]) == (3, 3)
    whole, second, first = dataset["fileUploads"]["nodes"]
    assert whole["originalFilename"] == "readings.csv + more.csv.gz"
    assert [one["id"] for one in whole["mergedFiles"]] == [first["id"], second["id"]]
    assert first["mergedFiles"] == []
    shown = await ask(PREVIEW, id=newest(dataset)["id"])
    assert shown["datasetVersion"]["preview"]["rows"] == [[1], [2], [3]]
    numbers = await ask(FEATURES, id=whole["id"])
    assert numbers["fileUpload"]["features"]["rows"] == [[1.0], [2.0], [3.0]]


async def test_a_version_of_some_of_the_files_leaves_the_newest_the_newest(
    ask: Ask, worker: None
) -> None:
    id_ = await processed(ask, csv(["a"], [[1], [2]]))
    more = await uploaded(ask, csv(["a"], [[3]]))
    await ask(MERGE, input={"id": id_, "uploads": [more]})
    await settled(ask, DATASET, id_)
    third = await process(ask, id_, [more])
    assert [one["rowCount"] for one in third["versions"]["nodes"]] == [1, 3, 2]
    assert third["rowCount"] == 1
    again = await process(ask, id_)
    assert [one["rowCount"] for one in again["versions"]["nodes"]] == [1, 3, 2]
    assert again["rowCount"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "differ in column 2 of the header: 'load' and 'b'"),
        (None, "from 1 to 100 files are taken, not 0"),
    ],
)
async def test_what_cannot_be_merged_changes_nothing(
    ask: Ask, worker: None, content: bytes | None, said: str
) -> None:
    id_ = await processed(ask, csv(["a", "load"], [[1, 2]]))
    more = [] if content is None else [await uploaded(ask, content)]
    told = (await ask(MERGE, input={"id": id_, "uploads": more}))["datasetMerge"]
    [error] = told["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["uploads"])
    assert said in error["message"]
    dataset = (await ask(DATASET, id=id_))["dataset"]
    assert (dataset["status"], len(dataset["fileUploads"]["nodes"])) == ("PROCESSED", 1)


async def test_what_only_processing_finds_is_told_by_the_job(
    ask: Ask, tmp_path: Path, worker: None
) -> None:
    """The file was changed behind the server's back."""
    id_ = await created(ask, csv(["a", "b"], [[1, 2]]))
    [key] = kept(tmp_path)
    (tmp_path / "files" / key).write_bytes(b"a,b\n1,2\n3\n")
    await ask(PROCESS, input={"id": id_})
    dataset = await settled(ask, DATASET, id_)
    [file] = dataset["fileUploads"]["nodes"]
    said = "line 3: the row has 1 cell and the header 2"
    assert said in dataset["job"]["error"]
    assert said in file["errorMessage"]
    assert (dataset["status"], file["status"]) == ("FAILED", "FAILED")
    assert dataset["versions"]["nodes"] == []
    assert kept(tmp_path) == [key]
    (tmp_path / "files" / key).write_bytes(b"a,b\n1,2\n")
    dataset = await process(ask, id_)
    [file] = dataset["fileUploads"]["nodes"]
    assert (file["status"], file["errorMessage"]) == ("COMPLETED", None)


async def test_parquet_is_processed_as_csv_is(ask: Ask, worker: None) -> None:
    content = parquet({"name": ["x", "y"], "a": [1, 2], "b": [0.5, None]})
    dataset = await process(ask, await created(ask, content))
    other = await process(ask, await created(ask, b"name,a,b\nx,1,0.5\ny,2,\n"))
    assert newest(dataset)["sha256"] == newest(other)["sha256"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["0.12345678901234567890123", *"123456789"], "more digits than a float"),
        (["abc", *"123456789"], "line 2, column 'a': 'abc' is not a number"),
        (["1", "1"], "column 'a' has one value"),
    ],
)
async def test_what_is_odd_about_a_file_is_told(
    ask: Ask, worker: None, cells: list[str], said: str
) -> None:
    content = csv(["a"], [[cell] for cell in cells])
    dataset = await process(ask, await created(ask, content))
    [warning] = newest(dataset)["warnings"]
    assert said in warning


async def test_a_dataset_that_is_not_there_is_not_processed(ask: Ask) -> None:
    told = await ask(PROCESS, input={"id": "dataset_" + "0" * 32})
    assert errors(told["datasetProcess"]) == [("NOT_FOUND", ["id"])]
