"""heliograph keys and what restores say of them, as whoever runs the server sees it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db import faultpoints
from server.__main__ import main
from server.keys.ring import FILE

Run = Callable[..., list[str]]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command on data of the test's own; the lines that it says."""
    monkeypatch.setenv("HELIOGRAPH_DATA", str(tmp_path / "data"))

    def run(*arguments: str, code: int = 0) -> list[str]:
        assert main(arguments) == code
        told = capsys.readouterr()
        return (told.err if code else told.out).splitlines()

    run("migrate", "upgrade")
    yield run
    faultpoints.arm("")


def kept(tmp_path: Path) -> list[str]:
    return json.loads((tmp_path / "data" / FILE).read_text())["keys"]


def test_keys_are_rotated_and_listed_by_command(run: Run, tmp_path: Path) -> None:
    [before] = run("keys", "list")
    assert before.endswith("current  nothing")
    run("keys", "rotate")
    former, current = run("keys", "list")
    assert former == before.replace("current", "former ")
    assert current.endswith("current  nothing")
    assert run("keys", "rewrap") == [f"0 secrets are under {current.split()[0]} now"]
    assert len(kept(tmp_path)) == 2
    assert run("audit", "verify") == [
        "the chain is whole: 1 entries, 0 of them erased",
        "signed up to entry 0; the chain alone vouches for the 1 behind it",
    ]


def test_a_given_key_is_not_rotated_by_command(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELIOGRAPH_ENVELOPE_KEY", "kT9w!mZ4q_XvB7nL2rJ8sD5fG1hY6cP3")
    [said] = run("keys", "rotate", code=1)
    assert "HELIOGRAPH_ENVELOPE_FORMER" in said
    [said, _] = run("audit", "verify")
    assert said == "the chain is whole: 0 entries, 0 of them erased"


def test_a_rotation_that_is_not_written_down_makes_no_key(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("keys", "list")
    monkeypatch.setenv("HELIOGRAPH_TESTING", "1")
    monkeypatch.setenv("HELIOGRAPH_FAULT_POINTS", "audit.after_head_lock:raise")
    run("keys", "rotate", code=1)
    monkeypatch.delenv("HELIOGRAPH_FAULT_POINTS")
    assert len(kept(tmp_path)) == 1
