"""A write says no more to the database than it must, and holds nobody up for longer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]  it has none
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from db.base import Base
from db.models import Alert, AlertRule, Dataset
from db.session import Database
from resolvers.access import SYSTEM, Actor, visible
from resolvers.audit import verification
from resolvers.errors import Missing
from resolvers.platform import events
from resolvers.writes import Origin, Transaction
from schema.ids import spell
from tests.conftest import As, Ask, Save, Someone
from tests.factories import a_dataset, a_rule, an_alert, an_upload

CREATE = """mutation ($input: AlertRuleCreateInput!) { alertRuleCreate(input: $input) {
  alertRule { name version dataset { id name } } userErrors { code message }
} }"""
JOIN = """mutation ($input: DatasetCreateInput!) { datasetCreate(input: $input) {
  dataset { version } userErrors { code message }
} }"""
CONDITION = {"metric": "ANOMALY_COUNT", "threshold": 1}
WORDS = "'audit_log_words_"
"""In what SQLite's search tells itself, which nobody sends."""


@pytest.fixture
async def dataset(save: Save, analyst: Actor) -> Any:
    return await save(a_dataset(analyst))


@pytest.fixture
async def said(database: Database) -> AsyncIterator[list[str]]:
    """Whatever is sent to the database from here on, by the sessions and past them."""
    seen: list[str] = []
    engines = (database.readers, database.writers)
    for engine in engines:
        await overhear(engine, seen)
    yield seen
    for engine in engines:
        await engine.dispose()


async def overhear(engine: AsyncEngine, seen: list[str]) -> None:
    await engine.dispose()

    def told(one: str) -> None:
        if not one.startswith("--") and WORDS not in one:
            seen.append(one)

    @event.listens_for(engine.sync_engine, "connect")
    def connect(_: Any, record: Any) -> None:
        driver = record.driver_connection
        if engine.dialect.name == "postgresql":
            driver.add_query_logger(lambda one: seen.append(one.query))
        else:
            driver._conn.set_trace_callback(told)  # noqa: SLF001  past the driver

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def execute(_: Any, __: Any, statement: str, *___: Any) -> None:
        if engine.dialect.name == "postgresql":  # asyncpg tells nothing of these
            seen.append(statement)


async def settled(said: list[str]) -> list[str]:
    """What was said, once asyncpg has told of all of it."""
    await asyncio.sleep(0.01)
    return said


def briefly(said: list[str]) -> list[str]:
    """The statements, each by its first word."""
    first = (one.split(maxsplit=1)[0].partition(";")[0] for one in said)
    return [word for word in first if word not in {"PRAGMA", "DEALLOCATE"}]


def rule(dataset: Any, **changes: Any) -> dict[str, Any]:
    usual = {"dataset": spell(dataset), "name": "Spikes", "severity": "LOW"}
    return usual | {"condition": CONDITION} | changes


async def test_a_mutation_that_adds_a_row_reads_nothing_twice(
    ask: Ask, dataset: Any, said: list[str], database: Database
) -> None:
    await ask(CREATE, input=rule(dataset))
    (await settled(said)).clear()
    data = await ask(CREATE, input=rule(dataset))
    assert data["alertRuleCreate"]["alertRule"]["dataset"]["name"] == "Bearing"
    lite = ["SELECT", "INSERT", "INSERT", "UPDATE"]  # the words of it are the second
    entry = ["WITH"] if database.dialect == "postgresql" else lite
    asked = ["BEGIN", "SELECT", "SELECT", "INSERT", *entry, "COMMIT"]
    assert briefly(await settled(said)) == asked


async def test_the_chain_is_locked_last_and_let_go_of_next(
    as_: As, save: Save, dataset: Any, said: list[str]
) -> None:
    alert: Any = await save(an_alert(await save(a_rule(dataset))))

    async def work(write: Transaction) -> None:
        write.remember("alert", await write.get(Alert, alert.id))
        (await write.get(Alert, alert.id)).note = "odd"
        await events.conclude(write, "x")

    await as_().written(work)
    await settled(said)
    tables = ("UPDATE alerts", "INTO event_heads", "audit_heads")
    places = [next(n for n, one in enumerate(said) if name in one) for name in tables]
    assert places == sorted(places)
    last = max(n for n, one in enumerate(said) if "audit_heads" in one)
    assert "COMMIT" in said[last + 1]


async def test_two_hundred_at_once_leave_the_chain_whole(
    ask: Ask, as_: As, save: Save, analyst: Actor
) -> None:
    datasets = [await save(a_dataset(analyst)) for _ in range(5)]
    turns = asyncio.Semaphore(8)

    async def create(number: int) -> Any:
        name = f'"{number}\\ \u2028 é \U0001f600'
        async with turns:
            return await ask(CREATE, input=rule(datasets[number % 5], name=name))

    async with asyncio.timeout(120):
        made = await asyncio.gather(*map(create, range(200)))
    assert not any(one["alertRuleCreate"]["userErrors"] for one in made)
    verdict = await verification.verify(as_(SYSTEM))
    assert (verdict.damage, verdict.checked) == (None, 200)


