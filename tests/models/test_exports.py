"""The file of a version is fetched, as it is kept or as ONNX."""

from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from compute.learning.plans import Task
from db.models import ArtifactKind, Model, ModelVersion
from resolvers.access import Actor
from schema.ids import spell
from tests.compute.artifacts import made
from tests.conftest import Ask, Save, Someone
from tests.modelling import a_model, a_model_version
from tests.models.trained import Spam, about, kept, learnt, put, spam
from tests.web import bearer, web

__all__ = ["bearer", "kept", "spam", "web"]

PLACE = "query ($id: ID!) { modelVersion(id: $id) { url } }"
ROWS = [[one, "high" if one > 20 else "low"] for one in range(40)]
ONNX: Any = import_module("onnxruntime")
GRAPH = made.as_onnx(made.logistic())


@pytest.fixture
async def model(save: Save, analyst: Actor) -> Model:
    return await save(a_model(analyst, name="levels"))


@pytest.fixture
def stored(save: Save, model: Model, tmp_path: Path) -> Any:
    """Makes a version of a file."""

    async def store(content: bytes, **columns: Any) -> ModelVersion:
        said = {"sha256": made.sha256(content), **columns}
        version = await save(a_model_version(model, **said))
        put(tmp_path, version, content)
        return version

    return store


async def test_the_file_is_had_as_it_is_kept(
    spam: Spam, ask: Ask, web: httpx.AsyncClient
) -> None:
    id_ = spell(spam.version)
    url = (await ask(PLACE, id=id_))["modelVersion"]["url"]
    assert url == f"/models/versions/{id_}"
    answer = await web.get(url)
    assert (answer.status_code, answer.content) == (200, spam.kept.content)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    named = f'attachment; filename="{id_}"'
    assert answer.headers["content-disposition"] == named


async def test_a_model_of_rows_answers_the_same_as_onnx(
    stored: Any, web: httpx.AsyncClient, tmp_path: Path, ask: Ask
) -> None:
    levels = learnt(tmp_path, ["size", "level"], ROWS, Task.CLASSIFICATION, "level")
    version = await stored(levels.content, **about(levels))
    answer = await web.get(f"/models/versions/{spell(version)}.onnx")
    assert answer.status_code == 200, answer.text
    session = ONNX.InferenceSession(answer.content)
    labels = session.run(["label"], {"size": [[3], [33]]})[0]
    assert list(labels) == ["low", "high"]


async def test_a_graph_is_had_as_it_came(stored: Any, web: httpx.AsyncClient) -> None:
    version = await stored(GRAPH, artifact=ArtifactKind.ONNX, signature_source="file")
    for form in ("", ".onnx"):
        answer = await web.get(f"/models/versions/{spell(version)}{form}")
        assert answer.content == GRAPH


async def test_what_cannot_be_written_as_onnx_says_so(
    spam: Spam, stored: Any, web: httpx.AsyncClient
) -> None:
    pickle = await stored(
        b"\x80\x04.", artifact=ArtifactKind.PICKLE, signature_source=None
    )
    strange = await stored(
        spam.kept.content,
        number=2,
        artifact=ArtifactKind.HELIOGRAPH,
        signature_source="file",
    )
    for version, said in (
        (spam.version, "ONNX, which has no operator for pieces of words"),
        (pickle, "not trained here is had as it came"),
        (strange, "not trained here is had as it came"),
    ):
        answer = await web.get(f"/models/versions/{spell(version)}.onnx")
        assert answer.status_code == 409
        assert said in answer.json()["errors"][0]["message"]


async def test_a_file_is_fetched_by_whose_it_is(
    spam: Spam, save: Save, someone: Someone, web: httpx.AsyncClient
) -> None:
    theirs = a_model_version(await save(a_model(await someone())))
    id_, path = spell(await save(theirs)), "/models/versions/"
    nobodys = f"model_version_{'0' * 32}"
    answers = [await web.get(f"{path}{one}") for one in (id_, nobodys)]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    mine = f"{path}{spell(spam.version)}"
    for given, status in ((f"{mine}.pkl", 404), (f"{mine}.", 404), (f"{path}x", 400)):
        assert (await web.get(given)).status_code == status, given
    assert (await web.post(mine)).status_code == 405
    assert (await web.get(mine, headers={"authorization": ""})).status_code == 401
