"""What is whose stays whose, and there is an end to how much one may have."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from resolvers.access import Actor, BaseRole
from resolvers.datasets import uploads
from resolvers.equipment import Equipment
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
    assert done.refusal.message == "your files have 50 bytes already"


async def _chunks() -> AsyncIterator[bytes]:
    yield b"a\n1\n2\n"
