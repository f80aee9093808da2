"""Files as they are sent."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

from starlette.responses import StreamingResponse

CHUNK = 256 * 1024
"""Bytes that are read and sent at a time."""


def sent(path: Path, files: AsyncExitStack, name: str, media: str) -> StreamingResponse:
    """A file to be saved under a name. The files are let go of in the end."""
    return streamed(_read(path, files), name, media)


def streamed(
    content: AsyncGenerator[bytes], name: str, media: str
) -> StreamingResponse:
    """What is to be saved under a name, whose bytes no browser takes for a page."""
    headers = {
        "content-type": media,
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return StreamingResponse(content, headers=headers)


async def _read(path: Path, files: AsyncExitStack) -> AsyncGenerator[bytes]:
    async with files:
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk
