"""What a file is, whatever it is called."""

import io
import pickle
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.artifacts.kinds import Kind, sniff
from compute.learning import files
from compute.learning.models import Packed
from tests.compute.artifacts import made

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)
OLD_TORCH = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps({}, 2)
FILES = {
    "onnx": (Kind.ONNX, made.as_onnx(made.logistic())),
    "cut onnx": (Kind.ONNX, made.as_onnx(made.logistic())[:-50]),
    "skops": (Kind.SKOPS, made.as_skops(made.logistic())),
    "mlflow": (Kind.MLFLOW, made.mlflow("flavors: {}", data__pkl=b"")),
    "bare mlflow": (Kind.MLFLOW, made.zipped({"MLmodel": b""})),
    "torch": (
        Kind.TORCH,
        made.zipped({"archive/data.pkl": b"", "archive/data/0": b""}),
    ),
    "old torch": (Kind.TORCH, OLD_TORCH),
    "keras": (Kind.KERAS, made.zipped({"config.json": b"", "model.weights.h5": b""})),
    "old keras": (Kind.KERAS, HDF5),
    "joblib": (Kind.JOBLIB, made.wicked_joblib(Path("x"))),
    "packed joblib": (Kind.JOBLIB, made.wicked_joblib(Path("x"), 3)),
    "gzip joblib": (Kind.JOBLIB, made.wicked_joblib(Path("x"), ("gzip", 3))),
    "bz2 joblib": (Kind.JOBLIB, made.wicked_joblib(Path("x"), ("bz2", 3))),
    "xz joblib": (Kind.JOBLIB, made.wicked_joblib(Path("x"), ("xz", 3))),
    "zip": (Kind.UNKNOWN, made.zipped({"a.txt": b"text"})),
    "cut zip": (Kind.UNKNOWN, made.zipped({"schema.json": b"{}"})[:-10]),
    "text": (Kind.UNKNOWN, b"a,b\n1,2\n"),
    "xml": (Kind.UNKNOWN, b"<PMML/>"),
    "nothing": (Kind.UNKNOWN, b""),
    **{
        f"pickle {number}": (Kind.PICKLE, made.wicked_pickle(Path("x"), number))
        for number in range(6)
    },
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_by_its_content(name: str, tmp_path: Path) -> None:
    kind, content = FILES[name]
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert sniff(path) is kind


def test_a_model_that_was_kept_here_is_known(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    files.save(Packed("linear", {}, {"weights": made.ROWS}), path)
    assert sniff(path) is Kind.HELIOGRAPH


def many_fields() -> bytes:
    """What could be an ONNX file of very many fields."""
    return b"\x08\x09" * 20_000_000


def long_listing() -> bytes:
    """A zip archive of very many files of nothing, under one name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("schema.json", b"")
        archive.filelist *= 200_000
    return target.getvalue()


@pytest.mark.parametrize("made_of", [many_fields, long_listing])
def test_what_would_take_long_to_look_through_is_known_at_once(
    tmp_path: Path, made_of: Callable[[], bytes]
) -> None:
    path = tmp_path / "long"
    path.write_bytes(made_of())
    assert path.stat().st_size > 10_000_000
    began = time.perf_counter()
    assert sniff(path) is Kind.UNKNOWN
    assert time.perf_counter() - began < 1


@given(
    head=st.sampled_from([b"", b"PK\x03\x04", b"\x80\x04", b"\x08\x09:", b"(", b"x"]),
    rest=st.binary(),
)
def test_whatever_the_bytes_there_is_an_answer(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, rest: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(head + rest)
    assert sniff(path) in Kind
