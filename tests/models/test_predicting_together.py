"""Many inputs at once, the same input again, and whoever watches."""

import asyncio
from typing import Any

import httpx
import pytest

from compute.learning import files
from db.models import Model, ModelVersionStatus, Prediction
from db.session import Database
from resolvers.access import Actor
from resolvers.equipment import ModelFile
from resolvers.models import asking
from schema.ids import spell
from server.models import WarmModels
from server.store import FolderStore
from tests.conftest import As, Listen, Save
from tests.journeys import ERRORS, codes, counted, errors, last_entries
from tests.modelling import a_model, an_alias
from tests.models.trained import BATCH, PREDICT, Spam, kept, spam
from tests.web import bearer, web

__all__ = ["bearer", "kept", "spam", "web"]

TEXTS = ("claim your free prize now", "bring bread for dinner", "")
REPLAY = f"""mutation ($input: PredictionReplayInput!) {{
  predictionReplay(input: $input) {{ prediction {{ id source label inputText
    origin {{ id }} modelVersion {{ number }} }} warnings {ERRORS} }} }}"""
CREATED = """subscription ($model: ID, $version: ID, $after: String) {
  predictionCreated(model: $model, modelVersion: $version, after: $after) {
    cursor prediction { id label source } } }"""


async def test_many_are_answered_in_their_order_and_audited_as_one(
    spam: Spam, database: Database
) -> None:
    payload = await spam.batch(*TEXTS, source="mail")
    assert errors(payload) == []
    told = payload["predictions"]
    assert [one["inputText"] for one in told] == [*TEXTS]
    assert [one["label"] for one in told][:2] == ["spam", "ham"]
    assert {one["source"] for one in told} == {"mail"}
    for text, one in zip(TEXTS, told, strict=True):
        alone = (await spam.predict(text=text))["prediction"]
        assert alone["label"] == one["label"]
    assert (await last_entries(database, 4))[0] == ("predictBatch", "success", "")


async def test_of_many_one_that_will_not_do_refuses_all(
    spam: Spam, database: Database
) -> None:
    data = [{"text": "a"}, {"text": "b"}, {"text": 3}]
    payload = await spam.batch(data=data)
    assert errors(payload) == [("INVALID", ["data", "2", "text"])]
    assert await counted(database, Prediction) == 0


@pytest.mark.parametrize("count", [0, 1_001])
async def test_too_many_are_pointed_to_the_worker(spam: Spam, count: int) -> None:
    payload = await spam.batch(*["a"] * count)
    assert errors(payload) == [("INVALID", ["data"])]
    assert "batchPredictionStart" in payload["userErrors"][0]["message"]


async def test_a_thousand_are_kept_in_one_go(spam: Spam, database: Database) -> None:
    payload = await spam.batch(*(f"dinner {n}" for n in range(1_000)))
    assert len(payload["predictions"]) == 1_000
    assert await counted(database, Prediction) == 1_000


async def test_under_one_key_many_are_kept_once(spam: Spam, database: Database) -> None:
    first = await spam.batch(*TEXTS, idempotencyKey="k")
    again = await spam.batch(*TEXTS, idempotencyKey="k")
    assert again["idempotencyReplayed"]
    assert again["predictions"] == first["predictions"]
    assert await counted(database, Prediction) == 3


async def test_each_of_many_that_failed_is_told(spam: Spam, database: Database) -> None:
    broken = await spam.another(2, sha256="1" * 64)
    payload = await spam.batch("a", "b", modelVersion=spell(broken))
    assert errors(payload) == [("INVALID", ["data", str(n)]) for n in range(2)]
    assert {one["status"] for one in payload["predictions"]} == {"FAILED"}


async def test_another_version_is_asked_the_same_again(spam: Spam) -> None:
    second = await spam.another(2)
    first = (await spam.predict(text=TEXTS[0]))["prediction"]
    asked = {"prediction": first["id"], "modelVersion": spell(second)}
    payload = (await spam.ask(REPLAY, input=asked))["predictionReplay"]
    assert errors(payload) == []
    told = payload["prediction"]
    assert told.pop("id") != first["id"]
    assert told == {
        "source": "replay",
        "label": first["label"],
        "inputText": TEXTS[0],
        "origin": {"id": first["id"]},
        "modelVersion": {"number": 2},
    }
    asked["prediction"] = f"prediction_{'0' * 32}"
    payload = (await spam.ask(REPLAY, input=asked))["predictionReplay"]
    assert errors(payload) == [("NOT_FOUND", ["prediction"])]


async def test_a_shadow_is_asked_besides(spam: Spam, save: Save) -> None:
    second = await spam.another(2)
    await save(an_alias(second, alias="next"))
    for shadow in ({"shadow": spell(second)}, {"shadowAlias": "next"}):
        payload = await spam.predict(text=TEXTS[0], **shadow)
        [beside] = payload["prediction"]["repetitions"]["nodes"]
        assert (beside["source"], beside["label"]) == ("shadow", "spam")
        assert beside["id"] != payload["prediction"]["id"]
    payload = await spam.batch(*TEXTS, shadow=spell(second))
    assert [one["source"] for one in payload["predictions"]] == ["api"] * 3


