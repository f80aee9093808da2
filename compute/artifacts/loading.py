"""Files of models, from bytes to something that answers."""

import hashlib
import io
from pathlib import Path

from compute.artifacts import mlflow
from compute.artifacts.errors import ArtifactError
from compute.artifacts.interface import Loaded
from compute.artifacts.kinds import Kind, recognised
from compute.remote import Remote

LARGEST = 256 * 1024**2
"""Bytes of a file that is loaded, by a process that may have four times as many."""

WHY = {
    Kind.PICKLE: "a pickle can run whatever its author likes",
    Kind.JOBLIB: "a joblib file is a pickle, which can run whatever its author likes",
    Kind.TORCH: "a torch file holds a pickle, which can run whatever its author likes",
    Kind.KERAS: "a keras file can hold code of its author's",
    Kind.UNKNOWN: "it is in no format that is known here",
}
"""Why a file is kept and never loaded."""
ACCEPTED = "ONNX, skops, MLflow folders of such and our own are loaded"


def read(path: Path, sha256: str | None = None) -> bytes:
    """The bytes of a file that is not too large. Raises ArtifactError.

    With `sha256` they are those that were kept, or an error.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise ArtifactError(
            f"the file has {size / 1024**2:,.0f} MiB; "
            f"at most {LARGEST // 1024**2} MiB are loaded"
        )
    content = path.read_bytes()
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise ArtifactError("the file is not the one that was kept: its digest differs")
    return content


def loaded(content: bytes) -> Loaded:
    """A model that can be asked. Raises ArtifactError."""
    kind, names = recognised(io.BytesIO(content)), list[str]()
    if kind is Kind.MLFLOW:
        content, names = mlflow.unfolded(content)
        kind = recognised(io.BytesIO(content))
    if kind not in LOADERS:
        why = WHY.get(kind, f"{kind} is not loaded here")
        raise ArtifactError(f"{why}; {ACCEPTED}")
    try:
        return LOADERS[kind](content, names)
    except (ArtifactError, MemoryError):
        raise
    except Exception as error:
        raise broken(error, "the model cannot be loaded") from error


def broken(error: Exception, what: str) -> Exception:
    """What a library says of a model, as a sentence or as the want of memory it is."""
    said = " ".join(str(error).split())[:200] or type(error).__name__
    if "llocate memory" in said or "bad_alloc" in said or "bad allocation" in said:
        return MemoryError(said)
    return ArtifactError(f"{what}: {said}")


LOADERS = {
    Kind.ONNX: Remote("compute.artifacts.onnx_models", "OnnxModel"),
    Kind.SKOPS: Remote("compute.artifacts.estimators", "Estimator"),
    Kind.HELIOGRAPH: Remote("compute.artifacts.ours", "Ours"),
}
"""What makes a model of bytes and the names of its inputs, if these are known."""
