"""Training jobs: from a dataset to a version of a model."""

import asyncio
import hashlib
from pathlib import Path

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from db.models import ModelAlias, TrainingJob
from db.session import Database
from resolvers.access import Actor
from resolvers.equipment import Equipment
from resolvers.models import training
from tests.conftest import Ask, Listen, Someone
from tests.journeys import counted, errors, kept, last_entries
from tests.models.learning import (
    START,
    TRAINED,
    ended,
    learnt_from,
    machines,
    messages,
    start,
    started,
    trained,
)
from tests.waiting import SECONDS
from tests.worlds import working

WATCH = """subscription ($id: ID!) { trainingJobProgress(id: $id) {
  trainingJob { status progress modelVersion { number } } lines } }"""


async def test_a_dataset_becomes_a_version_with_figures_and_lineage(
    ask: Ask, analyst: Actor, dataset: str, worker: None, tmp_path: Path
) -> None:
    made = await trained(ask, dataset=dataset, label="1.0.0", alias="production")
    assert (made["status"], made["errorMessage"]) == ("COMPLETED", None)
    assert made["progress"] == 1.0
    assert made["model"]["name"] == "filter"
    assert made["model"]["task"] == "SPAM"
    version = made["modelVersion"]
    assert (version["number"], version["label"]) == (1, "1.0.0")
    assert (version["framework"], version["artifact"]) == ("heliograph", "HELIOGRAPH")
    assert (version["algorithm"], version["signatureSource"]) == (
        "linear_svm",
        "training",
    )
    assert version["trainingJob"]["id"] == made["id"]
    assert version["datasetVersion"]["id"] == made["datasetVersion"]["id"]
    assert version["createdBy"]["id"].endswith(analyst.user_id.hex)  # type: ignore[union-attr]
    assert version["aliases"]["nodes"] == [{"alias": "production"}]
    assert version["loadable"]
    figures = made["figures"]
    assert (
        0.8 < made["accuracy"] == figures["accuracy"] == version["metrics"]["accuracy"]
    )
    assert made["f1Score"] == figures["f1"] == version["metrics"]["f1"]
    assert version["metrics"]["ece"] == figures["calibration"]["ece"]
    assert version["metadata"]["figures"] == figures
    [file] = [key for key in kept(tmp_path) if key.startswith("models/")]
    content = (tmp_path / "files" / file).read_bytes()
    assert len(hashlib.sha256(content).hexdigest()) == 64


async def test_a_second_training_makes_the_second_version(
    ask: Ask, dataset: str, worker: None
) -> None:
    first = await trained(ask, dataset=dataset)
    second = await trained(ask, datasetVersion=first["datasetVersion"]["id"], seed=1)
    assert second["model"]["id"] == first["model"]["id"]
    assert [one["number"] for one in second["model"]["versions"]["nodes"]] == [2, 1]
    given = {"modelName": None, "model": first["model"]["id"]}
    third = await trained(ask, dataset=dataset, **given)
    assert third["modelVersion"]["number"] == 3
    assert third["figures"] == first["figures"]


async def test_rows_of_columns_become_models_of_labels_and_of_numbers(
    ask: Ask, worker: None
) -> None:
    dataset = await learnt_from(ask, machines(200))
    given = {"dataset": dataset, "task": "CLASSIFICATION", "target": "fails"}
    features = ["load", "heat", "kind"]
    labels = await trained(ask, modelName="failing", features=features, **given)
    assert labels["errorMessage"] is None
    assert labels["accuracy"] > 0.85
    assert labels["model"]["task"] == "CLASSIFICATION"
    given = {"dataset": dataset, "task": "REGRESSION", "target": "wear"}
    parameters = {"alpha": 0.5}
    ridge = {"algorithm": "RIDGE_REGRESSION", "parameters": parameters}
    numbers = await trained(ask, modelName="wear", features=features, **ridge, **given)
    assert numbers["modelVersion"]["metrics"]["r2"] > 0.9
    assert numbers["modelVersion"]["metadata"]["parameters"] == parameters
    assert (numbers["accuracy"], numbers["f1Score"]) == (None, None)
    assert numbers["model"]["task"] == "REGRESSION"


async def test_a_model_has_versions_of_one_task(ask: Ask, worker: None) -> None:
    news = await learnt_from(ask, messages(120, "news", "ham"))
    made = await trained(ask, dataset=news)
    assert made["model"]["task"] == "CLASSIFICATION"
    spam = await learnt_from(ask, messages(120, "spam", "ham"))
    narrower = await trained(ask, dataset=spam)
    assert narrower["modelVersion"]["number"] == 2
    wear = await learnt_from(ask, machines(50))
    payload = await start(ask, dataset=wear, task="REGRESSION", target="wear")
    assert errors(payload) == [("INVALID", ["task"])]
    assert "'filter' is for classification" in payload["userErrors"][0]["message"]


