"""Files as they are sent."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

from starlette.responses import StreamingResponse

CHUNK = 256 * 1024
"""Bytes that are read and sent at a time."""


def sent(path: Path, files: AsyncExitStack, name: str, media: str) -> StreamingResponse:
    """A file to be saved under a name, whose bytes no browser takes for a page.

    The files are let go of in the end.
    """
    headers = {
        "content-type": media,
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return StreamingResponse(_read(path, files), headers=headers)


async def _read(path: Path, files: AsyncExitStack) -> AsyncGenerator[bytes]:
    async with files:
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk
