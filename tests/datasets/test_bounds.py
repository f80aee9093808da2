"""What is whose stays whose, and there is an end to how much one may have."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from db.base import utcnow
from db.models import FileUpload
from db.session import Database
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.datasets import uploads
from resolvers.equipment import Equipment
from resolvers.errors import Exhausted
from schema.ids import spell
from tests.conftest import As, Ask, Save, Someone
from tests.factories import a_dataset, an_upload

MERGE = """mutation ($input: DatasetMergeInput!) {
  datasetMerge(input: $input) { dataset { id } userErrors { code field } }
}"""
UPDATE = """mutation ($input: DatasetUpdateInput!) {
  datasetUpdate(input: $input) { dataset { id } userErrors { code field message } }
}"""


async def test_not_even_an_administrator_merges_files_across_owners(
    ask: Ask, save: Save, analyst: Actor, someone: Someone
) -> None:
    dataset = await save(a_dataset(analyst))
    theirs = await save(an_upload(await someone()))
    given = {"id": spell(dataset), "uploads": [spell(theirs)]}
    data = await ask(MERGE, await someone(BaseRole.ADMIN), input=given)
    [error] = data["datasetMerge"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["uploads"])


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"x": "y" * 70_000}, "at most 65536 bytes"),
        ([1], "is an object"),
    ],
)
async def test_metadata_is_an_object_of_some_size(
    ask: Ask, save: Save, analyst: Actor, metadata: Any, said: str
) -> None:
    dataset = await save(a_dataset(analyst))
    data = await ask(UPDATE, input={"id": spell(dataset), "metadata": metadata})
    [error] = data["datasetUpdate"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["metadata"])
    assert said in error["message"]


async def test_the_files_of_one_user_have_an_end(
    as_: As, equipment: Equipment, save: Save, analyst: Actor
) -> None:
    await save(an_upload(analyst, file_size=50))
    few = replace(equipment, policy=replace(equipment.policy, storage_bytes=50))
    context = replace(as_(), equipment=few)
    done = await uploads.take(context, "fileUpload", None, "a.csv", _chunks())
    assert done.refusal
    assert done.refusal.message == "all of your files have at most 50 bytes"


async def test_of_files_that_come_at_a_time_no_more_are_kept_than_there_is_room_for(
    as_: As, equipment: Equipment, database: Database
) -> None:
    few = replace(equipment, policy=replace(equipment.policy, storage_bytes=20))
    context = replace(as_(), equipment=few)
    kept = (replace(context) for _ in range(12))
    async with asyncio.timeout(60):
        done = await asyncio.gather(
            *(uploads.take(one, "fileUpload", None, "a.csv", _chunks()) for one in kept)
        )
    refused = [one.refusal for one in done if one.refusal]
    assert len(refused) == 9  # each has six bytes
    assert {type(one) for one in refused} == {Exhausted}
    async with database.read() as session:
        rows = [*await session.scalars(visible(SYSTEM, FileUpload))]
    assert len(rows) == 3
    soon = utcnow() + timedelta(hours=1)
    files = [one async for some in few.store.older("uploads", soon) for one in some]
    assert {*files} == {one.file_path for one in rows}


async def _chunks() -> AsyncIterator[bytes]:
    yield b"a\n1\n2\n"
