"""A file of any size is processed in the memory of a small one."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

CHILD = r"""
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from compute.tables.checks import check
from compute.tables.limits import Limits
from compute.tables.process import process
source, target = sys.argv[1:]
limits = Limits()
checked = check(source, "data.csv", limits)
table = process([source], target, limits)
[peak] = re.findall(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())
print(json.dumps([checked.rows, table.row_count, table.column_count, int(peak) >> 10]))
"""

MOST = 450
"""MiB that the process may have at any time; about 100 are the libraries."""


def spectra(path: Path) -> tuple[int, int]:
    block = np.random.default_rng(3).lognormal(-5, 1, (100, 1_024))
    rows = "".join(",".join([f"{x:.4g}" for x in row]) + "\n" for row in block)
    with path.open("w") as file:
        file.write(",".join(f"f_{n}" for n in range(1_024)) + "\n")
        file.writelines(rows for _ in range(110))
    return 11_000, 1_024


def texts(path: Path) -> tuple[int, int]:
    with path.open("w") as file:
        file.write("text,number,more\n")
        file.writelines(
            f'"a text, number {n}, that differs",{n},{n % 7} times\n'
            for n in range(2_000_000)
        )
    return 2_000_000, 3


@pytest.mark.parametrize("make", [spectra, texts])
def test_a_hundred_megabytes_fit_in_a_limited_process(
    tmp_path: Path, make: Callable[[Path], tuple[int, int]]
) -> None:
    source = tmp_path / "source.csv"
    rows, columns = make(source)
    assert source.stat().st_size > 90e6
    command = [sys.executable, "-c", CHILD, str(source), str(tmp_path / "target")]
    root = Path(__file__).parents[3]
    done = subprocess.run(  # noqa: S603  # our own program and paths
        command, cwd=root, capture_output=True, check=False, timeout=120, text=True
    )
    assert done.returncode == 0, done.stderr
    *counted, peak = json.loads(done.stdout)
    assert counted == [rows, rows, columns]
    assert peak < MOST
