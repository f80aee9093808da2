"""Models in files, and files that are none."""

import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.learning import files, fitting, margins
from compute.learning.models import Fitted
from tests.compute.learning.messages import examples, messages
from tests.compute.learning.tables import numeric


@cache
def models() -> dict[str, Fitted]:
    return {
        "text": margins.fit(examples(*messages(40, "ham", "spam")), {"C": 1.0}, 0),
        "linear": fitting.logistic(numeric(40, 3), {"C": 1.0}, 0),
        "forests": fitting.forest(
            numeric(40, 3), {"trees": 10, "depth": 4, "leaf": 1}, 0
        ),
    }


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[bytes], Fitted]:
    """Load a file of the given bytes, whose digest is known."""

    def stored(content: bytes) -> Fitted:
        path = tmp_path / "model"
        path.write_bytes(content)
        return files.load(path, digest(content))

    return stored


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return target.getvalue()


def npy(array: Any, *, allow_pickle: bool = False) -> bytes:
    target = io.BytesIO()
    np.save(target, array, allow_pickle=allow_pickle)
    return target.getvalue()


def about(**changed: Any) -> bytes:
    said = {"version": 1, "kind": "text", "about": {}, **changed}
    return npy(np.frombuffer(json.dumps(said).encode(), np.uint8))


def huge() -> bytes:
    """The header of an array of 8 TB, and no array."""
    target = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (1 << 40,)}
    np.lib.format.write_array_header_1_0(target, header)
    return target.getvalue()


@pytest.mark.parametrize("kind", files.KINDS)
def test_a_model_is_the_same_after_it_was_kept(kind: str, tmp_path: Path) -> None:
    model = models()[kind]
    sha256, size = files.save(model.packed(), tmp_path / "one")
    assert files.save(model.packed(), tmp_path / "two") == (sha256, size)
    content = (tmp_path / "one").read_bytes()
    assert content == (tmp_path / "two").read_bytes()
    assert (digest(content), len(content)) == (sha256, size)
    again = files.load(tmp_path / "one", sha256)
    rows = examples(*messages(9, "ham", "spam")) if kind == "text" else numeric(9, 3)
    assert again.scores(rows).tobytes() == model.scores(rows).tobytes()


def test_another_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model"
    sha256, _ = files.save(models()["linear"].packed(), path)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ValueError, match="not the one that was stored"):
        files.load(path, sha256)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes are not a stored model"),
        (b"PK\3\4", "4 bytes are not a stored model"),
        (pickle.dumps(print), "are not a stored model"),
        (zipped({}), "are not a stored model"),
        (zipped({"about.npy": b"no"}), "are not a stored model"),
        (zipped({"about.npy": npy(np.frombuffer(b"[" * 9**5, "u1"))}), "are not a"),
        (zipped({"about.npy": about(), "x.npy": huge()}), "are not a stored model"),
        (
            zipped({"x.npy": npy(np.array([print]), allow_pickle=True)}),
            "are not a stored model",
        ),
        (
            zipped({"about.npy": bytes(10**7)}, zipfile.ZIP_DEFLATED),
            "are not a stored model",
        ),
        (zipped({f"{n}.npy": about() for n in range(200)}), "are not a stored model"),
        (zipped({"about.npy": about(version=2)}), "of version 2, and 1 is read"),
        (zipped({"about.npy": about(kind="os")}), "of kind 'os'; what is read is"),
        (zipped({"about.npy": about(kind=["text"])}), "of kind"),
        (zipped({"about.npy": about()}), "of kind 'text' do not fit"),
        (zipped({"about.npy": about(about=7)}), "of kind 'text' do not fit"),
    ],
    ids=range(15),
)
def test_what_is_no_model_is_told_in_a_sentence(
    stored: Callable[[bytes], Fitted], content: bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        stored(content)


@pytest.mark.parametrize("kind", files.KINDS)
def test_a_damaged_model_is_read_or_refused_and_nothing_else(
    kind: str, tmp_path: Path, stored: Callable[[bytes], Fitted]
) -> None:
    files.save(models()[kind].packed(), tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    random, refused = np.random.default_rng(0), 0
    for _ in range(150):
        content = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            content[place] = random.integers(256)
        cut = int(random.integers(1, len(whole)))
        try:
            stored(bytes(content if cut % 2 else content[:cut]))
        except ValueError:
            refused += 1
    assert refused > 70


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 1_000)
    path = tmp_path / "model"
    path.write_bytes(bytes(1_001))
    with pytest.raises(ValueError, match="at most 1000 bytes"):
        files.load(path, "")
