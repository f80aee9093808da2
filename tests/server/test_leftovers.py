"""Files that no row names do not stay for ever."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from db.base import utcnow
from resolvers.access import SYSTEM, Actor
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform import leftovers
from server.store import SCRATCH, ObjectStore
from tests.conftest import Save
from tests.factories import a_dataset, a_result, a_version, an_upload

FOLDERS = ("uploads", "tables", "references")
YESTERDAY = (utcnow() - timedelta(hours=25)).timestamp()


def a_file(files: Path, key: str, made: float | None) -> Path:
    path = files / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    if made is not None:
        os.utime(path, (made, made))
    return path


async def test_what_no_row_names_is_removed_after_a_day(
    equipment: Equipment, save: Save, analyst: Actor, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    dataset, upload = a_dataset(analyst), an_upload(analyst, file_path="uploads/a")
    version = a_version(dataset, upload, file_path="tables/a")
    result = a_result(version, reference_path="references/a")
    await save(dataset, upload, version, result)
    named = {a_file(files, f"{one}/a", YESTERDAY) for one in FOLDERS}
    fresh = {a_file(files, f"{one}/b", None) for one in (*FOLDERS, SCRATCH)}
    left = {a_file(files, f"{one}/c", YESTERDAY) for one in (*FOLDERS, SCRATCH)}
    await leftovers.remove(Context(equipment, SYSTEM))
    assert {path for path in files.rglob("*") if path.is_file()} == named | fresh
    assert not any(path.exists() for path in left)


@pytest.mark.parametrize(("ahead", "seen"), [(-1, []), (1, ["uploads/one"])])
async def test_an_object_store_tells_which_are_old(ahead: int, seen: list[str]) -> None:
    store = ObjectStore("memory:///")
    async with store.scratch() as path:
        path.touch()
        await store.keep(path, "uploads/one")
    moment = utcnow() + timedelta(seconds=ahead)
    assert [
        key async for keys in store.older("uploads", moment) for key in keys
    ] == seen
    assert [keys async for keys in store.older("tables", moment)] == []
