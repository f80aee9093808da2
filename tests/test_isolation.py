"""Whatever has an address besides the graph is another's for nobody to find either."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import sqlalchemy as sa
from starlette.routing import Route
from uuid_utils.compat import uuid7

from db.base import Base
from resolvers.access import Actor
from resolvers.equipment import Equipment
from schema.ids import spell
from server.app import create_app
from server.settings import Settings
from tests.conftest import Save, Someone
from tests.factories import everything
from tests.guards import everything_of, guard, pytest_generate_tests
from tests.web import bearer, web

__all__ = ["bearer", "guard", "pytest_generate_tests", "web"]

POINT = b'{"values": [1.0, 2.0]}\n'


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with the id of a kind of row in place of `@`."""

    method: str
    path: str
    kind: str
    body: bytes = b""


ASKED = {
    "/analyses/{id}/points": [Asked("POST", "/analyses/@/points", "Analysis", POINT)],
    "/batches/{name}": [
        Asked("GET", "/batches/@.csv", "BatchPrediction"),
        Asked("GET", "/batches/@.parquet", "BatchPrediction"),
    ],
    "/models": [Asked("POST", "/models?model=@", "Model", b"a model")],
    "/models/versions/{name}": [
        Asked("GET", "/models/versions/@", "ModelVersion"),
        Asked("GET", "/models/versions/@.onnx", "ModelVersion"),
    ],
}
"""Addresses at which something is found by its id."""
WITHOUT = {
    *("/", "/graphql", "/healthz", "/metrics", "/readyz", "/schema.graphql"),
    *("/account/{name}", "/assets/{name}", "/audit/exports/{name}", "/audit/key"),
    *("/export", "/upload"),
}
"""Addresses at which nothing is: of two, a ticket tells what they give."""
PASSING = {
    "date",
    "x-request-id",
    "ratelimit",
    "ratelimit-remaining",
    "ratelimit-reset",
}
"""Headers of which no two answers have the same."""


MADE_HERE = {
    *("alerts.fingerprint", "api_keys.key_hash", "api_keys.key_prefix"),
    *(
        "invitations.code_hash",
        "one_time_tokens.token_hash",
        "recovery_codes.code_hash",
    ),
    *("reduction_configs.legacy_id", "refresh_tokens.token_hash"),
    "sessions.refresh_token_hash",
    *("subscriptions.stripe_subscription_id", "users.stripe_customer_id"),
}
"""What is the same in no two rows, and is never what somebody wrote."""
SHARED = {
    *("audit_checkpoints", "billing_events", "plans", "rate_limit_windows", "roles"),
    "scheduled_runs",
}
"""Tables that nobody's rows are in; to have an e-mail address is told as well."""


def test_no_name_is_taken_because_somebody_else_has_it() -> None:
    for table in Base.metadata.sorted_tables:
        for columns in unique(table):
            known = {f"{table.name}.{name}" for name in columns}
            within = any(
                table.c[name].foreign_keys for name in columns & {*table.c.keys()}
            )
            told = table.name in SHARED or known == {"users.lower(email)"}
            assert within or told or known <= MADE_HERE, known


def unique(table: sa.Table) -> Iterator[set[str]]:
    """Each set of columns of which no two rows have the same."""
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            yield {*constraint.columns.keys()}
    for index in table.indexes:
        if index.unique:
            yield {str(one).removeprefix(f"{table.name}.") for one in index.expressions}


def test_every_address_is_known_here(equipment: Equipment) -> None:
    app = create_app(equipment, Settings(stripe_webhook_secret=None))
    there = {route.path for route in app.routes if isinstance(route, Route)}
    assert there - WITHOUT == set(ASKED)


async def test_an_id_of_anothers_is_answered_as_one_of_nobodys(
    web: httpx.AsyncClient, equipment: Equipment, save: Save, someone: Someone
) -> None:
    theirs = everything(await someone())
    await save(*theirs)
    before = await everything_of(equipment.database, theirs)
    for asked in (one for several in ASKED.values() for one in several):
        other = next(spell(row) for row in theirs if type(row).__name__ == asked.kind)
        nobodys = f"{other.rpartition('_')[0]}_{uuid7().hex}"
        answers = [await answered(web, asked, id_) for id_ in (other, nobodys)]
        assert answers[0] == answers[1]
        assert 400 <= answers[0][0] < 500
    assert await everything_of(equipment.database, theirs) == before


async def test_what_is_ones_own_is_found_at_each_address(
    web: httpx.AsyncClient, analyst: Actor, save: Save
) -> None:
    mine = everything(analyst)
    await save(*mine)
    for asked in (one for several in ASKED.values() for one in several):
        own = next(spell(row) for row in mine if type(row).__name__ == asked.kind)
        nobodys = f"{own.rpartition('_')[0]}_{uuid7().hex}"
        answers = [await answered(web, asked, id_) for id_ in (own, nobodys)]
        assert answers[0] != answers[1]


async def answered(
    web: httpx.AsyncClient, asked: Asked, id_: str
) -> tuple[int, list[tuple[str, str]], str]:
    """All of an answer but what no two have the same."""
    path, digits = asked.path.replace("@", id_), id_.rpartition("_")[2]
    answer = await web.request(asked.method, path, content=asked.body)
    text = answer.text.replace(digits, "@")
    text = text.replace(answer.headers.get("x-request-id", "@"), "@")
    return answer.status_code, sorted(kept(answer)), text


def kept(answer: httpx.Response) -> Iterator[tuple[str, str]]:
    for name, value in answer.headers.items():
        if name not in PASSING:
            yield name, value
