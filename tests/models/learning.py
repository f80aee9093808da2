"""What a client does on its way from a table to a version of a model."""

import random
from typing import Any

from tests.conftest import Ask
from tests.journeys import ERRORS, csv, processed
from tests.waiting import until_told

START = f"""mutation ($input: TrainingJobStartInput!) {{
  trainingJobStart(input: $input) {{ trainingJob {{ id status attempt progress
    datasetName datasetDigest modelName config model {{ id name task }} job {{ id }} }}
  idempotencyReplayed {ERRORS} }} }}"""
CANCEL = f"""mutation ($id: ID!) {{ trainingJobCancel(input: {{id: $id}}) {{
  trainingJob {{ status }} {ERRORS} }} }}"""
RETRY = f"""mutation ($id: ID!) {{ trainingJobRetry(input: {{id: $id}}) {{
  trainingJob {{ status attempt errorMessage job {{ id }} }} {ERRORS} }} }}"""
TRAINED = """query ($id: ID!) { trainingJob(id: $id) {
  status attempt progress errorMessage accuracy precision recall f1Score figures
  startedAt completedAt datasetName datasetDigest modelName
  dataset { id } datasetVersion { id sha256 } job { status logLines }
  model { id name task versions { nodes { id number } } }
  modelVersion { id number label status algorithm framework artifact loadable warnings
    inputSchema outputSchema inputExample signatureSource metrics metadata
    createdBy { id } trainingJob { id } datasetVersion { id }
    aliases { nodes { alias } } } } }"""
SAID = {
    "spam": "win free prize cash claim now call offer text",
    "ham": "dinner tonight mum train home late sorry coffee later",
    "news": "parliament votes minister budget report economy court",
}
WORDS = {label: said.split() for label, said in SAID.items()}
"""What is usual in messages of a label."""


def messages(rows: int, *labels: str, seed: int = 0) -> bytes:
    """Messages of some labels, each of words that are usual in one and rare in others.

    One in twenty has the label of another, so that no model is always right.
    """
    chance = random.Random(seed)  # noqa: S311  to be repeatable
    every = sorted({word for label in labels for word in WORDS[label]})
    said: list[list[object]] = []
    for row in range(rows):
        label = labels[row % len(labels)]
        words = [*chance.choices(WORDS[label], k=5), *chance.choices(every, k=3)]
        told = label if chance.random() < 0.95 else chance.choice(labels)
        said.append([told, " ".join(words) + f" {chance.getrandbits(40):x}"])
    return csv(["label", "text"], said)


def machines(rows: int, seed: int = 0) -> bytes:
    """States of machines, whose wear and failing follow from the other columns."""
    chance = random.Random(seed)  # noqa: S311  as above
    names = ["load", "heat", "kind", "wear", "fails"]
    said: list[list[object]] = []
    for _ in range(rows):
        load, heat = round(chance.uniform(0, 1), 4), round(chance.gauss(60, 10), 4)
        kind = chance.choice(["mill", "lathe"])
        wear = round(3 * load + heat / 20 + (kind == "mill") + chance.gauss(0, 0.1), 4)
        said.append([load, heat, kind, wear, "yes" if wear > 5 else "no"])
    return csv(names, said)


async def learnt_from(ask: Ask, content: bytes) -> str:
    """The id of a dataset to learn from. A worker must be at work."""
    return await processed(ask, content, name="Messages")


async def start(ask: Ask, **given: Any) -> Any:
    """What having a model trained of texts comes to."""
    usual = {"task": "TEXT_CLASSIFICATION", "target": "label", "modelName": "filter"}
    return (await ask(START, input={**usual, **given}))["trainingJobStart"]


async def started(ask: Ask, **given: Any) -> str:
    """The id of a training job that was begun."""
    payload = await start(ask, **given)
    assert payload["userErrors"] == []
    return payload["trainingJob"]["id"]


async def trained(ask: Ask, **given: Any) -> Any:
    """A training job, once it has ended. A worker must be at work."""
    return await ended(ask, await started(ask, **given))


async def ended(ask: Ask, id_: str) -> Any:
    """A training job, once it has ended. The test fails if that takes long."""

    async def look() -> Any:
        found = (await ask(TRAINED, id=id_))["trainingJob"]
        return found if found["completedAt"] else None

    return {"id": id_, **await until_told(look)}
