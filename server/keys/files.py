"""Files of secrets: for their owner alone, and never half written."""

import json
import os
import secrets
import stat
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from server.disk import durable
from server.failures import Failure


def read(file: Path) -> dict[str, Any]:
    """What a file says. Raises Failure where it is damaged, or others can read it."""
    if (mode := stat.S_IMODE(file.stat().st_mode)) & 0o077:
        raise Failure(
            f"{file} has mode {mode:04o}, so others can read it; 0600 will do"
        )
    try:
        said = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise Failure(f"{file} is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise Failure(f"{file} is not a JSON object")
    return said


def make(file: Path, said: Mapping[str, Any]) -> None:
    """Write a file unless it is there by now: of several makers one wins."""
    with _written(file, said) as aside:
        try:
            os.link(aside, file)
        except FileExistsError:
            return
        durable(file.parent)


def replace(file: Path, said: Mapping[str, Any]) -> None:
    """Write a file anew; whoever reads it sees the one before, or all of this."""
    with _written(file, said) as aside:
        aside.replace(file)
        durable(file.parent)


@contextmanager
def _written(file: Path, said: Mapping[str, Any]) -> Generator[Path]:
    """A file beside another, on the disk, which is gone afterwards."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            json.dump(said, written)
        durable(aside)
        yield aside
    finally:
        aside.unlink(missing_ok=True)
