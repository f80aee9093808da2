"""Plays the demo's readings to a running server, as a sensor would send them."""

import csv
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from db.models import Analysis
from schema.ids import prefix
from server.demo.loading import EMAIL, FOLDER, PASSWORD, WATCH
from server.failures import Failure

LOGIN = """mutation ($input: LoginInput!) {
  login(input: $input) { tokens { accessToken } userErrors { message } }
}"""


def play(url: str, pace: float) -> Iterator[str]:
    """Send a reading every so many seconds; a sentence for each that was taken.

    Raises Failure where the server does not answer, or not as it should.
    """
    try:
        yield from _sent(_connection(url), _token(url), pace)
    except OSError as error:
        raise Failure(f"{url} does not answer: {error}; is it running?") from error


def readings() -> list[dict[str, Any]]:
    """The readings in order, as lines of a stream of points."""
    with (FOLDER / "readings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != "hour"]
    return [
        {
            "values": [float(row[name]) for name in names],
            "timestamp": row["hour"],
            "metadata": {"hour": row["hour"]},
        }
        for row in rows
    ]


def _token(url: str) -> str:
    given = {"input": {"email": EMAIL, "password": PASSWORD}}
    body = json.dumps({"query": LOGIN, "variables": given})
    connection = _connection(url)
    headers = {"content-type": "application/json"}
    connection.request("POST", "/graphql", body, headers)
    payload = json.load(connection.getresponse())["data"]["login"]
    if payload["tokens"] is None:
        raise Failure("the demo is not loaded: run `heliograph demo` first")
    return payload["tokens"]["accessToken"]


def _sent(
    connection: http.client.HTTPConnection, token: str, pace: float
) -> Iterator[str]:
    """One request a reading, over one connection."""
    path = f"/analyses/{prefix(Analysis)}_{WATCH.hex}/points"
    headers = {"authorization": f"Bearer {token}"}
    for reading in readings():
        connection.request("POST", path, json.dumps(reading), headers)
        answer = json.loads(connection.getresponse().read().splitlines()[-1])
        if answer.get("userErrors") or answer.get("errors"):
            raise Failure(f"a reading was not taken: {answer}")
        yield f"{reading['timestamp']}  {min(reading['values']):6.1f} degrees at least"
        time.sleep(pace)


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