async def test_what_becomes_of_a_shadow_never_touches_the_answer(
    spam: Spam, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = await spam.another(2, sha256="1" * 64)
    payload = await spam.predict(text=TEXTS[0], shadow=spell(broken))
    assert (errors(payload), payload["prediction"]["label"]) == ([], "spam")
    [beside] = payload["prediction"]["repetitions"]["nodes"]
    assert beside["status"] == "FAILED"
    gone = await spam.another(3, status=ModelVersionStatus.ARCHIVED)
    for shadow in (spell(gone), f"model_version_{'0' * 32}"):
        payload = await spam.predict(text=TEXTS[0], shadow=shadow)
        assert (errors(payload), payload["prediction"]["label"]) == ([], "spam")
        assert payload["warnings"][0].startswith("the shadow was not asked: ")
    monkeypatch.setattr(asking, "SHADOW", 0.0)
    payload = await spam.predict(text=TEXTS[0], shadow=spell(broken))
    assert payload["warnings"] == ["the shadow had no answer within 0 s"]


async def test_predictions_are_told_as_they_are_made_and_after_a_cursor(
    spam: Spam, save: Save, listen: Listen, analyst: Actor
) -> None:
    other: Model = await save(a_model(analyst))
    first = (await spam.predict(text=TEXTS[0]))["prediction"]
    told = await listen(CREATED, model=spell(spam.model), after="0")
    elsewhere = await listen(CREATED, model=spell(other), after="0")
    of_version = await listen(CREATED, version=spell(spam.version), after="0")
    waiting = asyncio.ensure_future(anext(elsewhere))
    for stream in (told, of_version):
        event = await soon(stream)
        assert event["prediction"]["id"] == first["id"]
    await spam.batch(*TEXTS[:2])
    assert [(await soon(told))["prediction"]["label"] for _ in "12"] == ["spam", "ham"]
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def soon(stream: Any) -> Any:
    async with asyncio.timeout(20):
        return (await anext(stream))["predictionCreated"]


async def test_a_model_is_loaded_once_however_many_ask(
    spam: Spam, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    load = files.load

    def counting(path: Any, sha256: str) -> Any:
        loads.append(sha256)
        return load(path, sha256)

    monkeypatch.setattr(files, "load", counting)
    asked = (spam.predict(text=f"dinner {n}") for n in range(12))
    async with asyncio.timeout(30):
        payloads = await asyncio.gather(*asked)
    assert all(errors(one) == [] for one in payloads)
    assert len(loads) == 1


async def test_models_are_kept_as_long_as_there_is_room(spam: Spam) -> None:
    store = FolderStore(spam.home / "files")
    models = WarmModels(store, 1)
    version, digest = spam.version, spam.kept.trained.sha256
    whose = version.owner_id
    file = ModelFile(version.file_path, digest, trained=True, owner_id=whose)
    [said] = await models.answers(file, [{"text": TEXTS[0]}])
    assert not isinstance(said, str)
    assert models.weight > 1  # the last is always kept
    again = await models.answers(file, [{"text": TEXTS[0]}] * 2_000)
    assert again == [said] * 2_000
    await models.close()


@pytest.mark.parametrize(
    "data", [{"text": float("nan")}, {"text": [[]]}, {"text": "\0"}, {"text": 2**70}]
)
async def test_what_json_cannot_hold_is_a_bad_request(
    as_: As, spam: Spam, data: Any
) -> None:
    for _ in range(25 if data == {"text": [[]]} else 0):
        data = {"text": data}
    one = {"modelVersion": spell(spam.version), "data": data}
    assert await codes(as_, PREDICT, input=one) == ["BAD_REQUEST"]
    several = {**one, "data": [data]}
    assert await codes(as_, BATCH, input=several) == ["BAD_REQUEST"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"NaN", 400),
        (b'{"text": 1e999}', 400),
        (b"[" * 5_000 + b"]" * 5_000, 400),
        (b'{"text": "' + b"a" * 10 * 2**20 + b'"}', 413),
        (b"[" + b"1," * 999_999 + b"1]", 413),
    ],
)
async def test_a_body_that_is_no_question_is_refused_before_anybody_reads_it(
    web: httpx.AsyncClient, data: bytes, status: int
) -> None:
    query = PREDICT.replace("\n", " ").encode()
    body = b'{"query": "%b", "variables": {"input": {"data": %b}}}' % (query, data)
    headers = {"content-type": "application/json"}
    answer = await web.post("/graphql", content=body, headers=headers)
    assert answer.status_code == status
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] in {"BAD_REQUEST", "LIMIT_EXCEEDED"}


async def test_more_rows_than_a_list_may_have_are_refused_by_a_sentence(
    web: httpx.AsyncClient, spam: Spam
) -> None:
    data = [{"text": "a"}] * 1_001
    asked = {"modelVersion": spell(spam.version), "data": data}
    body = {"query": BATCH, "variables": {"input": asked}}
    said = (await web.post("/graphql", json=body)).json()
    [error] = said["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "1000 items of a list" in error["message"]
