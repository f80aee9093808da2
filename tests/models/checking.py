"""Data and models that are checked, and what a client asks about that."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from compute.tables import writing
from compute.tables.arrow import NAMES, pa
from db.base import first_id, utcnow
from db.models import Dataset, DatasetVersion, ModelVersion, Prediction
from resolvers.access import Actor
from schema.ids import spell
from tests.conftest import Ask, Save
from tests.factories import a_dataset, a_version, an_upload
from tests.journeys import ERRORS
from tests.modelling import a_prediction
from tests.waiting import until_told

START = f"""mutation ($input: CheckRunStartInput!) {{ checkRunStart(input: $input) {{
  checkRun {{ id name kind status config dataset {{ id }} datasetVersion {{ id }}
    referenceVersion {{ id }} modelVersion {{ id }} job {{ id }} }}
  idempotencyReplayed {ERRORS} }} }}"""
CANCEL = f"""mutation ($id: ID!) {{ checkRunCancel(input: {{id: $id}}) {{
  checkRun {{ status verdict errorMessage completedAt }} {ERRORS} }} }}"""
FOUND = """query ($id: ID!) { checkRun(id: $id) { status verdict results errorMessage
  completedAt job { status progress } } }"""
NUMBERS = count(1)
"""Of versions of datasets: each is higher than the last."""
WEEK, HOUR = timedelta(days=7), timedelta(hours=1)

Columns = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class Checks:
    """Somebody who has data and models checked. A worker must be at work."""

    ask: Ask
    save: Save
    owner: Actor
    home: Path

    async def dataset(self) -> Dataset:
        return await self.save(a_dataset(self.owner, name="Readings"))

    async def version(self, dataset: Dataset, columns: Columns) -> DatasetVersion:
        """The next version of a dataset."""
        table = pa.table(columns)
        upload = await self.save(an_upload(self.owner, dataset_id=dataset.id))
        key = f"tables/{uuid7().hex}"
        path = self.home / "files" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        writing.write(iter(table.to_batches()), table.schema, str(path))
        schema = [
            {"name": one.name, "type": NAMES[one.type], "nullable": True}
            for one in table.schema
        ]
        about = {"file_path": key, "schema": schema, "row_count": table.num_rows}
        row = a_version(dataset, upload, number=next(NUMBERS), **about)
        return await self.save(row)

    async def start(self, **given: Any) -> Any:
        """What the mutation answers; rows are said by their ids."""
        said = {
            name: one if isinstance(one, str | list) else spelt(one)
            for name, one in given.items()
        }
        return (await self.ask(START, input={"kind": "DRIFT", **said}))["checkRunStart"]

    async def started(self, **given: Any) -> Any:
        payload = await self.start(**given)
        assert payload["userErrors"] == []
        return payload["checkRun"]

    async def checked(self, **given: Any) -> Any:
        """A check, once it has ended. The test fails if that takes long."""
        return await self.ended((await self.started(**given))["id"])

    async def ended(self, id_: str) -> Any:
        """A check that was begun, once it has ended."""

        async def look() -> Any:
            found = (await self.ask(FOUND, id=id_))["checkRun"]
            return found if found["completedAt"] else None

        return {"id": id_, **await until_told(look)}

    async def asked(
        self,
        version: ModelVersion,
        number: int,
        ago: timedelta = HOUR,
        of: Callable[[int], dict[str, Any]] = lambda _: {},
    ) -> list[Prediction]:
        """Predictions of a version that were made some time ago."""
        rows = [
            a_prediction(version, id=made(utcnow() - ago), **of(place))
            for place in range(number)
        ]
        if rows:
            await self.save(*rows)
        return rows


def made(moment: datetime) -> UUID:
    """An id that was made at a moment."""
    return UUID(int=first_id(moment).int | uuid7().int % 2**80)


def spelt(given: Any) -> str:
    return given.isoformat() if isinstance(given, datetime) else spell(given)


def readings(rows: int = 200, shift: float = 0.0, seed: int = 0) -> Columns:
    """Numbers about nought, and one of two words."""
    chance = random.Random(seed)  # noqa: S311  to be repeatable
    return {
        "load": [chance.gauss(shift, 1) for _ in range(rows)],
        "heat": [chance.gauss(0, 1) for _ in range(rows)],
        "kind": [chance.choice(["mill", "lathe"]) for _ in range(rows)],
    }


def broken(rows: int = 400, seed: int = 0, *, whole: bool = True) -> Columns:
    """Two columns that go together, or, if they are broken, do not."""
    chance = random.Random(seed)  # noqa: S311  as above
    first = [chance.gauss(0, 1) for _ in range(rows)]
    noise = [chance.gauss(0, 1) for _ in range(rows)]
    pairs = zip(first, noise, strict=True)
    return {
        "load": first,
        "heat": [0.8 * one + 0.6 * other for one, other in pairs] if whole else noise,
    }
