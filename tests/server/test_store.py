"""Files: kept whole or not at all, and only where they belong."""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.failures import Failure
from server.settings import Settings
from server.store import SCRATCH, FolderStore, ObjectStore, checked, store

Kind = FolderStore | ObjectStore


@pytest.fixture(params=["folder", "objects"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    if request.param == "folder":
        return FolderStore(tmp_path / "files")
    return ObjectStore("memory:///")


async def put(kept: Kind, key: str, content: bytes) -> None:
    async with kept.scratch() as path:
        path.write_bytes(content)
        await kept.keep(path, key)


async def got(kept: Kind, key: str) -> bytes:
    async with kept.local(key) as path:
        return path.read_bytes()


async def test_what_is_kept_can_be_read_until_it_is_removed(kept: Kind) -> None:
    content = os.urandom(3 * 2**20)
    await put(kept, "uploads/one", content)
    assert await got(kept, "uploads/one") == content
    await kept.remove("uploads/one", "uploads/never")
    with pytest.raises(FileNotFoundError):
        await got(kept, "uploads/one")


async def test_scratch_files_are_gone_when_they_are_not_kept(kept: Kind) -> None:
    seen: list[Path] = []

    async def fail() -> None:
        async with kept.scratch() as path:
            path.write_bytes(b"half")
            seen.append(path)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert not seen[0].exists()


async def test_many_files_are_kept_at_once(kept: Kind) -> None:
    async with asyncio.timeout(20):
        await asyncio.gather(*(put(kept, f"many/{n}", b"%d" % n) for n in range(40)))
        found = await asyncio.gather(*(got(kept, f"many/{n}") for n in range(40)))
    assert found == [b"%d" % n for n in range(40)]


async def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    flush, rename = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        done.append(f"fsync {path.name}")
        flush(descriptor)

    def replace(path: Path, target: Path) -> Path:
        done.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    kept = FolderStore(tmp_path)
    async with kept.scratch() as path:
        path.write_bytes(b"x")
        await kept.keep(path, "uploads/one")
        assert done[:2] == [f"fsync {path.name}", "rename"]
    assert {"fsync uploads", f"fsync {tmp_path.name}"} <= set(done[2:])


async def test_scratch_files_are_on_the_disk_of_the_store(tmp_path: Path) -> None:
    async with FolderStore(tmp_path).scratch() as path:
        assert path.parent == tmp_path / SCRATCH


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "a/",
        ".",
        ".scratch/x",
        "a\0b",
        "\\a",
    ],
)
async def test_no_key_leads_out_of_the_store(kept: Kind, key: str) -> None:
    with pytest.raises(ValueError, match="no file can be kept under"):
        await put(kept, key, b"x")
    with pytest.raises(ValueError, match="no file can be kept under"):
        await got(kept, key)


@given(st.text())
def test_a_key_that_is_taken_stays_below_its_folder(key: str) -> None:
    folder = Path("/store")
    try:
        path = Path(os.path.normpath(folder / checked(key)))
    except ValueError:
        return
    assert path != folder
    assert path.is_relative_to(folder)


def test_a_url_that_names_no_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="HELIOGRAPH_STORE_URL"):
        store(Settings(data=tmp_path, store_url="pigeon://roof"))


def test_the_store_is_a_folder_of_the_data_unless_told_otherwise(
    tmp_path: Path,
) -> None:
    assert isinstance(store(Settings(data=tmp_path)), FolderStore)
    assert isinstance(store(Settings(store_url=f"file://{tmp_path}")), FolderStore)
    assert isinstance(store(Settings(store_url="s3://bucket/prefix")), ObjectStore)
