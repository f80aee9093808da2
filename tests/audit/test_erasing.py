"""Payloads may be erased, if a later entry says whose; nothing else hides that."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from uuid_utils.compat import uuid7

from db.models import AuditEntry, CheckpointKind
from db.session import Database
from resolvers.access import SYSTEM, Actor
from resolvers.audit import checkpoints, entries, verification
from resolvers.audit.walking import ERASED, Damage, Verdict
from resolvers.errors import Conflict
from tests.audit.conftest import BLANK, Chain, Tamper, Wrote, one, purge
from tests.audit.test_expiry import SEARCH
from tests.conftest import As, Ask, Someone
from tests.factories import a_job


async def test_a_payload_is_erased_and_the_chain_stays_whole(
    as_: As, ask: Ask, someone: Someone, analyst: Actor, chain: Chain, wrote: Wrote
) -> None:
    await wrote()
    await wrote(1, await someone())
    await purge(as_, analyst.user_id)
    first, second, last = await chain()
    assert (first.payload, second.payload) == ({}, {"x": {"note": "personal"}})
    assert last.payload == {ERASED: str(analyst.user_id)}
    assert await verification.verify(as_()) == Verdict(3, 3, erased=1)
    assert await ask(SEARCH, words="personal") == {"auditLog": {"totalCount": 0}}
    assert await ask(SEARCH, words="jobcancel") == {"auditLog": {"totalCount": 1}}


async def test_what_was_done_to_a_row_is_erased_whoever_did_it(
    as_: As, analyst: Actor, chain: Chain, wrote: Wrote
) -> None:
    await wrote()
    async with as_().transaction() as write:
        job = await write.add(a_job(analyst))
        write.changes["x"] = {"email": "somebody@example.org"}
        await entries.append(write, "jobMake", job)
    await purge(as_, job.id)
    assert [bool(entry.payload) for entry in await chain()] == [True, False, True]
    assert await verification.verify(as_()) == Verdict(3, 3, erased=1)


@pytest.mark.parametrize("part", [(None, None), (1, 2), (2, 2)])
async def test_a_payload_that_is_gone_without_a_word_is_found(
    as_: As,
    wrote: Wrote,
    tamper: Tamper,
    someone: Someone,
    part: tuple[int | None, int | None],
) -> None:
    """Whatever part is asked for, and whoever else was erased."""
    await wrote(3)
    await tamper(sa.update(AuditEntry).where(one(2)).values(BLANK))
    await purge(as_, (await someone()).user_id)
    verdict = await verification.verify(as_(), *part)
    assert (verdict.damage, verdict.broken_seq) == (Damage.ERASED, 2)
    assert verdict.silent == (2,)


@pytest.mark.parametrize("values", [BLANK, {"salt": ""}, BLANK | {"salt": ""}])
async def test_neither_payload_nor_salt_can_be_blanked_unseen(
    as_: As, wrote: Wrote, tamper: Tamper, values: dict[str, object]
) -> None:
    await wrote()
    async with as_().transaction() as write:
        await entries.append(write, "jobCancel")
    await tamper(sa.update(AuditEntry).where(one(2)).values(values))
    found = await verification.verify(as_())
    if values == BLANK:  # it was empty before
        assert found == Verdict(2, 2)
    else:
        assert (found.damage, found.broken_seq) == (Damage.ERASED, 2)
    await tamper(sa.update(AuditEntry).where(one(1)).values(values))
    assert (await verification.verify(as_())).broken_seq == 1


async def test_what_was_erased_before_is_no_excuse_for_what_is_gone_since(
    as_: As, analyst: Actor, wrote: Wrote, tamper: Tamper
) -> None:
    await wrote()
    await purge(as_, analyst.user_id)
    await wrote(2)
    await tamper(sa.update(AuditEntry).where(one(3)).values(BLANK))
    verdict = await verification.verify(as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.ERASED, 3)


async def test_a_part_is_explained_by_what_comes_behind_it(
    as_: As, analyst: Actor, wrote: Wrote, tamper: Tamper
) -> None:
    await wrote(4)
    await purge(as_, analyst.user_id)
    assert await verification.verify(as_(), 2, 3) == Verdict(2, 3, erased=2)
    await tamper(sa.update(AuditEntry).where(one(4)).values(action="x"))
    verdict = await verification.verify(as_(), 2, 3)
    assert (verdict.damage, verdict.broken_seq) == (Damage.ERASED, 2)


async def test_nothing_is_signed_of_which_a_payload_is_gone_without_a_word(
    as_: As, analyst: Actor, wrote: Wrote, tamper: Tamper
) -> None:
    await wrote(3)
    await tamper(sa.update(AuditEntry).where(one(2)).values(BLANK))
    with pytest.raises(Conflict, match="broken at entry 2: erased"):
        await checkpoints.prepared(as_(SYSTEM), CheckpointKind.ASKED)
    await purge(as_, analyst.user_id)
    assert (await checkpoints.prepared(as_(SYSTEM), CheckpointKind.MONTH, 3)).size == 3


@pytest.mark.once("sqlite")
async def test_no_byte_of_an_erased_payload_is_left_in_the_file(
    as_: As, database: Database, analyst: Actor, someone: Someone, wrote: Wrote
) -> None:
    if database.dialect == "postgresql":
        return
    word = f"patricia{uuid7().hex[:8]}"
    for _ in range(20):
        async with as_().transaction() as write:
            write.changes["x"] = {"email": f"{word}@example.org", "note": "n" * 500}
            await entries.append(write, "jobCancel")
        await wrote(1, await someone())
    place = Path(database.url.partition("///")[2])

    async def count() -> int:
        async with database.writers.connect() as connection:
            await connection.rollback()
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            assert driver
            await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        text = b"".join(
            file.read_bytes() for file in place.parent.glob(f"{place.name}*")
        )
        return text.count(word.encode())

    assert await count() > 20
    await purge(as_, analyst.user_id)
    assert await count() == 0


CHANGES = (
    """payload = '{"a": 1}'""",
    """payload = '{"a": 1}', salt = ''""",
    "salt = ''",
    "payload = '{}', salt = 'another'",
    "payload = '{}', action = 'x'",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_the_database_lets_nothing_but_a_payload_be_erased(
    database: Database, wrote: Wrote, change: str
) -> None:
    await wrote()
    with pytest.raises(DBAPIError, match="the audit log is never changed"):
        async with database.write.begin() as session:
            await session.execute(sa.text(f"UPDATE audit_log SET {change}"))  # noqa: S608  one of these


async def test_a_salt_goes_with_its_payload(
    as_: As, analyst: Actor, wrote: Wrote, chain: Chain
) -> None:
    """With it whoever guesses what was erased could see that they are right."""
    await wrote()
    await purge(as_, analyst.user_id)
    assert [bool(entry.salt) for entry in await chain()] == [False, True]


@pytest.mark.once("postgresql")
async def test_nothing_is_erased_in_postgresql_but_with_an_entry_that_says_so(
    as_: As, database: Database, analyst: Actor, someone: Someone, wrote: Wrote
) -> None:
    """In SQLite it is the next verification that finds it."""
    if database.dialect == "sqlite":
        return
    await wrote(3)
    blank = sa.text("UPDATE audit_log SET payload = '{}' WHERE seq = 2")
    for _ in range(2):
        with pytest.raises(DBAPIError, match="no later entry says"):
            async with database.write.begin() as session:
                await session.execute(blank)
        await purge(as_, (await someone()).user_id)
    async with as_(SYSTEM).transaction() as write:
        await write.session.execute(blank)
        write.changes[ERASED] = str(analyst.user_id)
        await entries.append(write, "userPurge")
    assert (await verification.verify(as_())).erased == 1
