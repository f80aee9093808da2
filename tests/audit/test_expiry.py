"""A month that is old enough goes as a whole, and leaves the chain whole."""

import gzip
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from db.models import AuditCheckpoint, AuditEntry, CheckpointKind
from db.session import Database
from resolvers.access import SYSTEM
from resolvers.audit import checkpoints, entries, expiry, reading, verification
from resolvers.audit.walking import Damage, Verdict
from resolvers.equipment import Equipment
from resolvers.errors import Conflict
from resolvers.platform import months
from tests.audit.conftest import Chain, Tamper
from tests.conftest import As, Ask

Clock = Callable[..., None]
PARTS = """SELECT inhrelid::regclass::text FROM pg_inherits
  WHERE inhparent = 'audit_log'::regclass ORDER BY 1"""
SEARCH = """query ($words: String!) {
  auditLog(filter: {search: {words: $words}}) { totalCount }
}"""


@pytest.fixture
async def clock(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Clock]:
    """Sets the clock. What months were made are taken away again."""

    def clock(*moment: int) -> None:
        now = datetime(*moment, tzinfo=UTC)  # pyright: ignore[reportArgumentType]  a year, a month, a day
        for module in (entries, months, checkpoints, expiry):
            monkeypatch.setattr(module, "utcnow", lambda: now)

    yield clock
    for part in await parts(database):
        if part != "audit_log_default":
            async with database.write.begin() as session:
                await session.execute(sa.text(f"DROP TABLE {part}"))


async def parts(database: Database) -> list[str]:
    if database.dialect != "postgresql":
        return []
    async with database.read() as session:
        return list(await session.scalars(sa.text(PARTS)))


async def write(as_: As, action: str = "jobCancel") -> None:
    async with as_().transaction() as write:
        await entries.append(write, action)


async def months_of(as_: As, clock: Clock) -> None:
    """Two entries in each of three months, of which the first has no part."""
    for place, month in enumerate((1, 2, 3)):
        for day in (3, 20):
            clock(2031, month, day)
            if place:
                await months.prepare(as_(SYSTEM))
            await write(as_)


async def test_a_month_that_expired_is_dropped_and_the_chain_stays_whole(
    as_: As, clock: Clock, chain: Chain, equipment: Equipment, database: Database
) -> None:
    await months_of(as_, clock)
    clock(2033, 1, 31)
    assert await expiry.run(as_(SYSTEM)) == {"audit_log": 0}
    clock(2033, 2, 1)
    assert await expiry.run(as_(SYSTEM)) == {"audit_log": 2}
    assert [entry.seq for entry in await chain()] == [3, 4, 5, 6, 7]
    assert await verification.verify(as_()) == Verdict(5, 7, signed_seq=2)
    clock(2033, 3, 1)
    assert await expiry.run(as_(SYSTEM)) == {"audit_log": 2}
    left = await chain()
    assert [entry.seq for entry in left] == [5, 6, 7, 8]
    assert [entry.action for entry in left[2:]] == [expiry.ACTION] * 2
    assert "audit_log_2031_02" not in await parts(database)
    assert await verification.verify(as_()) == Verdict(4, 8, signed_seq=4)
    await write(as_)
    assert (await verification.verify(as_(), 1)).damage is None


async def test_what_is_dropped_is_in_a_file_that_can_be_verified(
    as_: As, clock: Clock, equipment: Equipment
) -> None:
    await months_of(as_, clock)
    clock(2033, 3, 1)
    await expiry.run(as_(SYSTEM))
    for name, span in (("2031-01_1-2", (1, 2)), ("2031-02_3-4", (3, 4))):
        async with equipment.store.local(f"audit/{name}.jsonl.gz") as path:
            with gzip.open(path) as file:
                found = reading.examined(file, equipment.notary.public_key)
        assert (found.verdict.damage, found.verdict.checked) == (None, 2)
        assert (found.first, found.last) == span


