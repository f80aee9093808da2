"""Datasets: described, changed, archived, deleted."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.models import Dataset, DatasetStatus, FeatureData, FileUpload
from db.session import Database
from resolvers.access import Actor, BaseRole
from schema.ids import spell
from tests.conftest import Ask, Save, Someone
from tests.factories import a_dataset, an_upload
from tests.journeys import (
    CREATE,
    DATASET,
    PROCESS,
    counted,
    created,
    csv,
    errors,
    kept,
    processed,
    settled,
    uploaded,
)

ONE = csv(["a", "b"], [[1, 2], [3, 4]])
TWO = csv(["a", "b"], [[5, 6]])
UPDATE = """mutation ($input: DatasetUpdateInput!) { datasetUpdate(input: $input) {
  dataset { version name description tags metadata }
  userErrors { code message field } } }"""
ARCHIVE = """mutation ($input: DatasetArchiveInput!) { datasetArchive(input: $input) {
  dataset { isActive } userErrors { code message field } } }"""
DELETE = """mutation ($input: DatasetDeleteInput!) { datasetDelete(input: $input) {
  deletedId userErrors { code message field } } }"""
JOB_CANCEL = """mutation ($id: ID!) { jobCancel(input: {id: $id}) {
  job { status } userErrors { code } } }"""
TOO_MANY = [f"tag {n}" for n in range(21)]


async def test_a_dataset_is_made_of_files(ask: Ask) -> None:
    files = [await uploaded(ask, one) for one in (ONE, TWO)]
    given = {"name": " Bearing 7 ", "uploads": files, "tags": ["rig", "rig", " x "]}
    said = {"description": "Of the rig", "metadata": {"rpm": 1797, "Ω": [None, 0.1]}}
    dataset = (await ask(CREATE, input={**given, **said}))["datasetCreate"]["dataset"]
    del dataset["id"], dataset["version"]
    assert [one["id"] for one in dataset.pop("fileUploads")["nodes"]] == files[::-1]
    assert dataset == {
        **said,
        "name": "Bearing 7",
        "tags": ["rig", "x"],
        "status": "UPLOADED",
        "isActive": True,
        "rowCount": 3,
        "columnCount": 2,
        "sizeBytes": None,
    }


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"name": ""}, "name", "1 to 255 characters"),
        ({"name": " \t"}, "name", "1 to 255 characters"),
        ({"name": "x" * 256}, "name", "1 to 255 characters"),
        ({"description": "x" * 10_001}, "description", "at most 10000"),
        ({"tags": ["x" * 51]}, "tags", "at most 20 tags, each from 1 to 50"),
        ({"tags": [" "]}, "tags", "at most 20 tags"),
        ({"tags": TOO_MANY}, "tags", "at most 20 tags"),
        ({"metadata": [1]}, "metadata", "metadata is an object"),
        ({"metadata": "x"}, "metadata", "metadata is an object"),
        ({"uploads": []}, "uploads", "from 1 to 100 files are taken, not 0"),
    ],
)
async def test_a_dataset_is_not_made_of_nonsense(
    ask: Ask, database: Database, given: dict[str, Any], field: str, said: str
) -> None:
    usual = {"name": "Bearing", "uploads": [await uploaded(ask, ONE)]}
    payload = (await ask(CREATE, input={**usual, **given}))["datasetCreate"]
    assert errors(payload) == [("INVALID", [field])]
    assert said in payload["userErrors"][0]["message"]
    assert payload["dataset"] is None
    assert await counted(database, Dataset) == 0


async def test_a_file_belongs_to_one_dataset(
    ask: Ask, save: Save, analyst: Actor, someone: Someone
) -> None:
    dataset = await save(a_dataset(analyst))
    taken = await save(an_upload(analyst, dataset_id=dataset.id, original_filename="A"))
    theirs = await save(an_upload(await someone()))
    told: list[Any] = []
    for one in (spell(taken), spell(theirs), f"file_upload_{uuid7().hex}"):
        payload = await ask(CREATE, input={"name": "B", "uploads": [one]})
        told += errors(payload["datasetCreate"])
    assert told == [("CONFLICT", ["uploads"]), *[("NOT_FOUND", ["uploads"])] * 2]


async def test_at_most_a_hundred_files_make_a_dataset(
    ask: Ask, save: Save, analyst: Actor
) -> None:
    files = [an_upload(analyst) for _ in range(101)]
    await save(*files)
    given: Any = {"name": "B", "uploads": [spell(one) for one in files]}
    payload = (await ask(CREATE, input=given))["datasetCreate"]
    assert errors(payload) == [("INVALID", ["uploads"])]
    given["uploads"].pop()
    payload = (await ask(CREATE, input=given))["datasetCreate"]
    assert errors(payload) == []


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (b"a,b\n1,2\n", b"a,c\n1,2\n", "differ in column 2 of the header: 'b' and 'c'"),
        (b"a,b\n1,2\n", b"a\n1\n", "have different headers: 2 columns and 1"),
        (b"a,b\n1,2\n", b"A,b\n1,2\n", "differ in column 1 of the header: 'a' and 'A'"),
    ],
)
async def test_files_of_different_headers_make_no_dataset(
    ask: Ask, database: Database, first: bytes, second: bytes, said: str
) -> None:
    files = [await uploaded(ask, one) for one in (first, second)]
    payload = await ask(CREATE, input={"name": "B", "uploads": files})
    [error] = payload["datasetCreate"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["uploads"])
    assert said in error["message"]
    assert await counted(database, Dataset) == 0


async def test_in_an_update_null_clears_and_absent_keeps(ask: Ask) -> None:
    given = {"description": "old", "tags": ["old"], "metadata": {"old": 1}}
    id_ = await created(ask, ONE, **given)

    async def update(**said: Any) -> Any:
        data = await ask(UPDATE, input={"id": id_, **said})
        assert data["datasetUpdate"]["userErrors"] == []
        return data["datasetUpdate"]["dataset"]

    renamed = await update(name="New")
    first = renamed.pop("version")
    assert renamed == {**given, "name": "New"}
    cleared = await update(description=None, tags=None, metadata=None)
    assert cleared.pop("version") == first + 1
    nothing = {"description": None, "tags": [], "metadata": {}}
    assert cleared == {**nothing, "name": "New"}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": None}, ("INVALID", ["name"])),
        ({"name": ""}, ("INVALID", ["name"])),
        ({"metadata": [1]}, ("INVALID", ["metadata"])),
        ({"expectedVersion": 7}, ("CONFLICT", ["expectedVersion"])),
        ({"id": f"dataset_{uuid7().hex}"}, ("NOT_FOUND", ["id"])),
    ],
)
async def test_an_update_that_will_not_do_changes_nothing(
    ask: Ask, given: dict[str, Any], error: tuple[str, list[str]]
) -> None:
    id_ = await created(ask, ONE)
    said = {"id": id_, "description": "new", **given}
    assert errors((await ask(UPDATE, input=said))["datasetUpdate"]) == [error]
    query = "query ($id: ID!) { dataset(id: $id) { description name } }"
    found = await ask(query, id=id_)
    assert found["dataset"] == {"description": None, "name": "Bearing"}


async def test_of_two_updates_of_one_version_the_second_is_told(ask: Ask) -> None:
    id_ = await created(ask, ONE)
    seen = await ask("query ($id: ID!) { dataset(id: $id) { version } }", id=id_)
    given = {"id": id_, "name": "New", "expectedVersion": seen["dataset"]["version"]}
    told = [errors((await ask(UPDATE, input=given))["datasetUpdate"]) for _ in range(2)]
    assert told == [[], [("CONFLICT", ["expectedVersion"])]]


async def test_an_archived_dataset_is_not_processed(ask: Ask) -> None:
    id_ = await created(ask, ONE)
    archived = await ask(ARCHIVE, input={"id": id_})
    assert archived["datasetArchive"]["dataset"] == {"isActive": False}
    refused = await ask(PROCESS, input={"id": id_})
    assert errors(refused["datasetProcess"]) == [("CONFLICT", ["id"])]
    listed = "{ datasets(filter: {isActive: {eq: true}}) { totalCount } }"
    assert (await ask(listed))["datasets"]["totalCount"] == 0
    taken_up = await ask(ARCHIVE, input={"id": id_, "archived": False})
    assert taken_up["datasetArchive"]["dataset"] == {"isActive": True}
    accepted = await ask(PROCESS, input={"id": id_})
    assert accepted["datasetProcess"]["dataset"]["status"] == "PROCESSING"


@pytest.mark.parametrize("status", DatasetStatus)
async def test_a_dataset_is_processed_unless_it_is_being_processed(
    ask: Ask, save: Save, analyst: Actor, status: DatasetStatus
) -> None:
    dataset = await save(a_dataset(analyst, status=status))
    await save(an_upload(analyst, dataset_id=dataset.id))
    told = (await ask(PROCESS, input={"id": spell(dataset)}))["datasetProcess"]
    if status is DatasetStatus.PROCESSING:
        assert errors(told) == [("INVALID_TRANSITION", ["id"])]
    else:
        assert told["dataset"]["status"] == "PROCESSING"


async def test_a_dataset_is_processed_of_its_own_files(
    ask: Ask, save: Save, analyst: Actor
) -> None:
    dataset = await save(a_dataset(analyst))
    await save(an_upload(analyst, dataset_id=dataset.id))
    another = spell(await save(an_upload(analyst)))
    for uploads in ([], [another], [f"file_upload_{uuid7().hex}"]):
        given = {"id": spell(dataset), "uploads": uploads}
        told = (await ask(PROCESS, input=given))["datasetProcess"]
        assert errors(told) == [("INVALID", ["uploads"])]


async def test_while_a_dataset_is_processed_it_stays(ask: Ask, tmp_path: Path) -> None:
    id_ = await created(ask, ONE)
    job = (await ask(PROCESS, input={"id": id_}))["datasetProcess"]["dataset"]["job"]
    refused = (await ask(DELETE, input={"id": id_}))["datasetDelete"]
    assert errors(refused) == [("CONFLICT", ["id"])]
    assert len(kept(tmp_path)) == 1
    await ask(JOB_CANCEL, id=job["id"])
    cancelled = await settled(ask, DATASET, id_)
    assert cancelled["status"] == "FAILED"
    assert cancelled["job"]["status"] == "CANCELLED"
    deleted = (await ask(DELETE, input={"id": id_}))["datasetDelete"]
    assert deleted == {"deletedId": id_, "userErrors": []}
    assert kept(tmp_path) == []


async def test_with_a_dataset_its_files_go(
    ask: Ask, database: Database, tmp_path: Path, worker: None
) -> None:
    id_ = await processed(ask, ONE, gzip.compress(TWO))
    assert len(kept(tmp_path)) == 3
    version = await ask("query ($id: ID!) { dataset(id: $id) { version } }", id=id_)
    given: Any = {"id": id_, "expectedVersion": version["dataset"]["version"] - 1}
    refused = (await ask(DELETE, input=given))["datasetDelete"]
    assert errors(refused) == [("CONFLICT", ["expectedVersion"])]
    given["expectedVersion"] += 1
    deleted = (await ask(DELETE, input=given))["datasetDelete"]
    assert deleted == {"deletedId": id_, "userErrors": []}
    assert kept(tmp_path) == []
    for model in (Dataset, FileUpload, FeatureData):
        assert await counted(database, model) == 0
    gone = (await ask(DELETE, input=given))["datasetDelete"]
    assert errors(gone) == [("NOT_FOUND", ["id"])]


async def test_an_administrator_counts_what_there_is(
    ask: Ask, save: Save, someone: Someone
) -> None:
    admin, count = await someone(BaseRole.ADMIN), "{ datasets { totalCount } }"
    assert await ask(count, admin) == {"datasets": {"totalCount": 0}}
    for _ in range(3):
        await save(a_dataset(await someone()))
    assert await ask(count, admin) == {"datasets": {"totalCount": 3}}
