"""Models are asked, and what they answer is kept."""

from typing import Any

import pytest

from compute.learning.files import load
from db.models import Model, ModelTask, ModelVersionStatus, Prediction
from db.session import Database
from resolvers.access import Actor, BaseRole
from schema.ids import spell
from tests.compute.artifacts import made
from tests.conftest import Ask, Save, Someone
from tests.journeys import counted, errors, last_entries
from tests.modelling import a_model, a_model_version, an_alias
from tests.models.trained import PREDICT, Spam, kept, put, spam

__all__ = ["kept", "spam"]

FREE = "claim your free prize now"
BY_NAME = {"modelVersion": None, "modelName": "messages"}


async def test_a_message_is_labelled_and_the_answer_is_kept(
    spam: Spam, database: Database
) -> None:
    payload = await spam.predict(text=FREE)
    assert errors(payload) == []
    told = payload["prediction"]
    assert (told["status"], told["label"], told["task"]) == ("SUCCESS", "spam", "SPAM")
    assert (told["inputText"], told["inputData"]) == (FREE, {"text": FREE})
    assert told["outputData"]["label"] == "spam"
    assert 0.5 < told["confidence"] <= 1
    assert told["inferenceTimeMs"] >= 0
    assert (told["source"], told["explanation"]) == ("api", None)
    assert (told["logs"]["nodes"], payload["warnings"]) == ([], [])
    assert await last_entries(database, 1) == [("predict", "success", "")]


async def test_what_is_answered_is_what_the_model_says_itself(spam: Spam) -> None:
    path = spam.home / "files" / spam.version.file_path
    model = load(path, spam.kept.trained.sha256)
    for text in (FREE, "bring bread for dinner", "", "ÿ 你好 " * 2_000):
        [said] = model.answers([{"text": text}], explained=True)
        told = (await spam.predict(text=text, explain=True))["prediction"]
        assert (told["label"], told["confidence"]) == (said.label, said.confidence)
        assert told["explanation"] == said.explanation


async def test_an_explanation_adds_up_to_its_score(spam: Spam) -> None:
    told = (await spam.predict(text=FREE, explain=True))["prediction"]["explanation"]
    parts = sum(one["contribution"] for one in told["contributions"])
    assert parts + told["base"] + told["rest"] == pytest.approx(told["score"])


async def test_a_version_is_asked_by_number_label_alias_or_none_of_these(
    spam: Spam, save: Save
) -> None:
    second = await spam.another(2, label="1.2.0")
    await spam.another(3, status=ModelVersionStatus.DEPRECATED)
    model = spell(spam.model)
    for number, given in (
        (1, {"model": model, "number": 1}),
        (2, {"model": model, "label": "1.2.0"}),
        (2, {"model": model}),
        (2, {"modelName": "messages"}),
        (3, {"modelName": "messages", "number": 3}),
    ):
        payload = await spam.predict(text=FREE, **given)
        assert payload["prediction"]["modelVersion"]["number"] == number, given
    await save(an_alias(spam.version), an_alias(second, alias="next"))
    for number, given in (
        (1, {"model": model}),
        (2, {"model": model, "alias": "next"}),
    ):
        payload = await spam.predict(text=FREE, **given)
        assert payload["prediction"]["modelVersion"]["number"] == number, given


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"modelVersion": None}, ["modelVersion"]),
        ({"modelName": "messages"}, ["modelVersion"]),
        ({**BY_NAME, "number": 1, "label": "a"}, ["label"]),
        ({"number": 1}, ["number"]),
        ({}, ["data"]),
        ({"text": "a", "data": {"text": "a"}}, ["data"]),
        ({"data": ["a"]}, ["data"]),
        ({"data": {}}, ["data", "text"]),
        ({"data": {"text": "a", "more_of_it": 1}}, ["data", "more_of_it"]),
        ({"data": {"text": 1}}, ["data", "text"]),
        ({"text": "a" * 100_001}, ["text"]),
        ({"data": {"text": "a", "x": "b" * 2**20}}, ["data"]),
        ({"text": "a", "source": ""}, ["source"]),
        ({"text": "a", "source": "s" * 51}, ["source"]),
        ({"text": "a", "source": "shadow"}, ["source"]),
    ],
)
async def test_what_cannot_be_asked_is_told_with_its_place(
    spam: Spam, database: Database, given: dict[str, Any], field: list[str]
) -> None:
    asked = {"modelVersion": spell(spam.version)} | given
    payload = (await spam.ask(PREDICT, input=asked))["predict"]
    assert errors(payload) == [("INVALID", field)]
    [error] = payload["userErrors"]
    assert not error["message"][0].isupper()
    assert not error["message"].endswith(".")
    assert (payload["prediction"], await counted(database, Prediction)) == (None, 0)


async def test_an_archived_version_refuses_at_once(
    spam: Spam, database: Database
) -> None:
    assert errors(await spam.predict(text=FREE)) == []
    async with database.write.begin() as session:
        version = await session.merge(spam.version)
        version.status = ModelVersionStatus.ARCHIVED
    payload = await spam.predict(text=FREE)
    assert errors(payload) == [("MODEL_ARCHIVED", ["modelVersion"])]
    assert errors(await spam.predict(text=FREE, modelName="messages")) == [
        ("NOT_FOUND", ["modelName"])
    ]
    assert await counted(database, Prediction) == 1