async def test_a_month_that_is_not_whole_stays(
    as_: As, clock: Clock, chain: Chain, tamper: Tamper
) -> None:
    await months_of(as_, clock)
    await tamper(sa.update(AuditEntry).where(AuditEntry.seq == 1).values(action="x"))
    clock(2033, 3, 1)
    with pytest.raises(Conflict, match=r"2031-01 is not dropped.* entry 1: edited"):
        await expiry.run(as_(SYSTEM))
    assert len(await chain()) == 6


async def test_an_entry_that_came_late_is_kept_with_its_followers(
    as_: As, clock: Clock, chain: Chain
) -> None:
    """Its moment is of the month before, its number behind the first of the next."""
    await months_of(as_, clock)
    clock(2031, 2, 27)
    await write(as_)
    clock(2033, 3, 1)
    await expiry.run(as_(SYSTEM))
    assert [entry.seq for entry in await chain()][:3] == [5, 6, 7]
    assert (await verification.verify(as_())).damage is None


async def test_a_drop_that_was_broken_off_is_brought_to_its_end(
    as_: As, clock: Clock, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ConnectionError

    await months_of(as_, clock)
    clock(2033, 2, 1)
    with monkeypatch.context() as patch:
        patch.setattr(expiry, "_part", broken)
        patch.setattr(expiry, "_delete", broken)
        with pytest.raises(ConnectionError):
            await expiry.run(as_(SYSTEM))
    assert len(await chain()) == 7
    assert (await verification.verify(as_())).damage is None
    await expiry.run(as_(SYSTEM))
    assert [entry.seq for entry in await chain()] == [3, 4, 5, 6, 7]
    assert (await verification.verify(as_())).damage is None


async def test_the_database_lets_only_go_what_a_checkpoint_covers(
    as_: As, clock: Clock, database: Database, chain: Chain
) -> None:
    await months_of(as_, clock)
    clock(2033, 2, 1)
    await expiry.run(as_(SYSTEM))
    for which in ("seq = 3", "seq > 2", "true"):
        with pytest.raises(DBAPIError):
            async with database.write.begin() as session:
                await session.execute(sa.text(f"DELETE FROM audit_log WHERE {which}"))  # noqa: S608  constants
    if database.dialect == "postgresql":
        with pytest.raises(DBAPIError):
            async with database.write.begin() as session:
                await session.execute(sa.text("SELECT audit_log_drop('2031-02-01', 4)"))
    assert len(await chain()) == 5


async def test_who_lets_entries_go_with_a_checkpoint_of_their_own_is_found(
    as_: As, clock: Clock, database: Database
) -> None:
    """Whoever can write to the table can forge a checkpoint, but not sign it."""
    await months_of(as_, clock)
    row = await checkpoints.prepared(as_(SYSTEM), CheckpointKind.PERIOD, 3)
    row.kind = CheckpointKind.DROP
    async with database.write.begin() as session:
        session.add(row)
    async with database.write.begin() as session:
        await session.execute(sa.delete(AuditEntry).where(AuditEntry.seq <= 3))
    verdict = await verification.verify(as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.FORGED, 3)


async def test_what_goes_without_a_checkpoint_is_found(
    as_: As, clock: Clock, tamper: Tamper
) -> None:
    await months_of(as_, clock)
    await checkpoints.due(as_(SYSTEM))
    clock(2033, 2, 1)
    await expiry.run(as_(SYSTEM))
    await tamper(sa.delete(AuditEntry).where(AuditEntry.seq <= 4))
    verdict = await verification.verify(as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.REMOVED, 3)
    await tamper(sa.delete(AuditCheckpoint))
    assert (await verification.verify(as_())).damage is not None


async def test_what_was_dropped_is_found_no_more(
    as_: As, ask: Ask, clock: Clock
) -> None:
    await months_of(as_, clock)
    assert await ask(SEARCH, words="jobcancel") == {"auditLog": {"totalCount": 6}}
    clock(2033, 2, 1)
    await expiry.run(as_(SYSTEM))
    assert await ask(SEARCH, words="jobcancel") == {"auditLog": {"totalCount": 4}}
