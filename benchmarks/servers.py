"""Servers to be measured, each in a process of its own; they end with the block."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import instances
from tests.waiting import SECONDS

ROOT = Path(__file__).parents[1]
FREELY = {
    "access_lifetime": "86400",
    "connections": "20000",
    "address_connections": "20000",
    "cost_signed_in": "1000000",
    "graphiql": "0",
    "log_level": "warning",
    "logins_per_minute": "1000",
    "logins_per_hour": "1000",
    "operations_at_once": "1000",
    "points_anonymous": "1000000000",
    "points_signed_in": "1000000000",
    "stop_notice": "0",
}
"""Settings of a server that is asked more than one client may ask."""
TICK = os.sysconf("SC_CLK_TCK")
PEPPER = "f3b1c64e9a0d58726fd90b3a7c15e284"
"""What the passwords of the generated accounts are mixed with."""


class NotBegunError(Exception):
    """A server that does not answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers at an address."""

    process: subprocess.Popen[str]
    url: str

    def cpu(self) -> float:
        """Seconds of processor that it has used, without its children's."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICK

    def post(self, path: str, body: bytes, **headers: str) -> bytes:
        """The answer to one request. Raises HTTPError for a refusal."""
        said = {"content-type": "application/json", **headers}
        asked = urllib.request.Request(f"{self.url}{path}", body, said)  # noqa: S310  an address of ours
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310  as above
            return answer.read()

    def token(self, email: str, password: str) -> str:
        """What somebody signs requests with, from a login."""
        document = """mutation($i: LoginInput!) { login(input: $i) {
            tokens { accessToken } userErrors { message } } }"""
        signing = {"email": email, "password": password}
        body = {"query": document, "variables": {"i": signing}}
        said = json.loads(self.post("/graphql", json.dumps(body).encode()))
        assert not said.get("errors"), said
        return said["data"]["login"]["tokens"]["accessToken"]


@contextmanager
def product(data: Path, database: str, **settings: str) -> Generator[Server]:
    """The web process of Heliograph, with a folder of data and on some database."""
    given = {**FREELY, "pepper": PEPPER, "database_url": database, "data": str(data)}
    named = {f"HELIOGRAPH_{name.upper()}": v for name, v in (given | settings).items()}
    command = [sys.executable, "-m", "server", "serve", "--only", "web", "--port", "0"]
    with _running(command, named) as process:
        yield Server(process, _address(process))


@contextmanager
def script(*command: str, **environment: str) -> Generator[Server]:
    """Another server, which listens at PORT."""
    port = free_port()
    with _running(command, {"PORT": str(port), **environment}) as process:
        _await_listening(process, port)
        yield Server(process, f"http://127.0.0.1:{port}")


@contextmanager
def postgresql(home: Path) -> Generator[str]:
    """A PostgreSQL whose data are in a folder, and stay there; gives its URL."""
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    with instances.postgresql(home) as url:
        yield url


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def _running(
    command: Sequence[str], given: Mapping[str, str]
) -> Generator[subprocess.Popen[str]]:
    """A process, whose last words are told if it fails to begin."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(  # noqa: S603  our own words
            command,
            cwd=ROOT,
            env={**os.environ, **given},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield process
        except NotBegunError as error:
            log.seek(0)
            error.add_note(log.read()[-2_000:])
            raise
        finally:
            _ended(process)


def _ended(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[str]) -> str:
    """Where a process says that it listens."""
    assert process.stdout
    said = process.stdout.readline()
    found = re.search(r"http://[\w.]+:\d+", said)
    if not found:
        raise NotBegunError(f"{process.args} said {said!r} and no address")
    return found.group()


def _await_listening(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise NotBegunError(f"{process.args} does not listen at {port}")
