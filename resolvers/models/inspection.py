"""What is in a model's file, as far as a process that nobody trusts may say so."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from compute.remote import INSPECTED, SNIFFED
from db.dialects import sound
from db.models import ArtifactKind
from resolvers.access import require_user
from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.models.schemas import checked_schema

ALGORITHM, FRAMEWORK, WARNING = 100, 50, 500
"""Characters that are kept of each."""
WARNINGS = 20
LOADED = {
    ArtifactKind.ONNX,
    ArtifactKind.SKOPS,
    ArtifactKind.MLFLOW,
    ArtifactKind.HELIOGRAPH,
}
"""Of the others no more is read than what they are."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a file."""

    kind: ArtifactKind
    framework: str = "unknown"
    algorithm: str = "unknown"
    loadable: bool = False
    warnings: list[str] = field(default_factory=list[str])
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None


async def inspected(context: Context, path: Path, sha256: str) -> Found:
    """Look into a file. It is loaded only by a process that may die of it."""
    kind = ArtifactKind(await context.compute.run(SNIFFED, path, slow=True))
    if kind in LOADED:
        models, owner = context.equipment.models, require_user(context.actor)
        told = await models.inspected(path, sha256, owner)
    else:
        told = asdict(await context.compute.run(INSPECTED, str(path), slow=True))
    if not isinstance(told, dict):
        why = told if isinstance(told, str) else "what is in it is not known"
        return Found(kind, warnings=[why])
    said: dict[str, Any] = told
    why = [said["why"]] if said.get("why") else []
    warnings = [*why, *_listed(said.get("warnings"))]
    return Found(
        kind,
        _text(said.get("framework"), FRAMEWORK),
        _text(said.get("algorithm"), ALGORITHM),
        said.get("loadable") is True,
        *_signature(said, [_text(one, WARNING) for one in warnings[:WARNINGS]]),
    )


def _signature(said: dict[str, Any], warnings: list[str]) -> tuple[Any, Any, Any]:
    """Warnings, and what a model takes and gives where these are sound schemas."""
    taken, given = said.get("input_schema"), said.get("output_schema")
    try:
        for schema in (taken, given):
            checked_schema(schema, "file")
    except Invalid as error:
        return [*warnings, f"its schema is not kept: {error.message}"], None, None
    return warnings, taken, given


def _listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else []


def _text(said: Any, most: int) -> str:
    """A text that every database can hold, cut where it is long."""
    try:
        return sound(said)[:most] if isinstance(said, str) and said else "unknown"
    except ValueError:
        return "unknown"
