"""Whether time tells which e-mail addresses have accounts: `… -m benchmarks logins`.

An address with an account and one without are tried by turns, in random order: signing
in with a wrong password, asking for a reset, and, where addresses are verified, signing
up. For each the medians are shown, and how likely times as different are if there is no
difference (Mann-Whitney): below 0.05 is worth another look, below 0.001 is a leak.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from urllib.error import HTTPError

from scipy.stats import mannwhitneyu

from benchmarks import servers
from benchmarks.data import DATABASES, PASSWORD
from benchmarks.servers import Server
from db import migrating

TRIES = 200
"""Of each address and each kind."""
PAUSE = 0.03
"""Seconds between two, in which the server does what answers do not wait for."""
KNOWN, UNKNOWN = "ada.lovelace@example.org", "ada.nobody11@example.org"
WRONG = "machines weave algebra"
FREELY = {
    "failures_until_lock": "1000000",
    "letters_per_hour": "1000000",
    "logins_per_hour": "1000000",
    "logins_per_minute": "1000000",
    "sign_ups_per_hour": "1000000",
    "smtp_url": "smtp://127.0.0.1:1",
}
LOGIN = """mutation ($i: LoginInput!) { login(input: $i) { userErrors { code } } }"""
RESET = """mutation ($i: PasswordResetRequestInput!) {
  passwordResetRequest(input: $i) { userErrors { code } } }"""
SIGN_UP = """mutation ($i: SignUpInput!) {
  signUp(input: $i) { userErrors { code } } }"""


def main(given: Sequence[str] = ()) -> None:
    for database in given or DATABASES:
        print(f"  {database}: milliseconds of the known, of the unknown, likelihood")
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            home.chmod(0o755)
            url = f"sqlite+aiosqlite:///{home / 'logins.db'}"
            if database != "sqlite":
                url = stack.enter_context(servers.postgresql(home / "database"))
            asyncio.run(migrating.upgrade(url))
            _measured(home, url)


def _measured(home: Path, url: str) -> None:
    with servers.product(home / "open", url, **FREELY) as server:
        _asked(server, SIGN_UP, email=KNOWN, password=PASSWORD)
        _shown("login", _times(server, LOGIN, password=WRONG))
        _shown("reset", _times(server, RESET))
    with servers.product(home / "strict", url, verify_email="1", **FREELY) as server:
        _shown("signUp", _times(server, SIGN_UP, fresh=True, password=PASSWORD))


def _times(
    server: Server, document: str, *, fresh: bool = False, **more: str
) -> dict[bool, list[float]]:
    """How long each answer takes, by whether the address is known.

    An address that is `fresh` is another each time: once it is tried it is known.
    """
    times: dict[bool, list[float]] = {True: [], False: []}
    turns = [True, False] * (TRIES + 5)
    random.shuffle(turns)
    for number, known in enumerate(turns):
        other = (
            f"ada.nobody{number:03}@example.org"[-len(KNOWN) :] if fresh else UNKNOWN
        )
        begun = time.perf_counter()
        _asked(server, document, email=KNOWN if known else other, **more)
        times[known].append(time.perf_counter() - begun)
        time.sleep(PAUSE)
    return {known: some[5:] for known, some in times.items()}


def _asked(server: Server, document: str, **given: str) -> None:
    body = json.dumps({"query": document, "variables": {"i": given}})
    try:
        said = json.loads(server.post("/graphql", body.encode()))
    except HTTPError as error:
        sys.exit(error.read().decode())
    assert not said.get("errors"), said


def _shown(name: str, times: dict[bool, list[float]]) -> None:
    known, unknown = times[True], times[False]
    likely = float(mannwhitneyu(known, unknown).pvalue)
    figures = f"{median(known) * 1000:8.2f} {median(unknown) * 1000:8.2f}"
    print(f"    {name:8} {figures}   p = {likely:.3f}")
