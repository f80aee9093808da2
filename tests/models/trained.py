"""Models that were trained on a few messages, and somebody whose they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from compute.learning.plans import Algorithm, Plan, Task, Trained
from compute.learning.training import train
from compute.tables.limits import Limits
from compute.tables.process import process
from db.models import Model, ModelVersion
from resolvers.access import Actor
from schema.ids import spell
from tests.conftest import Ask, Save
from tests.journeys import ERRORS, csv
from tests.modelling import a_model, a_model_version

PREDICT = f"""mutation ($input: PredictInput!) {{ predict(input: $input) {{
  prediction {{ id status label confidence source inputText inputData outputData
    explanation errorMessage inferenceTimeMs task modelVersion {{ number }}
    origin {{ id }} logs {{ nodes {{ level message }} }}
    repetitions {{ nodes {{ id source status label errorMessage }} }} }}
  warnings idempotencyReplayed {ERRORS} }} }}"""
BATCH = f"""mutation ($input: PredictBatchInput!) {{ predictBatch(input: $input) {{
  predictions {{ id status label inputText source }}
  warnings idempotencyReplayed {ERRORS} }} }}"""
THINGS = ("apples", "bread", "cheese", "dates", "eggs", "figs", "honey", "jam", "kale")
SPAM = [f"claim a free prize of {one} {end}" for one in THINGS for end in ("now", "!")]
HAM = [f"bring {one} for dinner {end}" for one in THINGS for end in ("please", "mum")]


@dataclass(frozen=True)
class Kept:
    """A model in a file."""

    content: bytes
    trained: Trained


@dataclass(frozen=True)
class Spam:
    """A model for spam with one version, and somebody who asks it."""

    ask: Ask
    save: Save
    kept: Kept
    home: Path
    model: Model
    version: ModelVersion

    async def predict(self, **given: Any) -> Any:
        """What the mutation answers, of this version if none is said."""
        asked = {"modelVersion": spell(self.version), **given}
        if {"model", "modelName"} & set(given):
            del asked["modelVersion"]
        return (await self.ask(PREDICT, input=asked))["predict"]

    async def batch(self, *texts: str, **given: Any) -> Any:
        data = [{"text": text} for text in texts]
        asked = {"modelVersion": spell(self.version), "data": data, **given}
        return (await self.ask(BATCH, input=asked))["predictBatch"]

    async def another(self, number: int, **columns: Any) -> ModelVersion:
        """One more version, which answers as the first does."""
        said = self.about | {"number": number} | columns
        version = await self.save(a_model_version(self.model, **said))
        put(self.home, version, self.kept.content)
        return version

    @property
    def about(self) -> dict[str, Any]:
        return about(self.kept)


def about(kept: Kept) -> dict[str, Any]:
    """What a version says of its file."""
    trained = kept.trained
    return {
        "sha256": trained.sha256,
        "file_size": trained.size_bytes,
        "input_schema": trained.input_schema,
        "output_schema": trained.output_schema,
    }


def put(home: Path, version: ModelVersion, content: bytes) -> None:
    """Put the file of a version where it is looked for."""
    path = home / "files" / version.file_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    home = tmp_path_factory.mktemp("kept")
    rows = [*((one, "spam") for one in SPAM), *((one, "ham") for one in HAM)]
    return learnt(home, ["text", "label"], rows, Task.TEXT_CLASSIFICATION, "label")


def learnt(home: Path, names: list[str], rows: Any, task: Task, target: str) -> Kept:
    """A model that was trained on some rows."""
    source, table, model = (home / name for name in ("rows.csv", "table", "model"))
    source.write_bytes(csv(names, rows))
    process([str(source)], str(table), Limits())
    trained = train(table, Plan(task, target, algorithm=Algorithm.AUTO), model)
    return Kept(model.read_bytes(), trained)


@pytest.fixture
async def spam(
    ask: Ask, save: Save, analyst: Actor, kept: Kept, tmp_path: Path
) -> Spam:
    model = await save(a_model(analyst, name="messages"))
    version = await save(a_model_version(model, **about(kept)))
    put(tmp_path, version, kept.content)
    return Spam(ask, save, kept, tmp_path, model, version)
