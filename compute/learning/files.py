"""Models in files: nothing in them is executed when they are read."""

import hashlib
import io
import json
import zipfile
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from compute.learning.models import Fitted, Packed

KINDS = ("linear", "forests", "text")
"""Modules of this package whose `unpack` is called, by the kind that a file states."""

LARGEST = 1 << 30
"""Bytes of a file, and of what is in it."""

MEMBERS = 100
ABOUT = "about"
"""The member that holds JSON: the format's version, the kind, and what is known."""

VERSION = 1
NUMBERS = "biuf"
UNFIT = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    EOFError,
    zipfile.BadZipFile,
)
"""What a file that is not such a model raises somewhere."""


def save(packed: Packed, path: str | Path) -> tuple[str, int]:
    """Write a model to a file; gives its SHA-256 and its size.

    The file is an uncompressed npz, and the same model gives the same bytes.
    """
    about = {"version": VERSION, "kind": packed.kind, "about": packed.about}
    text = json.dumps(about, sort_keys=True, allow_nan=False)
    members: dict[str, NDArray[Any]] = {
        name: np.ascontiguousarray(array) for name, array in packed.arrays.items()
    }
    members[ABOUT] = np.frombuffer(text.encode(), np.uint8)
    target = io.BytesIO()
    np.savez(target, allow_pickle=False, **members)
    content = target.getvalue()
    Path(path).write_bytes(content)
    return hashlib.sha256(content).hexdigest(), len(content)


def load(path: str | Path, sha256: str) -> Fitted:
    """The model in a file, once that is known to be the one that was saved.

    Raises ValueError for a file that is another, is damaged or is no model.
    """
    content = _content(Path(path))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError("the model's file is not the one that was stored")
    return unpack(read(content))


def read(content: bytes) -> Packed:
    """What `save` wrote; ValueError for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            arrays = _arrays(members)
        about = json.loads(arrays.pop(ABOUT).tobytes())
        version, kind, known = about["version"], about["kind"], about["about"]
    except UNFIT as error:
        raise ValueError(f"{len(content)} bytes are not a stored model") from error
    if version != VERSION:
        raise ValueError(f"the model is of version {version!r}, and {VERSION} is read")
    if kind not in KINDS:
        raise ValueError(
            f"the model is of kind {kind!r}; what is read is {', '.join(KINDS)}"
        )
    return Packed(kind, known, arrays)


def unpack(packed: Packed) -> Fitted:
    """The model that was packed; ValueError if its parts do not fit together."""
    module: Any = import_module(f"compute.learning.{packed.kind}")
    try:
        return module.unpack(packed)
    except UNFIT as error:
        raise ValueError(
            f"the parts of the stored model of kind {packed.kind!r} do not fit"
        ) from error


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"a model's file has at most {LARGEST} bytes")
    return content


def _arrays(members: zipfile.ZipFile) -> dict[str, NDArray[Any]]:
    """The arrays of an npz, none larger than its file says."""
    listed = members.infolist()
    size = sum(one.file_size for one in listed)
    if len(listed) > MEMBERS or size > LARGEST:
        raise ValueError(f"{len(listed)} members of {size} bytes are too many")
    if any(one.compress_type != zipfile.ZIP_STORED for one in listed):
        raise ValueError("a member is compressed")
    return {
        one.filename.removesuffix(".npy"): _array(members.read(one)) for one in listed
    }


def _array(member: bytes) -> NDArray[Any]:
    """The numbers of a member, whose header must state what there is."""
    stream = io.BytesIO(member)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("a member is of an unknown version")
    shape, fortran, kind = npy.read_array_header_1_0(stream)
    rest = member[stream.tell() :]
    if kind.kind not in NUMBERS or prod(shape) * kind.itemsize != len(rest):
        raise ValueError(f"a member of kind {kind} and shape {shape} is not that long")
    order = "F" if fortran else "C"
    return np.frombuffer(rest, kind).reshape(shape, order=order)
