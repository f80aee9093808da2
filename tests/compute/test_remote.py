"""Functions that whoever names them need not import."""

import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from compute import remote
from compute.remote import Remote

ROOT = Path(__file__).parents[2]
NAMED = [one for one in vars(remote).values() if isinstance(one, Remote)]
HEAVY = {"numba", "pyarrow", "scipy", "sklearn"}
LOADED = f"""
import sys
import server.app
print(*sorted({HEAVY} & set(sys.modules)))
"""


@pytest.mark.parametrize("named", NAMED, ids=lambda one: f"{one.module}.{one.name}")
def test_what_is_named_is_there_and_can_be_sent_to_a_process(named: Remote) -> None:
    assert callable(getattr(import_module(named.module), named.name))
    assert pickle.loads(pickle.dumps(named)) == named  # noqa: S301  # it is our own


def test_the_web_process_leaves_heavy_libraries_to_those_that_compute() -> None:
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("named", "given", "kind"),
    [
        (Remote("pyarrow", "allocate_buffer"), 1 << 60, MemoryError),
        (Remote("numpy", "zeros"), 1 << 50, MemoryError),
        (Remote("numpy.linalg", "inv"), [[0.0]], ValueError),
    ],
)
def test_what_a_library_raises_can_be_read_without_it(
    named: Remote, given: object, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as caught:
        named(given)
    assert type(caught.value) is kind
