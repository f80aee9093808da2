"""Models that mean harm: no code is run, each is answered, and the next is served."""

import asyncio
import io
import random
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.artifacts.errors import ArtifactError, Broke
from compute.learning import files
from compute.learning.columns import Column
from compute.learning.models import Packed
from compute.remote import ANSWERED, INSPECTED
from server.children import LIBRARIES, Children
from tests.compute.artifacts import made
from tests.waiting import SECONDS

pytestmark = pytest.mark.once("sqlite")
MIB = 1024**2
SKOPS = made.as_skops(made.logistic())
GOOD = made.as_onnx(made.logistic())
HUGE = np.array([60_000, 60_000], np.int64)
ONE = np.ones((1, 1), np.float32)
MUTATIONS = 200


class Asked:
    """Models of strangers in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.children, self._folder = Children(2, libraries=LIBRARIES), folder

    async def looked(self, content: bytes) -> dict[str, Any]:
        """What is found in a file."""
        path, digest = self._written(content)
        return await self.children.ask(INSPECTED, digest, path)

    async def answered(self, content: bytes, row: Any = made.INPUT) -> Any:
        path, digest = self._written(content)
        given = (path, digest, [row])
        [answer] = await self.children.ask(ANSWERED, digest, *given)
        return answer

    def _written(self, content: bytes) -> tuple[str, str]:
        digest = made.sha256(content)
        path = self._folder / digest
        path.write_bytes(content)
        return str(path), digest


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Asked]:
    """After whatever they did, a good model is answered as if nothing had happened."""
    asked = Asked(tmp_path)
    try:
        async with asyncio.timeout(3 * SECONDS):
            yield asked
            answer = await asked.answered(GOOD)
    finally:
        await asked.children.close()
    assert answer["label"] == made.LABELS[0]


@pytest.mark.parametrize("kind", ["pickle", "joblib", "packed joblib"])
async def test_a_pickle_is_known_and_never_loaded(
    asked: Asked, tmp_path: Path, kind: str
) -> None:
    marker = tmp_path / "marker"
    content = {
        "pickle": made.wicked_pickle(marker),
        "joblib": made.wicked_joblib(marker),
        "packed joblib": made.wicked_joblib(marker, 3),
    }[kind]
    found = await asked.looked(content)
    assert (found["kind"], found["loadable"]) == (kind.rsplit(maxsplit=1)[-1], False)
    assert "can run whatever its author likes; ONNX, skops" in found["why"]
    with pytest.raises(ArtifactError, match="can run whatever its author likes"):
        await asked.answered(content)
    assert not marker.exists()


async def test_a_skops_file_with_an_untrusted_type_is_refused(asked: Asked) -> None:
    found = await asked.looked(made.wicked_skops())
    assert (found["kind"], found["loadable"]) == ("skops", False)
    assert found["why"] == (
        "the skops file has types that are not trusted: 'posix.system'"
    )


def inflated(size: int) -> bytes:
    """A skops file that is small, and unpacks to this much."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("schema.json", b"{}")
        with archive.open("1.npy", "w", force_zip64=True) as entry:
            for _ in range(size // MIB):
                entry.write(bytes(MIB))
    return target.getvalue()


async def test_an_archive_that_inflates_is_refused_unopened(asked: Asked) -> None:
    content = inflated(700 * MIB)
    assert len(content) < 5 * MIB
    found = await asked.looked(content)
    assert found["why"] == (
        "the zip archive unpacks to 700 MiB; at most 500 MiB are accepted"
    )


@pytest.mark.parametrize("where", ["weights", "../../etc/passwd", "/etc/passwd"])
async def test_numbers_in_another_file_are_refused(asked: Asked, where: str) -> None:
    found = await asked.looked(made.outside(where))
    assert found["why"].startswith("the ONNX file keeps 'weights' in another file")


def looping() -> bytes:
    helper = made.onnx.helper
    kinds = {"turn": made.onnx.TensorProto.INT64, "go": made.onnx.TensorProto.BOOL}
    body = helper.make_graph(
        [made.node("Identity", "go", to="on"), made.node("Identity", "x", to="y")],
        "body",
        [
            *(
                helper.make_tensor_value_info(one, kind, [])
                for one, kind in kinds.items()
            ),
            helper.make_tensor_value_info("x", made.FLOAT, [None, 4]),
        ],
        [
            helper.make_tensor_value_info("on", kinds["go"], []),
            helper.make_tensor_value_info("y", made.FLOAT, [None, 4]),
        ],
    )
    loop = made.node("Loop", "turns", "", "features", body=body)
    return made.graph([loop], numbers={"turns": np.int64(1 << 62)}, output=[None, 4])


async def test_a_loop_is_refused(asked: Asked) -> None:
    found = await asked.looked(looping())
    assert (
        found["why"] == "the ONNX file uses the operator 'Loop', which is not accepted"
    )


def tedious() -> bytes:
    """A model of few bytes that multiplies large tables for an hour."""
    size = np.array([3_000, 3_000], np.int64)
    first = made.node("ReduceMax", "features", to="most")
    table = made.node("Expand", "most", "size", to="x0")
    multiplied = [
        made.node("MatMul", f"x{place}", f"x{place}", to=f"x{place + 1}")
        for place in range(5_000)
    ]
    last = made.node("ReduceMax", "x5000", keepdims=0)
    return made.graph([first, table, *multiplied, last], numbers={"size": size})


async def test_a_model_that_takes_for_ever_is_ended(asked: Asked) -> None:
    content = tedious()
    assert (await asked.looked(content))["loadable"]
    await asked.children.close()
    asked.children = Children(2, seconds=6, libraries=LIBRARIES)
    began = time.monotonic()
    with pytest.raises(Broke, match="it took longer than 6 s"):
        await asked.answered(content)
    assert 6 <= time.monotonic() - began < SECONDS


def endless() -> Packed:
    """A forest in our own format, of a tree that goes down and down, many times."""
    count = 200_000
    last = np.full(count, count - 1, np.int32)
    cell = np.zeros(count, np.int32)
    cell[-1] = -1
    trees = {
        "roots": np.zeros(20_000, np.int32),
        "cell": cell,
        "threshold": np.zeros(count),
        "left": last,
        "right": np.minimum(np.arange(1, count + 1, dtype=np.int32), last),
        "values": np.zeros((count, 1)),
    }
    column = Column("x", "float", gaps=True, fill=-1.0)
    return Packed("forests", {"columns": [asdict(column)], "labels": None}, trees)


async def test_a_forest_that_goes_down_for_ever_is_ended(
    asked: Asked, tmp_path: Path
) -> None:
    files.save(endless(), tmp_path / "forest")
    content = (tmp_path / "forest").read_bytes()
    assert (await asked.looked(content))["loadable"]
    await asked.children.close()
    asked.children = Children(2, seconds=6, libraries=LIBRARIES)
    with pytest.raises(Broke, match="it took longer than 6 s"):
        await asked.answered(content, {"x": 1.0})


async def test_an_answer_that_is_too_large_is_not_given(asked: Asked) -> None:
    size = np.array([1, 300_000], np.int64)
    flat = made.node("ReduceMax", "features", keepdims=0, to="most")
    table = made.node("Expand", "most", "size")
    content = made.graph([flat, table], numbers={"size": size})
    assert await asked.answered(content) == {
        "error": "the model's answer has more than 1 MiB"
    }


@pytest.mark.parametrize(
    ("operator", "given"),
    [("ConstantOfShape", ["huge"]), ("Expand", ["one", "huge"])],
)
async def test_a_model_that_eats_memory_is_ended(
    asked: Asked, operator: str, given: list[str]
) -> None:
    large = made.node(operator, *given, to="large")
    numbers = {"huge": HUGE, "one": ONE}
    content = made.graph([large, made.node("ReduceMax", "large")], numbers=numbers)
    with pytest.raises(Broke, match="it took more memory than it may"):
        await asked.answered(content)


@pytest.mark.parametrize("kind", ["skops", "onnx", "mlflow"])
async def test_damaged_files_are_answered_one_after_the_other(
    asked: Asked, tmp_path: Path, kind: str
) -> None:
    label = "flavors: {onnx: {data: model.onnx}}"
    whole = {
        "skops": SKOPS,
        "onnx": GOOD,
        "mlflow": made.mlflow(label, model__onnx=GOOD),
    }[kind]
    path, answers, broken = tmp_path / "damaged", list[dict[str, Any]](), 0
    for content in mutations(whole):
        path.write_bytes(content)
        try:
            answers.append(await asked.children.ask(INSPECTED, "damaged", str(path)))
        except Broke:
            broken += 1
    assert all(one["loadable"] or one["why"] for one in answers)
    assert len(answers) + broken == MUTATIONS
    assert sum(not one["loadable"] for one in answers) > MUTATIONS / 4
    assert broken < MUTATIONS / 50


def mutations(content: bytes) -> Iterator[bytes]:
    """Cut off somewhere, or with some bytes changed."""
    chance = random.Random(9)  # noqa: S311  # the same files every time
    for turn in range(MUTATIONS):
        damaged = bytearray(content)
        if turn % 4 == 0:
            del damaged[chance.randrange(len(damaged)) :]
        else:
            for _ in range(chance.randint(1, 8)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        yield bytes(damaged)
