"""Where files are kept: a folder, or whatever obstore has a URL for."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from server.disk import durable, moved
from server.failures import Failure
from server.settings import Settings

SCRATCH = ".scratch"
CHUNK = 8 * 2**20
"""Bytes of an object held in memory at a time."""


class FolderStore:
    """Keeps files in a folder. A new one is whole and on the disk, or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def scratch(self) -> AsyncGenerator[Path]:
        scratch = self._folder / SCRATCH
        await asyncio.to_thread(scratch.mkdir, parents=True, exist_ok=True)
        path = scratch / uuid4().hex
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    async def keep(self, path: Path, key: str) -> None:
        await asyncio.to_thread(_kept, path, self._path(key))

    @asynccontextmanager
    async def local(self, key: str) -> AsyncGenerator[Path]:
        path = self._path(key)
        if not path.is_file():
            raise FileNotFoundError(f"no file is kept under {key!r}")
        yield path

    async def remove(self, *keys: str) -> None:
        for path in [self._path(key) for key in keys]:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def older(self, folder: str, moment: datetime) -> AsyncGenerator[list[str]]:
        found = await asyncio.to_thread(_older, self._path(folder), moment)
        yield [path.relative_to(self._folder).as_posix() for path in found]

    async def tidy(self, moment: datetime) -> None:
        for path in await asyncio.to_thread(_older, self._folder / SCRATCH, moment):
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / checked(key)


class ObjectStore:
    """Keeps files in an object store, which has them when `keep` returns."""

    def __init__(self, url: str) -> None:
        self._store: Any = from_url(url)

    @asynccontextmanager
    async def scratch(self) -> AsyncGenerator[Path]:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp))
        try:
            yield folder / "file"
        finally:
            await asyncio.to_thread(shutil.rmtree, folder)

    async def keep(self, path: Path, key: str) -> None:
        await obstore.put_async(self._store, checked(key), path)
        await asyncio.to_thread(path.unlink)

    @asynccontextmanager
    async def local(self, key: str) -> AsyncGenerator[Path]:
        async with self.scratch() as path:
            found = await obstore.get_async(self._store, checked(key))
            with path.open("wb") as file:
                async for chunk in found.stream(min_chunk_size=CHUNK):
                    await asyncio.to_thread(file.write, chunk)
            yield path

    async def remove(self, *keys: str) -> None:
        for key in map(checked, keys):
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                continue

    async def older(self, folder: str, moment: datetime) -> AsyncGenerator[list[str]]:
        async for found in obstore.list(self._store, checked(folder)):
            yield [one["path"] for one in found if one["last_modified"] < moment]

    async def tidy(self, moment: datetime) -> None:
        """Objects are whole or not there; scratch is the machine's own to clean."""


def store(settings: Settings) -> FolderStore | ObjectStore:
    """The store that the settings name. Raises Failure."""
    url = settings.store_url
    if url is None or url.startswith("file://"):
        return FolderStore(settings.files)
    try:
        return ObjectStore(url)
    except (BaseError, ValueError) as error:
        said = str(error).splitlines()[0]
        raise Failure(f"HELIOGRAPH_STORE_URL names no store: {said}") from error


def checked(key: str) -> str:
    """The key, if it stays where files are kept. Raises ValueError."""
    parts = PurePosixPath(key).parts
    plain = key and "\0" not in key and "\\" not in key and key == "/".join(parts)
    if not plain or any(part.startswith(".") for part in parts) or key[0] == "/":
        raise ValueError(f"no file can be kept under {key!r}")
    return key


def _older(folder: Path, moment: datetime) -> list[Path]:
    """The files of a folder that were written before a moment."""
    paths = (path for path in folder.glob("*") if path.is_file())
    return [path for path in paths if path.stat().st_mtime < moment.timestamp()]


def _kept(path: Path, target: Path) -> None:
    durable(path)
    moved(path, target)
