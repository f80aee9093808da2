"""Accounts that are deleted, with all there is of their owners."""

import asyncio

import orjson
import pytest
import sqlalchemy as sa

from db.base import Base
from db.models import AuditEntry, Invitation, Job, JobStatus, User
from db.session import Database
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.identity import erasures
from resolvers.identity.roles import ADMIN
from schema.ids import row_id
from server.worker import work
from tests.conftest import Save
from tests.factories import everything
from tests.identity.conftest import EMAIL, VIEWER, Client
from tests.identity.leaving import (
    THEIRS,
    admin,
    grace,
    id_of,
    over,
    owner,
)
from tests.waiting import until_told

__all__ = ["admin", "grace", "owner"]
PURGE = """mutation ($id: ID!, $email: String!) {
  userPurge(input: {id: $id, email: $email}) { job { id } userErrors { code field } }
}"""
VERIFY = "{ auditVerify { isWhole } }"
INVITE = """mutation ($input: InvitationCreateInput!) {
  invitationCreate(input: $input) { code userErrors { code field } }
}"""
PROMOTE = """mutation ($input: UserRoleSetInput!) {
  userRoleSet(input: $input) { userErrors { code field } }
}"""


async def rows_of(database: Database, owner: Actor) -> dict[str, int]:
    """How many rows name a user in any column that refers to one."""
    counts: dict[str, int] = {}
    async with database.read() as session:
        for table in Base.metadata.sorted_tables:
            for key in table.foreign_keys:
                if key.column.table is not User.__table__:
                    continue
                mine = table.select().where(key.parent == owner.user_id)
                count = sa.func.count()
                found = await session.scalar(mine.with_only_columns(count))
                counts[str(key.parent)] = found or 0
    return counts


async def purged(admin: Client, id_: str, email: str = THEIRS) -> Job:
    """A purge, once its job has ended."""
    working = asyncio.create_task(work(admin.equipment))
    begun = (await admin.ask(PURGE, id=id_, email=email.upper())).payload
    assert begun["userErrors"] == []

    async def ended() -> Job | None:
        async with admin.equipment.database.read() as session:
            rows = visible(SYSTEM, Job).where(Job.id == row_id(begun["job"]["id"], Job))
            job = (await session.scalars(rows)).one()
        return job if job.finished_at else None

    try:
        found = await until_told(ended)
        assert found
        return found
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_after_a_purge_no_row_names_the_user(
    admin: Client,
    grace: Client,
    owner: Actor,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(erasures, "AT_ONCE", 2)  # of some there are more
    before = await rows_of(database, owner)
    missing = [
        str(model.__table__.c.owner_id)
        for model in erasures.owned()
        if not before[str(model.__table__.c.owner_id)]
    ]
    assert missing == []
    id_ = await id_of(grace)
    job = await purged(admin, id_)
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert set((await rows_of(database, owner)).values()) == {0}
    async with database.read() as session:
        gone = visible(SYSTEM, User).where(User.id == owner.user_id)
        assert await session.scalar(gone) is None
        done = visible(SYSTEM, AuditEntry).where(AuditEntry.actor_id == owner.user_id)
        entries = (await session.scalars(done)).all()
    assert entries
    assert all(entry.payload == {} for entry in entries)
    assert (await admin.ask(VERIFY)).payload["isWhole"]
    await over(grace)


async def test_after_a_purge_nothing_names_the_address(
    admin: Client, grace: Client, database: Database
) -> None:
    given = {"email": THEIRS.title(), "maxUses": 2}
    code = (await admin.ask(INVITE, input=given)).payload["code"]
    await purged(admin, await id_of(grace))
    async with database.read() as session:
        [invitation] = await session.scalars(visible(SYSTEM, Invitation))
        entries = [*await session.scalars(visible(SYSTEM, AuditEntry))]
    assert invitation.email is None
    said = orjson.dumps([one.payload for one in entries]).decode()
    assert THEIRS not in said.lower()
    assert (await admin.ask(VERIFY)).payload["isWhole"]
    answer = await admin.another().sign_up("eve@example.org", invitationCode=code)
    assert answer.refused == [("INVALID", ["invitationCode"])]


async def test_whoever_purges_may_be_purged_and_the_chain_holds(
    admin: Client, grace: Client
) -> None:
    await admin.ask(INVITE, input={"email": THEIRS})
    await purged(admin, await id_of(grace))
    heir = admin.another()
    await heir.sign_up("heir@example.org")
    given = {"user": await id_of(heir), "role": f"role_{ADMIN.hex}"}
    assert (await admin.ask(PROMOTE, input=given)).refused == []
    await heir.log_in("heir@example.org")
    await purged(heir, await id_of(admin), EMAIL)
    assert (await heir.ask(VERIFY)).payload["isWhole"]


async def test_a_purge_takes_the_files_with_it(
    admin: Client, grace: Client, owner: Actor
) -> None:
    store, id_ = admin.equipment.store, await id_of(grace)
    async with store.local("uploads/theirs") as path:
        assert path.exists()
    await purged(admin, id_)
    assert not path.exists()


async def test_a_purge_takes_nothing_of_others(
    admin: Client, owner: Actor, grace: Client, save: Save, database: Database
) -> None:
    mine = Actor(row_id(await id_of(admin), User), BaseRole.ADMIN)
    await save(*(row for row in everything(mine) if not isinstance(row, AuditEntry)))
    before = await rows_of(database, mine)
    await purged(admin, await id_of(grace))
    after = await rows_of(database, mine)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {
        "jobs.owner_id",
        "event_heads.owner_id",
        "events.owner_id",
    }
    assert all(after[name] >= before[name] for name in before)


async def test_a_purge_asks_for_the_address_of_the_account(
    admin: Client, grace: Client
) -> None:
    id_ = await id_of(grace)
    answer = await admin.ask(PURGE, id=id_, email=EMAIL)
    assert answer.refused == [("INVALID", ["email"])]
    assert (await grace.ask(VIEWER)).payload == {"email": THEIRS}
