"""Whole datasets are put to models, and the answers fetched as a file."""

import csv as reader
import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from compute.learning import batches as computed
from compute.tables import arrow
from compute.tables.exports import export
from db.models import ArtifactKind, Model, ModelTask, ModelVersionStatus
from resolvers.access import Actor
from resolvers.equipment import Equipment
from resolvers.errors import Exhausted
from resolvers.models import batches
from resolvers.models.choices import Which
from schema.ids import spell
from tests.compute.artifacts import made
from tests.conftest import As, Ask, Save, Someone
from tests.factories import a_dataset, a_version, an_upload
from tests.journeys import DATASET, ERRORS, SECONDS, csv, errors, processed
from tests.journeys import kept as stored
from tests.modelling import a_batch, a_model, a_model_version
from tests.models.trained import Spam, kept, put, spam
from tests.waiting import until_told
from tests.web import bearer, web

__all__ = ["bearer", "kept", "spam", "web"]

START = f"""mutation ($input: BatchPredictionStartInput!) {{
  batchPredictionStart(input: $input) {{ batchPrediction {{ id rowCount url
    job {{ status task }} datasetVersion {{ id }} modelVersion {{ number }} }}
  idempotencyReplayed {ERRORS} }} }}"""
CANCEL = f"""mutation ($id: ID!) {{ batchPredictionCancel(input: {{id: $id}}) {{
  batchPrediction {{ job {{ status }} }} {ERRORS} }} }}"""
FOUND = """query ($id: ID!) { batchPrediction(id: $id) { url failedCount fileSize sha256
  errorMessage job { status error progress } } }"""
ENDED = {"COMPLETED", "FAILED", "CANCELLED"}
ROWS = [["claim your free prize", "=1+1"], ["bring bread", "@a"], ["", "b"]]
MESSAGES = csv(["text", "note"], ROWS)


async def start(spam: Spam, **given: Any) -> Any:
    asked = {"modelVersion": spell(spam.version), **given}
    return (await spam.ask(START, input=asked))["batchPredictionStart"]


async def ended(ask: Ask, id_: str) -> Any:
    """A batch, once its job has ended."""

    async def look() -> Any:
        found = (await ask(FOUND, id=id_))["batchPrediction"]
        return found if found["job"]["status"] in ENDED else None

    return await until_told(look, SECONDS)


async def done(spam: Spam, content: bytes, **given: Any) -> tuple[str, Any]:
    """The id of a batch that was put to the model, and how it ended."""
    dataset = await processed(spam.ask, content)
    payload = await start(spam, dataset=dataset, **given)
    assert errors(payload) == []
    id_ = payload["batchPrediction"]["id"]
    return id_, await ended(spam.ask, id_)


async def fetched(web: httpx.AsyncClient, id_: str, form: str) -> httpx.Response:
    return await web.get(f"/batches/{id_}.{form}")


async def test_every_row_is_answered_and_the_answers_are_fetched(
    spam: Spam, worker: None, web: httpx.AsyncClient
) -> None:
    id_, found = await done(spam, MESSAGES)
    assert found["job"] == {"status": "COMPLETED", "error": None, "progress": 1.0}
    assert (found["failedCount"], found["url"]) == (1, f"/batches/{id_}.parquet")
    answer = await web.get(found["url"])
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == found["sha256"]
    assert len(answer.content) == int(found["fileSize"])
    table = arrow.parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    assert [one["predicted_label"] for one in table] == ["spam", "ham", None]
    assert [one["error"] for one in table] == [None, None, "column 'text' is empty"]
    for (text, _), one in zip(ROWS[:2], table, strict=False):
        told = (await spam.predict(text=text))["prediction"]
        assert (one["text"], one["confidence"]) == (text, told["confidence"])


