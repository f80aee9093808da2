"""What is done to the chain behind the server's back is found, and where."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from db.models import ActorKind, AuditEntry, AuditHead, Outcome
from db.models.audit import ORIGIN
from db.session import Database
from resolvers.audit import verification
from resolvers.audit.walking import Damage, Verdict
from resolvers.context import Context
from schema import schema
from tests.audit.conftest import (
    LENGTH,
    MIDDLE,
    Chain,
    Tamper,
    copied,
    one,
    sealed,
)
from tests.conftest import As, Ask

CONFIG = """mutation { reductionConfigCreate(input: {alpha: 0.2}) {
  userErrors { code }
} }"""
VERIFY = """query ($from: Int, $to: Int) { auditVerify(from: $from, to: $to) {
  isWhole checked lastSeq brokenSeq damage
} }"""
COLUMNS = {column.key for column in sa.inspect(AuditEntry).columns}


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
    hashes = [ORIGIN, *(sealed(entry) for entry in written)]
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


UNREADABLE = (
    "created_at = '2026-13-01 00:00:00.000000'",
    "created_at = substr(created_at, 1, 25)",
    "created_at = created_at || ' '",
    "id = substr(id, 1, 31)",
    "actor_id = 'x'",
    "payload = 'x'",
    "payload = '[]'",
    "status = 'succesz'",
    "action = CAST(action AS BLOB)",
    "user_agent = 7.5",
    "salt = 5",
)


@pytest.mark.once("sqlite")
@pytest.mark.parametrize("change", UNREADABLE)
async def test_an_entry_that_cannot_be_read_any_more_was_edited(
    ask: Ask, as_: As, database: Database, written: list[AuditEntry], change: str
) -> None:
    """SQLite keeps whatever is written into its file, of any type."""
    if database.dialect == "postgresql":
        return
    with closing(sqlite3.connect(database.url.partition("///")[2])) as connection:
        connection.execute("DROP TRIGGER audit_log_UPDATE")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(f"UPDATE audit_log SET {change} WHERE seq = {MIDDLE}")  # noqa: S608  as above
        connection.commit()
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.EDITED, MIDDLE)


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
    values = {"action": entry.action, "signature": sealed(entry)}
    await tamper(sa.update(AuditEntry).where(one()).values(values))
    verdict = await found(ask, as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.INSERTED, MIDDLE + 1)


async def test_the_newest_entry_cannot_be_written_anew(
    ask: Ask, as_: As, written: list[AuditEntry], tamper: Tamper
) -> None:
    entry = written[-1]
    entry.action = "jobMakf"
    values = {"action": entry.action, "signature": sealed(entry)}
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
    forged.signature = sealed(forged)
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
    assert (verdict.damage, verdict.broken_seq) == (Damage.REORDERED, MIDDLE)


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
