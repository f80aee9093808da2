"""Models of others, asked in a process that may die of it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from compute.artifacts.child import WRITTEN
from compute.artifacts.errors import ArtifactError
from compute.artifacts.interface import (
    LARGEST,
    NOT_FINITE,
    TOO_LARGE,
    Answer,
    Loaded,
    Row,
    finite,
)
from compute.artifacts.loading import broken, loaded, read

_kept: dict[str, Loaded] = {}
"""The model that this process serves, by digest."""


def answered(
    path: str,
    sha256: str,
    inputs: Sequence[Row],
    explained: bool = False,  # noqa: FBT001, FBT002  # from JSON
) -> list[dict[str, Any]]:
    """An answer to each input: an Answer's fields, or `error` and a sentence.

    That of one input does not depend on the others. Raises ArtifactError where the
    model itself will not do.
    """
    model = _model(Path(path), sha256)
    return _answers(model, inputs, explained=explained)


def _model(path: Path, sha256: str) -> Loaded:
    if sha256 not in _kept:
        _kept.clear()
        _kept[sha256] = loaded(read(path, sha256))
    return _kept[sha256]


def _answers(
    model: Loaded, rows: Sequence[Row], *, explained: bool
) -> list[dict[str, Any]]:
    """All at once; each alone if one of them will not do."""
    try:
        found = model.answers(rows, explained=explained)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # told in the answer
        if len(rows) > 1:
            return [
                one
                for row in rows
                for one in _answers(model, [row], explained=explained)
            ]
        return [{"error": _sentence(error)}]
    return [_told(answer) for answer in found]


def _sentence(error: Exception) -> str:
    known = error if isinstance(error, ArtifactError) else None
    told = known or broken(error, "the model cannot answer")
    if isinstance(told, MemoryError):
        raise told from error
    return str(told)


def _told(answer: Answer) -> dict[str, Any]:
    if not finite(answer.output):
        return {"error": NOT_FINITE}
    told = asdict(answer)
    long = len(orjson.dumps(told, option=WRITTEN)) > LARGEST
    return {"error": TOO_LARGE} if long else told
