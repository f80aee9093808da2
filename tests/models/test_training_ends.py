"""Training jobs that are stopped, tried again, and left without what they had."""

import asyncio
from pathlib import Path

from resolvers.equipment import Equipment
from tests.conftest import Ask
from tests.journeys import ERRORS, errors, kept
from tests.models.conftest import Learner
from tests.models.learning import (
    CANCEL,
    RETRY,
    TRAINED,
    ended,
    start,
    started,
    trained,
)
from tests.waiting import SECONDS
from tests.worlds import working

DELETE = """mutation ($id: ID!) { datasetDelete(input: {id: $id}) {
  deletedId userErrors { message } } }"""
DELETE_MODEL = f"""mutation ($id: ID!) {{ modelDelete(input: {{id: $id}}) {{
  deletedId {ERRORS} }} }}"""


async def test_what_waits_is_cancelled_at_once_and_may_be_tried_again(
    ask: Ask, dataset: str, equipment: Equipment
) -> None:
    id_ = await started(ask, dataset=dataset)
    payload = (await ask(CANCEL, id=id_))["trainingJobCancel"]
    assert payload["trainingJob"] == {"status": "CANCELLED"}
    for again in (CANCEL, RETRY, RETRY, CANCEL, RETRY):
        [payload] = (await ask(again, id=id_)).values()
        job = payload["trainingJob"]
        refused = errors(payload) == [("INVALID_TRANSITION", ["id"])]
        assert refused != bool(job)
    assert (job["status"], job["attempt"]) == ("QUEUED", 3)
    async with working(equipment):
        made = await ended(ask, id_)
    assert (made["status"], made["attempt"]) == ("COMPLETED", 3)
    assert made["modelVersion"]["number"] == 1
    [payload] = (await ask(RETRY, id=id_)).values()
    assert errors(payload) == [("INVALID_TRANSITION", ["id"])]


async def test_what_runs_is_cancelled_soon_and_leaves_no_version(
    ask: Ask, dataset: str, worker: None, tmp_path: Path, learner: Learner
) -> None:
    id_ = await started(ask, dataset=dataset)
    await asyncio.to_thread(learner.learnt.wait, SECONDS)
    payload = (await ask(CANCEL, id=id_))["trainingJobCancel"]
    assert payload["trainingJob"] == {"status": "RUNNING"}
    learner.may_end.set()
    made = await ended(ask, id_)
    assert (made["status"], made["modelVersion"]) == ("CANCELLED", None)
    assert made["model"]["versions"]["nodes"] == []
    assert not [key for key in kept(tmp_path) if key.startswith("models/")]


async def test_a_training_job_outlives_its_dataset(
    ask: Ask, dataset: str, worker: None
) -> None:
    before = await trained(ask, dataset=dataset)
    await ask(DELETE, id=dataset)
    after = (await ask(TRAINED, id=before["id"]))["trainingJob"]
    assert (after["dataset"], after["datasetVersion"]) == (None, None)
    assert (after["datasetName"], after["modelName"]) == ("Messages", "filter")
    assert after["datasetDigest"] == before["datasetVersion"]["sha256"]
    assert after["figures"] == before["figures"]
    assert after["modelVersion"]["datasetVersion"] is None
    assert after["modelVersion"]["metrics"] == before["modelVersion"]["metrics"]


async def test_without_its_data_a_training_job_fails_and_is_not_tried_again(
    ask: Ask, dataset: str, equipment: Equipment
) -> None:
    id_ = await started(ask, dataset=dataset)
    await ask(DELETE, id=dataset)
    async with working(equipment):
        made = await ended(ask, id_)
    assert made["status"] == "FAILED"
    assert made["errorMessage"] == "the data that it learns from are gone"
    [payload] = (await ask(RETRY, id=id_)).values()
    assert errors(payload) == [("CONFLICT", ["id"])]


async def test_without_its_model_a_training_job_is_not_tried_again(
    ask: Ask, dataset: str
) -> None:
    begun = (await start(ask, dataset=dataset))["trainingJob"]
    [payload] = (await ask(DELETE_MODEL, id=begun["model"]["id"])).values()
    assert errors(payload) == [("CONFLICT", ["id"])]
    await ask(CANCEL, id=begun["id"])
    [payload] = (await ask(DELETE_MODEL, id=begun["model"]["id"])).values()
    assert errors(payload) == []
    [payload] = (await ask(RETRY, id=begun["id"])).values()
    assert errors(payload) == [("CONFLICT", ["id"])]
    kept = (await ask(TRAINED, id=begun["id"]))["trainingJob"]
    assert (kept["model"], kept["modelName"]) == (None, "filter")


async def test_a_dataset_that_goes_while_it_is_learnt_from_is_not_in_the_way(
    ask: Ask, dataset: str, worker: None, learner: Learner
) -> None:
    id_ = await started(ask, dataset=dataset)
    await asyncio.to_thread(learner.learnt.wait, SECONDS)
    await ask(DELETE, id=dataset)
    learner.may_end.set()
    made = await ended(ask, id_)
    assert (made["status"], made["errorMessage"]) == ("COMPLETED", None)
    assert made["modelVersion"]["datasetVersion"] is None
