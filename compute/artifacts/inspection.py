"""What a file of a model is, and whether it can be asked."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compute.artifacts.errors import ArtifactError
from compute.artifacts.kinds import Kind, sniff
from compute.artifacts.loading import ACCEPTED, WHY, loaded, read

FRAMEWORKS = {
    Kind.ONNX: "onnx",
    Kind.SKOPS: "sklearn",
    Kind.HELIOGRAPH: "heliograph",
    Kind.TORCH: "pytorch",
    Kind.KERAS: "tensorflow",
}
"""Of those that say so themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found in a file."""

    kind: Kind
    framework: str = "unknown"
    algorithm: str = "unknown"
    loadable: bool = False
    why: str | None = None
    """A sentence, where it is not."""
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    labels: list[str] | None = None
    warnings: list[str] = field(default_factory=list[str])


def inspected(path: str) -> Inspection:
    """Look a file through and, if nothing speaks against it, load it once."""
    file = Path(path)
    kind = sniff(file)
    framework = FRAMEWORKS.get(kind, "unknown")
    if kind in WHY:
        return Inspection(
            kind=kind, framework=framework, why=f"{WHY[kind]}; {ACCEPTED}"
        )
    try:
        model = loaded(read(file)).described
    except ArtifactError as error:
        return Inspection(kind=kind, framework=framework, why=str(error))
    return Inspection(
        kind=kind,
        framework=model.framework,
        algorithm=model.algorithm,
        loadable=True,
        input_schema=model.input_schema,
        output_schema=model.output_schema,
        labels=model.labels,
        warnings=model.warnings,
    )
