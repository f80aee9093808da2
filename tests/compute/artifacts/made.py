"""Models as others make them, and files as nobody should."""

import hashlib
import io
import json
import os
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

skops: Any = import_module("skops.io")
linear_model: Any = import_module("sklearn.linear_model")
preprocessing: Any = import_module("sklearn.preprocessing")
onnx: Any = import_module("onnx")
FLOAT: int = onnx.TensorProto.FLOAT

CHANCE = np.random.default_rng(4)
ROWS = CHANCE.normal(size=(80, 4))
LABELS = np.where(ROWS[:, 0] > ROWS[:, 1], "yes", "no")
NUMBERS = ROWS @ [1.0, 2.0, 3.0, 4.0]
INPUT = {"features": ROWS[0].tolist()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def logistic() -> Any:
    return linear_model.LogisticRegression().fit(ROWS, LABELS)


def as_skops(model: Any) -> bytes:
    return skops.dumps(model)


def as_onnx(model: Any, **named: Any) -> bytes:
    """What skl2onnx makes of an estimator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries about each other
        convert: Any = import_module("skl2onnx").to_onnx
        given = {"X": ROWS[:1].astype(np.float32), **named}
        return convert(model, **given).SerializeToString()


def zipped(members: Mapping[str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packed) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, packed)  # of no moment
    return target.getvalue()


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def mlflow(label: str, **files: bytes) -> bytes:
    """A folder with an MLmodel and other files, as an archive."""
    named = {f"model/{name.replace('__', '.')}": one for name, one in files.items()}
    return zipped({"model/MLmodel": label.encode(), **named})


class Wicked:
    """Makes a file of a name when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.marker),)


def wicked_pickle(marker: Path, protocol: int = 5) -> bytes:
    return pickle.dumps(Wicked(marker), protocol)


def wicked_joblib(marker: Path, compress: Any = 0) -> bytes:
    target, joblib = io.BytesIO(), import_module("joblib")
    joblib.dump({"ours": Wicked(marker), "rows": ROWS}, target, compress=compress)
    return target.getvalue()


def wicked_skops() -> bytes:
    """A step that calls a function of the system's with what it is asked."""
    kind = preprocessing.FunctionTransformer(np.log)
    parts = members(as_skops(kind))
    text = parts["schema.json"].decode()
    schema = json.loads(text)
    function = schema["content"]["content"]["func"]
    function["__module__"], function["__class__"] = "posix", "system"
    return zipped({**parts, "schema.json": json.dumps(schema).encode()})


def graph(
    nodes: list[Any],
    *,
    numbers: Mapping[str, Any] | None = None,
    inputs: Mapping[str, list[Any]] | None = None,
    output: list[Any] | None = None,
    opset: int = 19,
    **more: Any,
) -> bytes:
    """An ONNX model of these nodes, from `features` to `out` unless said otherwise."""
    helper = onnx.helper
    given = {"features": [None, 4]} if inputs is None else inputs
    made = helper.make_graph(
        nodes,
        "graph",
        [
            helper.make_tensor_value_info(one, FLOAT, shape)
            for one, shape in given.items()
        ],
        [helper.make_tensor_value_info("out", FLOAT, output or [None, 1])],
        initializer=[
            onnx.numpy_helper.from_array(np.asarray(one), name)
            for name, one in (numbers or {}).items()
        ],
    )
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(made, ir_version=9, opset_imports=opsets, **more)
    return model.SerializeToString()


def node(operator: str, *inputs: str, to: str = "out", **more: Any) -> Any:
    return onnx.helper.make_node(operator, list(inputs), [to], **more)


def outside(where: str) -> bytes:
    """A model whose numbers are in another file."""
    weights = np.ones((4, 1), np.float32)
    whole = graph([node("MatMul", "features", "weights")], numbers={"weights": weights})
    model = onnx.load_model_from_string(whole)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": where, "offset": "0", "length": "16"}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return model.SerializeToString()
