"""How the peers are asked the same, and what their answers and ours have in common.

A peer's ids are PostgreSQL's UUIDs, its moments are written as PostgreSQL writes them,
and its closed sets as they are stored. Cursors are everyone's own, and whether a page
after a cursor has one before it is read from Relay's specification in two ways.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.engine import make_url

from benchmarks.peers.documents import ORDERS, POSTGRAPHILE
from benchmarks.questions import DOCUMENTS, Question
from benchmarks.servers import Server
from benchmarks.sides import Asked

IDENTITY = re.compile(r"(?:[a-z_]+_)?([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:")
WORDS = {"severity", "status"}
OWN = {"startCursor", "endCursor", "hasPreviousPage"}
"""What each says in its own way: only that it says something is compared."""


def environment(url: str) -> dict[str, str]:
    """What a peer is told: a database whose place has the form that Node.js reads."""
    place = make_url(url)
    plain = place.set(drivername="postgresql", host=place.host or "localhost")
    given = plain.render_as_string(hide_password=False).replace(":@", "@")
    return {"DATABASE": given, "NODE_ENV": "production", "GRAPHILE_ENV": "production"}


def plainly(_: str, said: Any) -> Any:
    """An answer without what each writes in its own way."""
    return _plain("", said)


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(key, one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(name, one) for one in value]
    if name in OWN:
        return value is None
    return _word(name, value) if isinstance(value, str) else value


def _word(name: str, text: str) -> str:
    if name in WORDS:
        return text.lower()
    if found := IDENTITY.fullmatch(text):
        return UUID(found[1]).hex
    return datetime.fromisoformat(text).isoformat() if MOMENT.match(text) else text


def given(question: Question, cursor: Callable[[list[Any]], str | None]) -> Any:
    """The variables of a question, as a peer takes them."""
    variables: dict[str, Any] = dict(question.variables)
    if id_ := variables.get("id"):
        variables["id"] = str(UUID(id_.rpartition("_")[2]))
    if severity := variables.get("severity"):
        variables["severity"] = severity.lower()
    if after := variables.get("after"):
        variables["after"] = cursor(_place(after.rpartition("-")[2]))
    return variables


def _place(said: str) -> list[Any]:
    """What a cursor of ours says, with the id as PostgreSQL writes it."""
    several = len(said) > 32
    *values, id_ = json.loads(bytes.fromhex(said)) if several else [said]
    return [*values, str(UUID(id_))]


def _coded(place: list[Any]) -> str:
    text = json.dumps(place, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def of_mercurius(_: Server) -> Asked:
    """Our documents; the owner is in a header."""

    def asked(query: str, question: Question) -> tuple[str, bytes, dict[str, str]]:
        variables = given(question, lambda it: _coded(it) if len(it) > 1 else it[0])
        body = {"query": DOCUMENTS[query], "variables": variables}
        return "/graphql", orjson.dumps(body), {"x-owner": str(question.owner)}

    return asked


def of_postgraphile(server: Server) -> Asked:
    """Documents of its schema; the owner is a variable.

    Its cursors begin with a digest of the order, which it is asked for first.
    """
    digests: dict[str, str] = {}
    for query, order in ORDERS.items():
        said = json.loads(server.post("/graphql", orjson.dumps({"query": order})))
        cursor = said["data"]["page"]["pageInfo"]["endCursor"]
        digests[query] = json.loads(base64.b64decode(cursor))[0]

    def asked(query: str, question: Question) -> tuple[str, bytes, dict[str, str]]:
        variables = given(question, lambda it: _coded([digests[query], *it]))
        variables["owner"] = str(question.owner)
        body = {"query": POSTGRAPHILE[query], "variables": variables}
        return "/graphql", orjson.dumps(body), {}

    return asked


ASKING: Mapping[str, Callable[[Server], Asked]] = {
    "mercurius": of_mercurius,
    "postgraphile": of_postgraphile,
}
