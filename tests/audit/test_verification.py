"""What is done to the chain behind the server's back is found, and where."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from db.models import ActorKind, AuditEntry, AuditHead, Outcome
from db.models.audit import ORIGIN
from db.session import Database
from resolvers.access import Actor
from resolvers.audit import entries, verification
from resolvers.audit.entries import seal
from resolvers.audit.verification import Damage, Verdict
from resolvers.context import Context
from resolvers.writes import Origin
from schema import schema
from tests.audit.conftest import Chain
from tests.conftest import As, Ask
from tests.factories import a_job

LENGTH = 8
MIDDLE = 4
CONFIG = """mutation { reductionConfigCreate(input: {alpha: 0.2}) {
  userErrors { code }
} }"""
VERIFY = """query ($from: Int, $to: Int) { auditVerify(from: $from, to: $to) {
  isWhole checked lastSeq brokenSeq damage
} }"""
FROM = Origin("a-request", "192.0.2.1", "a test")
COLUMNS = {column.key for column in sa.inspect(AuditEntry).columns}
Tamper = Callable[..., Awaitable[None]]


@pytest.fixture
async def tamper(database: Database) -> Tamper:
    """Do what only whoever runs the database can."""

    async def tamper(*statements: Any) -> None:
        async with database.write.begin() as session:
            if database.dialect == "postgresql":
                off = ["SET LOCAL session_replication_role = replica"]
            else:
                off = [f"DROP TRIGGER audit_log_{one}" for one in ("UPDATE", "DELETE")]
            for text in off:
                await session.execute(sa.text(text))
            for statement in statements:
                await session.execute(statement)

    return tamper


@pytest.fixture
async def written(as_: As, analyst: Actor, chain: Chain) -> list[AuditEntry]:
    """A chain with something in every column."""
    for place in range(LENGTH):
        async with as_().transaction() as write:
            write.origin = FROM
            job = await write.add(a_job(analyst, progress=place / LENGTH))
            await entries.append(write, "jobMake", job)
    return await chain()


def one(seq: int = MIDDLE) -> Any:
    return AuditEntry.seq == seq


async def found(ask: Ask, context: Context) -> Verdict:
    """What a verification finds, as the server and as a client sees it."""
    verdict = await verification.verify(context)
    said = (await ask(VERIFY))["auditVerify"]
    assert said == {
        "isWhole": verdict.damage is None,
        "checked": verdict.checked,
        "lastSeq": verdict.last_seq,
        "brokenSeq": verdict.broken_seq,
        "damage": verdict.damage and verdict.damage.name,
    }
    return verdict


def other(value: Any) -> Any:
    """The same, but for as little as can be."""
    match value:
        case None | UUID():
            return uuid7()
        case Outcome():
            return Outcome.FAILURE
        case ActorKind():
            return ActorKind.SYSTEM
        case datetime():
            return value + timedelta(microseconds=1)
        case dict():
            return {**value, "x": "y"}
        case _:
            return f"{value[:-1]}{'1' if value[-1] == '0' else '0'}"


async def test_a_chain_that_nobody_touched_is_whole(
    ask: Ask, as_: As, written: list[AuditEntry]
) -> None:
    assert await found(ask, as_()) == Verdict(LENGTH, LENGTH)
    hashes = [ORIGIN, *(seal(entry) for entry in written)]
    assert [entry.prev_hash for entry in written] == hashes[:-1]


async def test_two_hundred_writers_at_once_leave_the_chain_whole(
    as_: As, chain: Chain
) -> None:
    async def write() -> None:
        while True:  # the server may be busy, and says so
            result = await schema.execute(CONFIG, context_value=as_())
            codes = [(one.extensions or {})["code"] for one in result.errors or []]
            if not codes:
                return
            assert codes == ["SERVER_BUSY"]

    async with asyncio.timeout(60):
        await asyncio.gather(*(write() for _ in range(200)))
    assert await verification.verify(as_()) == Verdict(200, 200)
    assert [entry.seq for entry in await chain()] == list(range(1, 201))


async def test_what_is_written_during_a_verification_is_no_damage(
    as_: As, written: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "AT_ONCE", 2)
    looking = [verification.verify(as_()) for _ in range(20)]
    writing = [schema.execute(CONFIG, context_value=as_()) for _ in range(20)]
    async with asyncio.timeout(30):
        verdicts, _ = await asyncio.gather(
            asyncio.gather(*looking), asyncio.gather(*writing)
        )
    assert {verdict.damage for verdict in verdicts} == {None}


@pytest.mark.parametrize("column", sorted(COLUMNS - {"seq"}))
async def test_an_entry_that_was_edited_is_found(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper, column: str
) -> None:
    now = other(getattr(written[MIDDLE - 1], column))
    edit = sa.update(AuditEntry).where(one()).values({column: now})
    await tamper(edit)
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.EDITED, MIDDLE)
    assert verdict.last_seq == verdict.checked == MIDDLE - 1


@pytest.mark.parametrize("seq", [1, MIDDLE, LENGTH])
async def test_an_edit_is_found_wherever_it_is(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper, seq: int
) -> None:
    await tamper(sa.update(AuditEntry).where(one(seq)).values(action="jobMakf"))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.EDITED, seq)


async def test_an_edit_that_makes_its_own_hash_right_breaks_the_next(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper
) -> None:
    entry = written[MIDDLE - 1]
    entry.action = "jobMakf"
    values = {"action": entry.action, "signature": seal(entry)}
    await tamper(sa.update(AuditEntry).where(one()).values(values))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.INSERTED, MIDDLE + 1)


async def test_the_newest_entry_cannot_be_written_anew(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper
) -> None:
    entry = written[-1]
    entry.action = "jobMakf"
    values = {"action": entry.action, "signature": seal(entry)}
    await tamper(sa.update(AuditEntry).where(one(LENGTH)).values(values))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.EDITED, LENGTH)


@pytest.mark.parametrize("seq", [1, MIDDLE])
async def test_an_entry_that_was_removed_is_found(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper, seq: int
) -> None:
    await tamper(sa.delete(AuditEntry).where(one(seq)))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.REMOVED, seq)


@pytest.mark.parametrize("seq", [MIDDLE, LENGTH])
async def test_an_entry_that_is_there_twice_is_found(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper, seq: int
) -> None:
    await tamper(sa.insert(AuditEntry).values(copied(written[seq - 1])))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.INSERTED, seq)


async def test_an_entry_that_was_put_at_the_end_is_found(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper
) -> None:
    forged = AuditEntry(**copied(written[-1]))
    forged.seq, forged.prev_hash = LENGTH + 1, written[-1].signature
    forged.signature = seal(forged)
    await tamper(sa.insert(AuditEntry).values(copied(forged)))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.INSERTED, LENGTH + 1)


async def test_entries_that_changed_places_are_found(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper
) -> None:
    swapped = sa.case((one(MIDDLE), MIDDLE + 1), else_=MIDDLE)
    pair = AuditEntry.seq.in_([MIDDLE, MIDDLE + 1])
    await tamper(sa.update(AuditEntry).where(pair).values(seq=swapped))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.EDITED, MIDDLE)


@pytest.mark.parametrize("left", [0, MIDDLE, LENGTH - 1])
async def test_a_tail_that_was_cut_off_is_found(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper, left: int
) -> None:
    await tamper(sa.delete(AuditEntry).where(AuditEntry.seq > left))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.TRUNCATED, left + 1)


async def test_a_head_that_was_set_back_is_found(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper
) -> None:
    entry = written[MIDDLE - 1]
    back = {"seq": entry.seq, "hash": entry.signature}
    await tamper(sa.update(AuditHead).values(back))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.INSERTED, MIDDLE + 1)


async def test_a_part_is_verified_by_itself(
    ask: Ask, written: list[AuditEntry], tamper: Tamper
) -> None:
    await tamper(sa.update(AuditEntry).where(one()).values(action="x"))
    for first, last, whole in ((1, 3, True), (5, 8, True), (3, 5, False)):
        said = (await ask(VERIFY, **{"from": first, "to": last}))["auditVerify"]
        assert said["isWhole"] is whole
        assert said["checked"] == (last - first + 1 if whole else 1)


def copied(entry: AuditEntry) -> dict[str, Any]:
    """What an entry says, under another id."""
    return {name: getattr(entry, name) for name in COLUMNS} | {"id": uuid7()}