async def test_a_deprecated_version_answers_and_warns(spam: Spam) -> None:
    old = await spam.another(2, status=ModelVersionStatus.DEPRECATED)
    payload = await spam.predict(text=FREE, modelVersion=spell(old), log=True)
    warning = "version 2 of 'messages' is deprecated"
    assert (payload["warnings"], errors(payload)) == ([warning], [])
    lines = payload["prediction"]["logs"]["nodes"]
    assert {one["level"] for one in lines} == {"INFO", "WARNING"}


async def test_a_file_that_is_never_loaded_is_never_asked(spam: Spam) -> None:
    why = "a pickle can run whatever its author likes"
    version = await spam.another(2, loadable=False, warnings=[why])
    payload = await spam.predict(text=FREE, modelVersion=spell(version))
    assert errors(payload) == [("INVALID", ["modelVersion"])]
    assert why in payload["userErrors"][0]["message"]


@pytest.mark.parametrize("content", [b"", b"something else", None])
async def test_a_model_that_fails_is_told_and_kept_and_others_go_on(
    spam: Spam, database: Database, content: bytes | None
) -> None:
    broken = await spam.another(2, sha256="1" * 64)
    if content is None:
        (spam.home / "files" / broken.file_path).unlink()
    else:
        put(spam.home, broken, content)
    payload = await spam.predict(text=FREE, modelVersion=spell(broken))
    assert errors(payload) == [("INVALID", ["data"])]
    told = payload["prediction"]
    assert (told["status"], told["label"]) == ("FAILED", None)
    assert told["errorMessage"] == payload["userErrors"][0]["message"]
    assert told["errorMessage"].startswith("the model cannot be loaded: ")
    assert [one["level"] for one in told["logs"]["nodes"]] == ["ERROR"]
    assert errors(await spam.predict(text=FREE)) == []
    assert await last_entries(database, 2) == [
        ("predict", "failure", "INVALID"),
        ("predict", "success", ""),
    ]


async def test_under_one_key_a_model_is_asked_once(spam: Spam) -> None:
    first = await spam.predict(text=FREE, idempotencyKey="k")
    again = await spam.predict(text=FREE, idempotencyKey="k")
    assert again["idempotencyReplayed"]
    assert again["prediction"]["id"] == first["prediction"]["id"]
    other = await spam.predict(text="another", idempotencyKey="k")
    assert errors(other) == [("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])]


async def test_what_is_anothers_does_not_exist(spam: Spam, someone: Someone) -> None:
    stranger = await someone()
    for given in ({"modelVersion": spell(spam.version)}, {"modelName": "messages"}):
        asked = {"text": FREE, **given}
        payload = (await spam.ask(PREDICT, stranger, input=asked))["predict"]
        assert errors(payload) == [("NOT_FOUND", [*given])]


async def test_a_viewer_may_not_ask(spam: Spam, someone: Someone, ask: Ask) -> None:
    viewer = await someone(BaseRole.VIEWER)
    asked = {"text": FREE, "modelVersion": spell(spam.version)}
    with pytest.raises(AssertionError, match="this takes the permission PREDICT"):
        await ask(PREDICT, viewer, input=asked)


async def test_which_version_is_asked_takes_one_statement(
    spam: Spam, statements: list[str]
) -> None:
    await spam.predict(modelName="messages", text=FREE)  # the model is loaded
    statements.clear()
    query = PREDICT.replace("modelVersion { number }", "").split("\n")
    shown = "prediction { id label confidence } userErrors { code } } }"
    asked = {"modelName": "messages", "text": FREE}
    await spam.ask(f"{query[0]} {shown}", input=asked)
    assert sum("FROM model_versions" in one for one in statements) == 1
    assert sum(one.startswith("SELECT") for one in statements) <= 3


async def test_a_model_of_others_is_asked_in_a_process_of_its_own(
    spam: Spam, save: Save, analyst: Actor
) -> None:
    model: Model = await save(a_model(analyst, task=ModelTask.CLASSIFICATION))
    content = made.as_onnx(made.logistic())
    about = {"artifact": "onnx", "sha256": made.sha256(content)}
    version = await save(a_model_version(model, signature_source="file", **about))
    put(spam.home, version, content)
    asked = {"modelVersion": spell(version)}
    payload = await spam.predict(data=made.INPUT, **asked)
    assert errors(payload) == []
    assert payload["prediction"]["label"] == made.LABELS[0]
    assert payload["warnings"] == []
    payload = await spam.predict(data=made.INPUT, explain=True, **asked)
    [warning] = payload["warnings"]
    assert "explains nothing; models that are trained here do" in warning
    payload = await spam.predict(data={"features": ["x"]}, **asked)
    assert errors(payload) == [("INVALID", ["data"])]
    assert payload["prediction"]["status"] == "FAILED"