async def test_whoever_watches_is_told_each_line_of_the_log_once(
    ask: Ask, listen: Listen, dataset: str, worker: None
) -> None:
    id_ = await started(ask, dataset=dataset)
    async with asyncio.timeout(SECONDS):
        told = [one["trainingJobProgress"] async for one in await listen(WATCH, id=id_)]
    states = [one["trainingJob"] for one in told]
    shares = [one["progress"] for one in states]
    assert shares == sorted(shares)
    assert states[-1]["status"] == "COMPLETED"
    assert states[-1]["modelVersion"] == {"number": 1}
    lines = [line for one in told for line in one["lines"]]
    assert len(lines) >= 5
    assert lines == (await ask(TRAINED, id=id_))["trainingJob"]["job"]["logLines"]


@given(st.lists(st.text("abc", max_size=4), max_size=30), st.integers(20, 80))
def test_of_a_log_that_loses_its_beginning_no_line_is_told_twice(
    words: list[str], most: int
) -> None:
    told, log, heard = "", "", list[str]()
    for number, word in enumerate(words):
        log = f"{log}{number} {word}\n"[-most:]
        heard += training.since(told, log)
        told = log
    assert heard == [f"{number} {word}" for number, word in enumerate(words)]


async def test_what_cannot_be_had_in_the_end_is_said_by_the_version(
    ask: Ask, dataset: str, equipment: Equipment
) -> None:
    given = {"dataset": dataset, "label": "1.0", "alias": "production"}
    ids = [await started(ask, **given, seed=seed) for seed in range(2)]
    async with working(equipment):
        first, second = [await ended(ask, id_) for id_ in ids]
    assert first["modelVersion"]["label"] == "1.0"
    assert first["modelVersion"]["warnings"] == []
    assert second["status"] == "COMPLETED"
    assert second["modelVersion"]["label"] is None
    [warning] = second["modelVersion"]["warnings"]
    assert "label '1.0'" in warning
    assert second["modelVersion"]["aliases"]["nodes"] == [{"alias": "production"}]
    assert errors(await start(ask, **given)) == [("CONFLICT", ["label"])]


async def test_a_protected_alias_is_not_moved_by_training(
    ask: Ask, dataset: str, equipment: Equipment, database: Database
) -> None:
    given = {"dataset": dataset, "alias": "production"}
    async with working(equipment):
        await trained(ask, **given)
    waiting = await started(ask, **given)
    async with database.write.begin() as session:
        await session.execute(sa.update(ModelAlias).values(protected=True))
    assert errors(await start(ask, **given)) == [("CONFLICT", ["alias"])]
    async with working(equipment):
        made = await ended(ask, waiting)
    assert made["status"] == "COMPLETED"
    assert made["modelVersion"]["aliases"]["nodes"] == []
    [warning] = made["modelVersion"]["warnings"]
    assert "'production' was not moved" in warning


async def test_what_is_started_twice_under_a_key_is_trained_once(
    ask: Ask, dataset: str, database: Database
) -> None:
    given = {"dataset": dataset, "idempotencyKey": "once"}
    first, again = await start(ask, **given), await start(ask, **given)
    assert again["trainingJob"]["id"] == first["trainingJob"]["id"]
    assert (first["idempotencyReplayed"], again["idempotencyReplayed"]) == (False, True)
    assert await counted(database, TrainingJob) == 1
    other = await start(ask, **given, seed=3)
    assert errors(other) == [("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])]


async def test_others_data_are_not_learnt_from(
    ask: Ask, dataset: str, someone: Someone
) -> None:
    stranger = await someone()
    input_ = {"task": "TEXT_CLASSIFICATION", "target": "label", "modelName": "mine"}
    asked = {**input_, "dataset": dataset}
    payload = (await ask(START, stranger, input=asked))["trainingJobStart"]
    assert errors(payload) == [("NOT_FOUND", ["dataset"])]


async def test_begin_and_end_are_in_the_audit(
    ask: Ask, dataset: str, worker: None, database: Database
) -> None:
    await trained(ask, dataset=dataset)
    assert await last_entries(database, 2) == [
        ("trainingJobStart", "success", ""),
        ("job.modelTrain", "success", ""),
    ]
