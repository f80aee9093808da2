"""Accounts that are closed, opened again, and forgotten."""

import asyncio
from datetime import timedelta

import orjson

from db.base import utcnow
from db.models import Session, User
from db.session import Database
from resolvers.access import SYSTEM, BaseRole, visible
from resolvers.context import Context
from resolvers.identity import departures
from resolvers.identity.accounts import ROLES
from schema.ids import row_id
from server.app import create_app
from server.settings import Settings
from tests.identity.conftest import EMAIL, Change, Client, Log
from tests.identity.devices import told
from tests.identity.leaving import (
    DEACTIVATE,
    THEIRS,
    admin,
    grace,
    id_of,
    over,
    owner,
)
from tests.processes import FREELY
from tests.server.clients import serving, talking

__all__ = ["admin", "grace", "owner"]
ACTIVATE = """mutation ($id: ID!) { userActivate(input: {id: $id}) {
  user { isActive } userErrors { code field }
} }"""
PURGE = """mutation ($id: ID!, $email: String!) {
  userPurge(input: {id: $id, email: $email}) { job { id } userErrors { code field } }
}"""


async def test_a_closed_account_lets_nobody_in_and_whoever_is_in_out(
    admin: Client, grace: Client
) -> None:
    id_ = await id_of(grace)
    answer = await admin.ask(DEACTIVATE, id=id_)
    assert answer.payload == {"user": {"isActive": False}, "userErrors": []}
    await over(grace)
    assert (await grace.refresh()).codes == ["UNAUTHENTICATED"]
    assert told(await grace.another().log_in(THEIRS)) == "INVALID"
    assert told(await admin.ask(DEACTIVATE, id=id_)) == "INVALID_TRANSITION"


async def test_an_open_socket_of_a_closed_account_is_closed(
    admin: Client, grace: Client
) -> None:
    id_ = await id_of(grace)
    app = create_app(admin.equipment, Settings(**FREELY))
    async with serving(app) as address, talking(address) as talk:
        await talk.init(authorization=f"Bearer {grace.access}")
        await talk.subscribe("subscription { alertChanged { id } }")
        await admin.ask(DEACTIVATE, id=id_)
        async with asyncio.timeout(5):
            code, _ = await talk.closed()
    assert code == 4403


async def test_an_account_is_opened_again_by_an_administrator(
    admin: Client, grace: Client
) -> None:
    id_ = await id_of(grace)
    assert told(await admin.ask(ACTIVATE, id=id_)) == "INVALID_TRANSITION"
    await admin.ask(DEACTIVATE, id=id_)
    answer = await admin.ask(ACTIVATE, id=id_)
    assert answer.payload == {"user": {"isActive": True}, "userErrors": []}
    assert told(await grace.another().log_in(THEIRS)) == ""
    await over(grace)  # what was ended stays so


async def test_people_close_their_own_accounts_and_no_others(
    admin: Client, grace: Client, change: Change
) -> None:
    boss, mine = await id_of(admin), await id_of(grace)
    for asked in (DEACTIVATE, ACTIVATE):
        assert (await grace.ask(asked, id=boss)).codes == ["FORBIDDEN"]
    assert (await grace.ask(PURGE, id=boss, email=EMAIL)).codes == ["FORBIDDEN"]
    await change(Session, proved_at=None)
    assert told(await grace.ask(DEACTIVATE, id=mine)) == "STEP_UP_REQUIRED"
    assert told(await admin.ask(DEACTIVATE, id=mine)) == "STEP_UP_REQUIRED"
    await change(Session, proved_at=utcnow())
    assert told(await grace.ask(DEACTIVATE, id=mine)) == ""
    await over(grace)


async def test_the_last_administrator_cannot_leave(
    admin: Client, grace: Client, change: Change
) -> None:
    boss = await id_of(admin)
    assert told(await admin.ask(DEACTIVATE, id=boss)) == "CONFLICT"
    assert told(await admin.ask(PURGE, id=boss, email=EMAIL)) == "CONFLICT"
    await change(User, User.email == THEIRS, role_id=ROLES[BaseRole.ADMIN])
    await grace.log_in(THEIRS)
    assert told(await admin.ask(DEACTIVATE, id=boss)) == ""


async def test_of_two_administrators_who_close_each_other_one_stays(
    admin: Client, grace: Client, change: Change, database: Database
) -> None:
    await change(User, role_id=ROLES[BaseRole.ADMIN])
    await grace.log_in(THEIRS)
    boss, other = await id_of(admin), await id_of(grace)
    async with asyncio.timeout(30):
        await asyncio.gather(
            admin.ask(DEACTIVATE, id=other),
            grace.ask(DEACTIVATE, id=boss),
            return_exceptions=True,
        )
    async with database.read() as session:
        left = visible(SYSTEM, User).where(User.is_active)
        assert len([*await session.scalars(left)]) == 1


async def test_whose_a_closed_account_was_is_forgotten_after_thirty_days(
    admin: Client, grace: Client, change: Change, log: Log, database: Database
) -> None:
    context = Context(admin.equipment, SYSTEM)
    id_ = await id_of(grace)
    await admin.ask(DEACTIVATE, id=id_)
    assert await departures.forget(context) == {"users": 0}
    await change(User, User.email == THEIRS, deleted_at=utcnow() - timedelta(days=31))
    await log.read()
    assert await departures.forget(context) == {"users": 1}
    assert await departures.forget(context) == {"users": 0}
    async with database.read() as session:
        rows = visible(SYSTEM, User).where(User.id == row_id(id_, User))
        user = (await session.scalars(rows)).one()
        theirs = visible(SYSTEM, Session).where(Session.owner_id == user.id)
        assert [*await session.scalars(theirs)] == []
    assert user.email == f"{user.id.hex}@forgotten.invalid"
    assert (user.full_name, user.password_hash, user.last_login) == (None, None, None)
    [entry] = await log.read()
    assert entry.action == "userForget"
    assert THEIRS not in orjson.dumps(entry.payload).decode()
    assert told(await admin.ask(ACTIVATE, id=id_)) == "INVALID_TRANSITION"
    assert told(await grace.another().sign_up(THEIRS)) == ""
