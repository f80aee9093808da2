"""Folders of models as MLflow writes them, in a zip archive."""

import json
import zipfile
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

import yaml

from compute.artifacts import zips
from compute.artifacts.errors import ArtifactError

LABEL = "MLmodel"
LONGEST_LABEL = 1024**2
"""Bytes of the file that says what is in the folder."""
SAFE = "onnx, and sklearn that was saved as skops, are accepted"


def unfolded(content: bytes) -> tuple[bytes, list[str]]:
    """The model's own file out of a folder, and the names of its inputs, if given.

    Raises ArtifactError where no flavour of it can be read without running its code.
    """
    with zips.opened(content) as archive:
        folder, label = _label(archive)
        flavors = label.get("flavors")
        inner = _member(flavors if isinstance(flavors, dict) else {})
        name = str(folder / inner)
        if name not in archive.namelist():
            raise ArtifactError(f"the folder has no {inner!r}, which its MLmodel names")
        return archive.read(name), _names(label.get("signature"))


def _label(archive: zipfile.ZipFile) -> tuple[PurePosixPath, dict[str, Any]]:
    entries = [PurePosixPath(name) for name in archive.namelist()]
    found = [one for one in entries if one.name == LABEL and len(one.parts) <= 2]
    if len(found) != 1:
        raise ArtifactError(
            f"the archive has {len(found)} files {LABEL!r}; one is expected"
        )
    if archive.getinfo(str(found[0])).file_size > LONGEST_LABEL:
        raise ArtifactError(f"the file {LABEL!r} is longer than 1 MiB")
    try:
        label: Any = yaml.safe_load(archive.read(str(found[0])))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ArtifactError(f"the file {LABEL!r} cannot be read as YAML") from error
    if not isinstance(label, dict):
        raise ArtifactError(f"the file {LABEL!r} does not list flavors")
    return found[0].parent, label


def _member(flavors: dict[str, Any]) -> str:
    """Where the file of the first safe flavour is, within the folder."""
    onnx, sklearn = (_known(flavors.get(name)) for name in ("onnx", "sklearn"))
    if isinstance(onnx.get("data"), str):
        return _within(onnx["data"])
    if sklearn.get("serialization_format") == "skops":
        return _within(str(sklearn.get("pickled_model", "model.skops")))
    names = ", ".join(repr(str(name)[:50]) for name in flavors) or "none"
    raise ArtifactError(f"the folder's flavors are {names}; {SAFE}")


def _known(flavor: Any) -> dict[str, Any]:
    return flavor if isinstance(flavor, dict) else {}


def _within(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ArtifactError(f"the MLmodel names {name!r}, which is outside its folder")
    return str(path)


def _names(signature: Any) -> list[str]:
    """Of columns, where the signature has such; tensors have none that count."""
    with suppress(ValueError, TypeError):
        inputs: Any = json.loads(_known(signature).get("inputs", "[]"))
        return [str(one["name"]) for one in inputs if one["type"] != "tensor"]
    return []
