"""What a prediction costs over an insert: `python -m benchmarks predict`.

A message is put to a text model, and the answer logged, told and audited. Beside it are
M1, a mutation that inserts a row and does no more, and the same insert by hand, without
audit. They are asked in turns.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from benchmarks import load, servers
from benchmarks.data import DATABASES, PASSWORD
from benchmarks.load import Request
from benchmarks.mutations import (
    EMAIL,
    by_hand,
    by_mutation,
    compared,
    emptied,
    filled_database,
    written,
    written_by_hand,
)
from benchmarks.sides import Loaded
from compute.learning.plans import Plan, Task, Trained
from compute.learning.training import train
from compute.tables.limits import Limits
from compute.tables.process import process
from db.models import Dataset, ModelVersion, Prediction
from resolvers.access import Actor, BaseRole
from schema.ids import spell
from tests.modelling import a_model, a_model_version

WORDS = "tide lamp river stone cloud paper glass wheel amber north".split()  # noqa: SIM905  a sentence of words
PREDICT = """mutation ($input: PredictInput!) { predict(input: $input) {
  prediction { id label confidence status createdAt inferenceTimeMs }
  userErrors { code } } }"""


def learnt(files: Path) -> Trained:
    """A text model, whose file is where the server looks for it."""
    source, table, target = (files / name for name in ("rows.csv", "table", "model"))
    files.mkdir(parents=True)
    pairs = [(one, two) for one in WORDS for two in WORDS]
    spam = [f"win a {one} {two} prize,spam" for one, two in pairs]
    ham = [f"the {one} by the {two},ham" for one, two in pairs]
    source.write_text("\n".join(["text,label", *spam, *ham, ""]))
    process([str(source)], str(table), Limits())
    return train(table, Plan(Task.TEXT_CLASSIFICATION, "label"), target)


async def registered(url: str, trained: Trained, owner: Dataset) -> ModelVersion:
    """The model's version, of whoever has a dataset."""
    model = a_model(Actor(owner.owner_id, BaseRole.USER))
    about: dict[str, Any] = {
        "file_path": "model",
        "sha256": trained.sha256,
        "input_schema": trained.input_schema,
    }
    version = a_model_version(model, **about)
    async with written(url) as session:
        session.add(model)
        await session.flush()
        session.add(version)
    return version


async def forgotten(url: str) -> None:
    """Take predictions away, and rules, of which a dataset has so many at most."""
    await emptied(url)
    async with written(url) as session:
        await session.execute(sa.delete(Prediction))


def by_model(side: Loaded, token: str, version: ModelVersion) -> list[Request]:
    signed: Any = {"authorization": f"Bearer {token}"}
    asked = {"modelVersion": spell(version)}
    bodies = [
        orjson.dumps(
            {"query": PREDICT, "variables": {"input": {**asked, "text": text}}}
        )
        for text in (f"win the {one} of the {two}" for one in WORDS for two in WORDS)
    ]
    said: Any = orjson.loads(side.server.post("/graphql", bodies[0], **signed))
    assert said["data"]["predict"]["prediction"]["label"], said
    url = f"{side.server.url}/graphql"
    return [load.request(url, body, **signed) for body in bodies]


def measured(kind: str) -> None:
    with filled_database(kind) as (home, url, datasets), ExitStack() as stack:
        trained = learnt(home / "data" / "files")
        version = asyncio.run(registered(url, trained, datasets[0]))
        product = stack.enter_context(servers.product(home / "data", url))
        other = stack.enter_context(written_by_hand(url))
        names = (("predict", product), ("M1", product), ("by hand", other))
        three = [Loaded(name, server) for name, server in names]
        token = product.token(EMAIL, PASSWORD)
        requests = [
            by_model(three[0], token, version),
            by_mutation(three[1], token, datasets),
            by_hand(three[2], datasets),
        ]
        compared(three, requests, partial(forgotten, url))


def main(given: Sequence[str] = DATABASES) -> None:
    load.undisturbed()
    for kind in given:
        print(f" {kind}", flush=True)
        measured(kind)


if __name__ == "__main__":
    main(sys.argv[1:] or DATABASES)
