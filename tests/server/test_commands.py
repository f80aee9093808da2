"""The heliograph command, as whoever runs the server uses it."""

import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from db import faultpoints
from server.__main__ import main
from server.disk import using

ROOT = Path(__file__).parents[2]
SECONDS = 60
"""For a process to start, on a machine that is busy with other tests."""
GOOD = "kT9w!mZ4q_XvB7nL2rJ8sD5fG1hY6cP3"
Run = Callable[..., int]


class Served:
    """A server in a process of its own."""

    def __init__(self, data: Path, *arguments: str, **settings: str) -> None:
        given = {
            f"HELIOGRAPH_{name.upper()}": value for name, value in settings.items()
        }
        self.process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-m", "server", "serve", "--port", "0", *arguments],
            cwd=ROOT,
            env={**os.environ, "HELIOGRAPH_DATA": str(data), **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def url(self) -> str:
        assert self.process.stdout
        said = self.process.stdout.readline()
        found = re.search(r"http://[^/]+", said)
        assert found, (said, self.process.communicate(timeout=SECONDS)[1])
        return found.group()

    def ended(self) -> tuple[int, str]:
        """With which code it ended, and what it wrote to standard error."""
        _, errors = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, errors


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    started: list[Served] = []

    def serve(*arguments: str, **settings: str) -> Served:
        started.append(Served(tmp_path / "data", *arguments, **settings))
        return started[-1]

    yield serve
    for one in started:
        one.process.kill()
        one.process.communicate(timeout=SECONDS)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command here, on data of the test's own; gives its exit code."""
    monkeypatch.setenv("HELIOGRAPH_DATA", str(tmp_path / "data"))
    root, mask = logging.getLogger(), os.umask(0o077)
    before = root.handlers, root.level

    def run(*arguments: str, **settings: str) -> int:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(f"HELIOGRAPH_{name.upper()}", value)
            return main(arguments)

    yield run
    faultpoints.arm("")
    os.umask(mask)
    root.handlers, root.level = before
    logging.captureWarnings(capture=False)


def answered(url: str, path: str) -> httpx.Response:
    return httpx.get(f"{url}{path}", timeout=SECONDS)


def test_a_server_starts_on_nothing_and_ends_cleanly_when_told(serve: Serve) -> None:
    for _ in ("an empty folder", "the same folder again"):
        served = serve()
        url = served.url
        assert answered(url, "/healthz").json() == {"status": "alive"}
        assert answered(url, "/readyz").json()["status"] == "ready"
        asked = httpx.post(f"{url}/graphql", json={"query": "{ __typename }"})
        assert asked.json() == {"data": {"__typename": "Query"}}
        served.process.send_signal(signal.SIGTERM)
        code, errors = served.ended()
        assert code == 0, errors
        assert "Traceback" not in errors


def test_a_server_that_stops_says_so_and_sends_its_listeners_elsewhere(
    serve: Serve,
) -> None:
    served = serve(stop_notice="3")
    url = served.url
    socket_url = f"{url.replace('http', 'ws')}/graphql"
    protocol = Subprotocol("graphql-transport-ws")
    with connect(socket_url, subprotocols=[protocol]) as socket:
        socket.send('{"type": "connection_init"}')
        assert "connection_ack" in str(socket.recv(timeout=SECONDS))
        served.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + SECONDS
        while (ready := answered(url, "/readyz")).status_code == 200:
            assert time.monotonic() < deadline
        assert ready.status_code == 503
        assert ready.json()["wrong"] == {"process": "it is stopping"}
        assert answered(url, "/healthz").status_code == 200
        with suppress(ConnectionClosed):
            socket.recv(timeout=SECONDS)
        assert socket.close_code == 1012
    assert served.ended()[0] == 0


def test_a_second_signal_ends_it_at_once(serve: Serve) -> None:
    served = serve(stop_notice="600")
    url = served.url
    served.process.send_signal(signal.SIGTERM)
    while answered(url, "/readyz").status_code == 200:
        time.sleep(0.05)
    served.process.send_signal(signal.SIGTERM)
    assert served.ended()[0] == -signal.SIGTERM


def test_a_server_that_was_killed_starts_again(serve: Serve) -> None:
    served = serve()
    assert answered(served.url, "/readyz").status_code == 200
    served.process.kill()
    served.ended()
    assert answered(serve().url, "/readyz").status_code == 200


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"secret": "changeme", "pepper": GOOD}, "HELIOGRAPH_SECRET is weak"),
        ({"prot": "1"}, "no setting HELIOGRAPH_PROT; did you mean HELIOGRAPH_PORT"),
        ({"port": "x"}, "HELIOGRAPH_PORT 'x' will not do"),
        ({"testing": "1", "fault_points": "no.where:kill"}, "no fault point"),
        ({"store_url": "s3x://b"}, "HELIOGRAPH_STORE_URL names no store"),
        ({"redis_url": "unix:///nowhere.sock"}, "redis cannot be reached"),
        ({"database_url": "postgresql://u@127.0.0.1:1/x"}, "could not be done"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    settings: dict[str, str], said: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("serve", **settings)
    errors = capsys.readouterr().err
    assert code == 1
    assert said in errors
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("heliograph: ")


def test_a_port_that_is_taken_is_named(
    run: Run, capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    with socket.create_server(("127.0.0.1", unused_tcp_port)):
        assert run("serve", "--port", str(unused_tcp_port)) == 1
    assert f"port {unused_tcp_port} of 127.0.0.1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [(), ("dance",), ("serve", "--only", "x"), ("backup",)]
)
def test_wrong_usage_is_told_apart_from_failure(wrong: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as told:
        main(wrong)
    assert told.value.code == 2


def test_tables_go_forward_and_back(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("migrate", "upgrade") == 0
    assert "up to date" in capsys.readouterr().out
    assert run("migrate", "current") == run("migrate", "history") == 0
    assert "(head)" in capsys.readouterr().out
    assert run("migrate", "downgrade", "0003") == 0
    assert "pending: 0004" in capsys.readouterr().out
    assert run("serve", "--no-migrate") == 1
    assert "run heliograph migrate upgrade" in capsys.readouterr().err
    assert run("migrate", "upgrade", "0099") == 1
    assert "0099" in capsys.readouterr().err


def test_the_tables_of_a_running_server_are_not_taken_back(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with using(tmp_path / "data"):
        assert run("migrate", "downgrade", "base") == 1
    assert "a server is running" in capsys.readouterr().err


@pytest.mark.parametrize("nth", [1, 4, 6])
def test_a_migration_that_is_broken_off_leaves_the_tables_as_they_were(
    nth: int, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = {"testing": "1", "fault_points": f"migration.mid:raise:{nth}"}
    assert run("migrate", "upgrade", **fault) == 1
    assert "fault point migration.mid" in capsys.readouterr().err
    with closing(sqlite3.connect(tmp_path / "data" / "heliograph.db")) as connection:
        assert not connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert run("migrate", "upgrade") == 0


def test_fault_points_do_nothing_unless_the_server_is_under_test(run: Run) -> None:
    assert run("migrate", "upgrade", fault_points="migration.mid:kill") == 0


def test_a_full_disk_ends_a_backup_with_a_sentence(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("migrate", "upgrade")
    fault = {"testing": "1", "fault_points": "backup.mid:enospc"}
    assert run("backup", str(tmp_path / "copy"), **fault) == 1
    assert "it could not be done: [Errno 28]" in capsys.readouterr().err
    assert not (tmp_path / "copy").exists()


def test_an_administrator_is_made_and_the_log_of_it_is_whole(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run("migrate", "upgrade")
    assert (
        run("user", "create-admin", "--email", "a@example.com", admin_password=GOOD)
        == 0
    )
    assert (
        run("user", "create-admin", "--email", "a@example.com", admin_password=GOOD)
        == 1
    )
    said = capsys.readouterr()
    assert "taken" in said.err
    assert GOOD not in said.out + said.err
    assert run("audit", "verify") == 0
    assert "the chain is whole: 1 entries, 0 of them erased" in capsys.readouterr().out
    with closing(sqlite3.connect(tmp_path / "data" / "heliograph.db")) as connection:
        connection.execute("DROP TRIGGER audit_log_update")
        connection.execute("UPDATE audit_log SET action = 'forged'")
        connection.commit()
    assert run("audit", "verify") == 1
    assert "broken at entry 1: edited" in capsys.readouterr().err


def test_a_backup_is_restored_and_misses_its_pepper_elsewhere(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    copy = str(tmp_path / "copy.tar")
    run("migrate", "upgrade")
    assert run("backup", copy) == run("restore", copy) == 0
    assert "nobody can sign in" not in capsys.readouterr().out
    assert run("restore", copy, data=str(tmp_path / "other")) == 0
    assert "nobody can sign in until" in capsys.readouterr().out


def test_the_schema_is_printed(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema") == 0
    assert "type Query" in capsys.readouterr().out