@pytest.mark.parametrize(
    "said", ['"\\\n\u2028', 'é\U0001f600","prev_hash":"', ',"seq":1', ""]
)
async def test_whatever_a_client_says_of_itself_the_seal_is_the_verifiers(
    as_: As, said: str
) -> None:
    context = as_()
    context.origin = Origin(request_id=said, address="::1", user_agent=said)
    for _ in range(2):
        await context.written(lambda write: events.conclude(write, said))
    verdict = await verification.verify(as_(SYSTEM))
    assert (verdict.damage, verdict.checked) == (None, 2)


async def test_what_was_just_made_has_the_version_1(
    ask: Ask, save: Save, dataset: Any, analyst: Actor
) -> None:
    files = [spell(await save(an_upload(analyst))) for _ in range(2)]
    made = [
        await ask(CREATE, input=rule(dataset)),
        await ask(JOIN, input={"name": "rows", "uploads": files}),
    ]
    rows = [
        row for data in made for payload in data.values() for row in payload.values()
    ]
    assert [row["version"] for row in rows if row] == [1, 1]


async def test_a_row_that_is_changed_after_it_was_added_is_stored_as_it_is(
    as_: As, dataset: Any, analyst: Actor, database: Database
) -> None:
    async def work(write: Transaction) -> AlertRule:
        seen = await write.see(Dataset, dataset.id)
        made = await write.add(a_rule(seen))
        made.name = "other"
        seen.description = "noisy"
        return made

    made = await as_().written(work)
    async with database.read() as session:
        assert (await session.get_one(AlertRule, made.id)).name == "other"
        assert (await session.get_one(Dataset, dataset.id)).description == "noisy"
    assert made.version == 2


async def test_what_is_added_before_a_session_and_in_it_is_one(
    as_: As, dataset: Any, database: Database
) -> None:
    async def work(write: Transaction) -> list[Base]:
        first = await write.add(a_rule(dataset))
        rows = visible(write.actor, AlertRule).where(AlertRule.id == first.id)
        assert await write.session.scalar(rows) is first
        first.name = "other"
        assert await write.get(AlertRule, first.id) is first
        return [first, await write.add(a_rule(dataset))]

    made = await as_().written(work)
    async with database.read() as session:
        found = await session.scalars(visible(SYSTEM, AlertRule))
        assert {one.id for one in found} == {one.id for one in made}


async def test_what_fails_leaves_nothing_and_holds_no_connection(
    as_: As, dataset: Any, database: Database
) -> None:
    async def work(write: Transaction) -> None:
        await write.add(a_rule(dataset))
        raise Missing("nothing is here", "id")

    async with asyncio.timeout(20):
        for _ in range(30):
            with pytest.raises(Missing):
                await as_().written(work)
    async with database.read() as session:
        assert not list(await session.scalars(visible(SYSTEM, AlertRule)))


async def test_anothers_row_is_not_seen_through_a_statement_made_before(
    as_: As, dataset: Any, someone: Someone
) -> None:
    async def work(write: Transaction) -> Dataset:
        return await write.see(Dataset, dataset.id)

    stranger = await someone()
    assert (await as_().written(work)).id == dataset.id
    with pytest.raises(Missing):
        await as_(stranger).written(work)
    assert (await as_().written(work)).id == dataset.id


async def test_a_write_that_crosses_the_last_words_of_a_server_is_tried_again(
    as_: As, dataset: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.dialect != "postgresql":
        return
    fetch, tries = asyncpg.Connection.fetch, list[str]()

    async def crossed(self: Any, text: str, *given: Any) -> Any:
        tries.append(text)
        if len(tries) == 1:
            raise asyncpg.InternalClientError("another operation is in progress")
        return await fetch(self, text, *given)

    async def work(write: Transaction) -> AlertRule:
        return await write.add(a_rule(dataset))

    monkeypatch.setattr(asyncpg.Connection, "fetch", crossed)
    await as_().written(work)
    assert len(tries) > 1


@pytest.mark.parametrize("busy", [False, True])
async def test_a_database_that_went_and_came_back_is_not_noticed(
    ask: Ask, as_: As, dataset: Any, database: Database, *, busy: bool
) -> None:
    if database.dialect != "postgresql":
        return
    await ask(CREATE, input=rule(dataset))
    other = Database(database.url)
    tries: list[int] = []

    async def ended() -> None:
        everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        others = f"{everybody} WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
        async with other.write.begin() as session:
            await session.execute(sa.text(others))

    async def work(write: Transaction) -> AlertRule:
        tries.append(len(tries))
        if busy and not tries[-1]:
            await ended()
        return await write.add(a_rule(dataset))

    if not busy:
        await ended()
        await asyncio.sleep(0.2)
    await as_().written(work)
    await other.close()
    assert tries == ([0, 1] if busy else [0])