async def test_a_spreadsheet_takes_no_cell_for_a_formula(
    spam: Spam, worker: None, web: httpx.AsyncClient
) -> None:
    id_, _ = await done(spam, MESSAGES)
    answer = await fetched(web, id_, "csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f"{id_}.csv" in answer.headers["content-disposition"]
    rows = [*reader.DictReader(io.StringIO(answer.text))]
    assert [one["note"] for one in rows] == ["'=1+1", "'@a", "b"]
    assert [one["predicted_label"] for one in rows] == ["spam", "ham", ""]


def test_a_header_is_no_formula_either(tmp_path: Path) -> None:
    source, target = tmp_path / "rows", tmp_path / "rows.csv"
    columns = {"=a": ["-1", "\tb", None, "c-d"], "e": [-1, 2, 3, None]}
    arrow.parquet.write_table(arrow.pa.table(columns), source)
    size = export(str(source), str(target))
    rows = [*reader.reader(io.StringIO(target.read_bytes().decode()))]
    assert rows == [["'=a", "e"], ["'-1", "-1"], ["'\tb", "2"], ["", "3"], ["c-d", ""]]
    assert size == target.stat().st_size


async def test_a_result_is_fetched_by_whose_it_is(
    spam: Spam, worker: None, web: httpx.AsyncClient, someone: Someone
) -> None:
    id_, _ = await done(spam, MESSAGES)
    for path, status in (
        (f"/batches/{id_}.xlsx", 404),
        (f"/batches/{id_}", 404),
        (f"/batches/batch_prediction_{'0' * 32}.csv", 404),
        ("/batches/nothing.csv", 400),
    ):
        answer = await web.get(path)
        assert (answer.status_code, "errors" in answer.json()) == (status, True), path
    answer = await web.post(f"/batches/{id_}.csv")
    assert answer.status_code == 405
    answer = await web.get(f"/batches/{id_}.csv", headers={"authorization": ""})
    assert answer.status_code == 401


async def test_a_result_that_is_not_there_is_a_conflict(
    spam: Spam, web: httpx.AsyncClient, worker: None
) -> None:
    id_, found = await done(spam, MESSAGES, modelVersion=await broken(spam))
    assert found["job"]["status"] == "FAILED"
    assert found["errorMessage"] == found["job"]["error"]
    assert found["errorMessage"] == "the model's file is not the one that was stored"
    assert found["url"] is None
    assert not any(one.startswith("batches/") for one in stored(spam.home))
    answer = await fetched(web, id_, "csv")
    assert answer.status_code == 409
    assert "not the one that was stored" in answer.text


async def broken(spam: Spam) -> str:
    return spell(await spam.another(2, sha256="1" * 64))


async def test_a_batch_is_stopped_while_it_waits(
    spam: Spam, ask: Ask, analyst: Actor
) -> None:
    asked = {"datasetVersion": await described(spam, analyst)}
    id_ = (await start(spam, **asked))["batchPrediction"]["id"]
    payload = (await ask(CANCEL, id=id_))["batchPredictionCancel"]
    assert payload["batchPrediction"]["job"]["status"] == "CANCELLED"
    found = (await ask(FOUND, id=id_))["batchPrediction"]
    assert found["errorMessage"] == "it was cancelled"
    again = (await ask(CANCEL, id=id_))["batchPredictionCancel"]
    assert errors(again) == [("INVALID_TRANSITION", ["id"])]


async def test_under_one_key_a_batch_is_begun_once(spam: Spam, analyst: Actor) -> None:
    version = await described(spam, analyst)
    asked = {"datasetVersion": version, "idempotencyKey": "k"}
    first, again = await start(spam, **asked), await start(spam, **asked)
    assert again["idempotencyReplayed"]
    assert again["batchPrediction"]["id"] == first["batchPrediction"]["id"]


async def described(spam: Spam, owner: Actor) -> str:
    """The id of a dataset version that is described, and of which there is no file."""
    dataset = await spam.save(a_dataset(owner))
    upload = await spam.save(an_upload(owner, dataset_id=dataset.id))
    columns = [{"name": "text", "type": "text", "nullable": False}]
    return spell(await spam.save(a_version(dataset, upload, schema=columns)))


@pytest.mark.parametrize(
    ("names", "row", "said"),
    [
        (["words", "note"], ["a", "b"], "the model asks for column 'text'"),
        (["text", "note"], [1, 2], "column 'text' is of kind integer"),
    ],
)
async def test_data_that_do_not_fit_are_told_at_once(
    spam: Spam, worker: None, names: list[str], row: list[Any], said: str
) -> None:
    dataset = await processed(spam.ask, csv(names, [row] * 2))
    payload = await start(spam, dataset=dataset)
    assert errors(payload) == [("INVALID", ["dataset"])]
    assert payload["userErrors"][0]["message"].startswith(said)


async def test_a_batch_is_of_one_s_own_data_and_model(
    spam: Spam, worker: None, someone: Someone
) -> None:
    dataset = await processed(spam.ask, MESSAGES)
    assert errors(await start(spam)) == [("INVALID", ["dataset"])]
    old = await spam.another(2, status=ModelVersionStatus.ARCHIVED)
    payload = await start(spam, dataset=dataset, modelVersion=spell(old))
    assert errors(payload) == [("MODEL_ARCHIVED", ["modelVersion"])]
    nothing = f"dataset_{'0' * 32}"
    assert errors(await start(spam, dataset=nothing)) == [("NOT_FOUND", ["dataset"])]
    asked = {"modelVersion": spell(spam.version), "dataset": dataset}
    payload = await spam.ask(START, await someone(), input=asked)
    assert errors(payload["batchPredictionStart"]) == [("NOT_FOUND", ["modelVersion"])]
    found = (await spam.ask(DATASET, id=dataset))["dataset"]["versions"]["nodes"]
    payload = await start(spam, datasetVersion=found[0]["id"])
    assert errors(payload) == []


async def test_many_rows_are_answered_some_at_a_time(
    spam: Spam, worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computed, "AT_ONCE", 7)
    rows = [[f"dinner {n}", "x"] for n in range(40)]
    _, found = await done(spam, csv(["text", "predicted_label"], rows))
    assert (found["failedCount"], found["job"]["status"]) == (0, "COMPLETED")
    path = next((spam.home / "files" / "batches").iterdir())
    table = arrow.parquet.read_table(path).to_pydict()
    assert table["text"] == [text for text, _ in rows]
    assert {*table["predicted_label"]} == {"x"}
    assert {*table["predicted_label_"]} <= {"ham", "spam"}


async def test_a_model_of_others_is_put_to_its_own_process(
    spam: Spam,
    worker: None,
    save: Save,
    analyst: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 3)
    model: Model = await save(a_model(analyst, task=ModelTask.CLASSIFICATION))
    estimator, names = made.logistic(), ["a", "b", "c", "d"]
    estimator.feature_names_in_ = np.array(names, object)
    content = made.as_skops(estimator)
    kept_as = {"artifact": ArtifactKind.SKOPS, "sha256": made.sha256(content)}
    version = await save(a_model_version(model, signature_source="file", **kept_as))
    put(spam.home, version, content)
    rows = [[n + 0.5, 4.0, 3.0, 2.0] for n in range(8)]
    given = {"modelVersion": spell(version)}
    _, found = await done(spam, csv(names, rows), **given)
    assert (found["failedCount"], found["job"]["status"]) == (0, "COMPLETED")


async def test_results_count_among_the_files_of_one_user(
    spam: Spam, analyst: Actor, as_: As, equipment: Equipment
) -> None:
    most = spam.version.file_size + 50
    few = replace(equipment.policy, storage_bytes=most)
    context = replace(as_(), equipment=replace(equipment, policy=few))
    about = (Which(version=spam.version.id), None, spam.version.id)
    await batches.meant(context, *about)
    await spam.save(a_batch(spam.version, file_size=most))
    with pytest.raises(Exhausted):
        await batches.meant(context, *about)
