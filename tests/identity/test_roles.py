"""Roles: what they allow, who grants them, and the last administrator."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.models import Session, User, UserRole
from db.session import Database
from resolvers.access import GRANTS, SYSTEM, BaseRole, Permission, visible
from resolvers.identity.accounts import ROLES
from resolvers.identity.standings import CHANGED
from schema.ids import row_id
from server import authentication
from tests.identity.conftest import EMAIL, Change, Client, Log
from tests.identity.holders import (
    ADMIN,
    Person,
    administrator,
    id_of,
    person,
    role,
)
from tests.waiting import until_told

USERS = "{ users { totalCount nodes { email } } }"
REGISTER = """mutation {
  persistedOperationsRegister(input: {documents: "{__typename}"}) {
    userErrors { code field }
  }
}"""


@pytest.fixture
async def admin(
    client: Client, database: Database, change: Change
) -> AsyncIterator[Person]:
    """An administrator, while the server hears of changes."""
    async with client.authentication.running():
        yield await administrator(client, database, change)


@pytest.fixture
async def ada(admin: Person) -> Person:
    return await person(admin, EMAIL)


async def is_told(who: Person, **expected: Any) -> None:
    """Wait until somebody is told of themselves what is expected."""

    async def told() -> bool:
        me = await who.me()
        return expected == {name: me[name] for name in expected}

    await until_told(told, 5)


async def test_a_grant_of_admin_makes_an_administrator_until_it_is_taken_back(
    admin: Person, ada: Person
) -> None:
    me = await ada.me()
    assert (me["isAdmin"], me["role"]["name"]) == (False, "user")
    assert (await ada.ask(USERS)).payload["totalCount"] == 1
    both = {"user": me["id"], "role": role(BaseRole.ADMIN)}

    granted = await admin.do("roleAssign", "user { email isAdmin }", **both)

    assert granted.payload["user"] == {"email": EMAIL, "isAdmin": True}
    await is_told(
        ada, isAdmin=True, permissions=[one.name for one in sorted(Permission)]
    )
    assert (await ada.ask(USERS)).payload["totalCount"] == 2

    assert (await admin.do("roleUnassign", **both)).refused == []

    await is_told(ada, isAdmin=False, role={"name": "user"})
    assert (await ada.ask(USERS)).payload["totalCount"] == 1


async def test_a_role_that_is_taken_back_closes_what_was_opened_with_it(
    admin: Person, ada: Person
) -> None:
    both = {"user": (await ada.me())["id"], "role": role(BaseRole.ADMIN)}
    await admin.do("roleAssign", **both)
    await is_told(ada, isAdmin=True)
    gate = ada.authentication
    principal = await gate.authenticate(f"Bearer {ada.access}")
    assert principal.actor.role is BaseRole.ADMIN
    open_ = asyncio.ensure_future(gate.revoked(principal))
    await asyncio.sleep(0)
    await admin.do("roleUnassign", **both)
    async with asyncio.timeout(5):
        await open_


async def test_a_role_that_another_process_takes_is_gone_within_five_seconds(
    ada: Person, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "FRESH", 0.1)
    gate = ada.authentication
    principal = await gate.authenticate(f"Bearer {ada.access}")
    open_ = asyncio.ensure_future(gate.revoked(principal))
    await change(User, User.email == EMAIL, role_id=ROLES[BaseRole.VIEWER])
    async with asyncio.timeout(5):
        await open_


async def test_roles_are_a_union_of_permissions_and_widen_no_sight(
    admin: Person, ada: Person
) -> None:
    me = {"user": (await ada.me())["id"]}
    await admin.do("userRoleSet", **me, role=role(BaseRole.VIEWER))
    await is_told(ada, permissions=["VERIFY_AUDIT"])
    assert (await ada.ask(REGISTER)).codes == ["FORBIDDEN"]
    made: list[str] = []
    for name, permission in (("editors", "EDIT_DOCUMENTS"), ("askers", "PREDICT")):
        given = {"name": name, "permissions": [permission]}
        answer = await admin.do("roleCreate", "role { id permissions }", **given)
        assert answer.payload["role"]["permissions"] == [permission]
        made.append(answer.payload["role"]["id"])
        await admin.do("roleAssign", **me, role=made[-1])
    await is_told(ada, permissions=["EDIT_DOCUMENTS", "PREDICT", "VERIFY_AUDIT"])
    assert (await ada.ask(REGISTER)).refused == []
    assert (await ada.ask(USERS)).payload["totalCount"] == 1
    seen = "{ roles { nodes { name holders { nodes { user { email } } } } } }"
    roles = {one["name"]: one for one in (await ada.ask(seen)).payload["nodes"]}
    assert set(roles) == {"admin", "user", "viewer", "editors", "askers"}
    assert roles["askers"]["holders"]["nodes"] == [{"user": {"email": EMAIL}}]


async def test_nobody_sees_a_role_that_they_were_not_granted(
    admin: Person, ada: Person
) -> None:
    given = {"name": "secret-plans", "permissions": []}
    made = (await admin.do("roleCreate", "role { id }", **given)).payload["role"]["id"]
    seen = (await ada.ask("{ roles { nodes { name } } }")).payload["nodes"]
    assert {one["name"] for one in seen} == {"admin", "user", "viewer"}
    one = "query ($id: ID!) { role(id: $id) { name } }"
    assert (await ada.ask(one, id=made)).payload is None


async def test_what_a_role_allows_is_changed_for_all_who_hold_it(
    admin: Person, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "FRESH", 0.1)
    given = {"name": "editors", "permissions": ["REVIVE_MODELS"]}
    id_ = (await admin.do("roleCreate", "role { id }", **given)).payload["role"]["id"]
    await admin.do("roleAssign", user=(await ada.me())["id"], role=id_)

    async def may(permission: Permission) -> bool:
        who = await ada.authentication.authenticate(f"Bearer {ada.access}")
        return permission in who.actor.permissions

    await until_told(lambda: may(Permission.REVIVE_MODELS), 5)
    shown = "role { name version permissions description }"
    changed = {"name": "helpers", "permissions": ["MANAGE_USERS"], "expectedVersion": 1}
    answer = await admin.do("roleUpdate", shown, id=id_, **changed)
    assert answer.payload["role"] == {
        "name": "helpers",
        "version": 2,
        "permissions": ["MANAGE_USERS"],
        "description": None,
    }
    await until_told(lambda: may(Permission.MANAGE_USERS), 5)
    assert not await may(Permission.REVIVE_MODELS)
    assert (await admin.do("roleUpdate", id=id_, expectedVersion=1)).refused
    assert (await admin.do("roleDelete", "deletedId", id=id_)).payload["deletedId"]
    await until_told(lambda: _not(may(Permission.MANAGE_USERS)), 5)
    assert (await ada.me())["roles"] == {"totalCount": 0}


async def _not(told: Any) -> bool:
    return not await told


async def test_a_role_is_granted_once_however_often(
    admin: Person, ada: Person, database: Database
) -> None:
    both = {"user": (await ada.me())["id"], "role": role(BaseRole.VIEWER)}
    async with asyncio.timeout(30):
        answers = await asyncio.gather(
            *(admin.do("roleAssign", **both) for _ in range(10))
        )
    assert [one.refused for one in answers if one.data and not one.codes]
    async with database.read() as session:
        grants = [*await session.scalars(visible(SYSTEM, UserRole))]
    assert len(grants) == 1
    assert grants[0].assigned_by == await id_of(database, ADMIN)


async def test_whoever_may_not_is_refused_and_keys_are(
    admin: Person, ada: Person
) -> None:
    me = (await ada.me())["id"]
    asked = [
        ("roleCreate", {"name": "x", "permissions": []}),
        ("roleAssign", {"user": me, "role": role(BaseRole.ADMIN)}),
        ("roleUnassign", {"user": me, "role": role(BaseRole.ADMIN)}),
        ("userRoleSet", {"user": me, "role": role(BaseRole.ADMIN)}),
    ]
    program = admin.program(await admin.key("MANAGE_ROLES", "MANAGE_USERS"))
    for name, given in asked:
        for who in (ada, program):
            assert (await who.do(name, **given)).codes == ["FORBIDDEN"], name
    assert not (await ada.me())["isAdmin"]


async def test_roles_are_changed_only_by_who_has_just_shown_who_they_are(
    admin: Person, change: Change
) -> None:
    await change(Session, proved_at=None)
    answer = await admin.do("roleCreate", name="x", permissions=[])
    assert answer.refused == [("STEP_UP_REQUIRED", [])]


async def test_nobody_grants_what_they_may_not_do(
    admin: Person, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"name": "managers", "permissions": ["MANAGE_ROLES", "MANAGE_USERS"]}
    id_ = (await admin.do("roleCreate", "role { id }", **given)).payload["role"]["id"]
    me = (await ada.me())["id"]
    await admin.do("roleAssign", user=me, role=id_)
    await is_told(ada, roles={"totalCount": 1})
    mine = sorted(GRANTS[BaseRole.USER] | {Permission.MANAGE_ROLES})
    names = [one.name for one in mine]
    assert (await ada.do("roleCreate", name="mine", permissions=names)).refused == []
    more = {"name": "more", "permissions": ["REVIVE_MODELS"]}
    assert (await ada.do("roleCreate", **more)).codes == ["FORBIDDEN"]
    for name in ("roleAssign", "userRoleSet"):
        answer = await ada.do(name, user=me, role=role(BaseRole.ADMIN))
        assert answer.codes == ["FORBIDDEN"], name
    assert not (await ada.me())["isAdmin"]


@pytest.mark.parametrize("name", ["", "Admin", "admin", "user", "anyone", "a b", "ä"])
async def test_a_role_has_a_plain_name_of_its_own(admin: Person, name: str) -> None:
    answer = await admin.do("roleCreate", name=name, permissions=[])
    assert answer.refused == [("INVALID", ["name"])]


async def test_a_name_is_taken_once(admin: Person) -> None:
    given = {"name": "editors", "permissions": []}
    assert (await admin.do("roleCreate", **given)).refused == []
    assert (await admin.do("roleCreate", **given)).refused == [("CONFLICT", ["name"])]


@pytest.mark.parametrize("name", [BaseRole.ADMIN, BaseRole.USER, BaseRole.VIEWER])
async def test_what_the_server_brings_cannot_be_changed(
    admin: Person, name: BaseRole
) -> None:
    changed = await admin.do("roleUpdate", id=role(name), name="mine")
    assert changed.refused == [("CONFLICT", ["id"])]
    gone = await admin.do("roleDelete", id=role(name))
    assert gone.refused == [("CONFLICT", ["id"])]


async def test_the_last_administrator_stays_one(admin: Person, ada: Person) -> None:
    me = {"user": (await admin.me())["id"]}
    as_user = {**me, "role": role(BaseRole.USER)}
    as_admin = {**me, "role": role(BaseRole.ADMIN)}
    refused = [("CONFLICT", ["user"])]
    assert (await admin.do("userRoleSet", **as_user)).refused == refused
    assert (await admin.do("roleAssign", **as_admin)).refused == []
    assert (await admin.do("userRoleSet", **as_user)).refused == []
    assert (await admin.do("roleUnassign", **as_admin)).refused == refused
    assert (await admin.me())["isAdmin"]


async def test_of_two_who_remove_each_other_one_stays(
    admin: Person, ada: Person, change: Change
) -> None:
    people = [(await one.me())["id"] for one in (admin, ada)]
    for _ in range(5):
        await change(User, role_id=ROLES[BaseRole.ADMIN])
        for id_ in people:
            await admin.equipment.bus.publish(CHANGED, *2 * [row_id(id_, User)])
        await is_told(admin, isAdmin=True)
        await is_told(ada, isAdmin=True)
        lower = {"role": role(BaseRole.USER)}
        async with asyncio.timeout(30):
            answers = await asyncio.gather(
                admin.do("userRoleSet", user=people[1], **lower),
                ada.do("userRoleSet", user=people[0], **lower),
            )
        done = [one.data is not None and one.refused == [] for one in answers]
        assert done.count(True) == 1
        admins = [(await one.me())["isAdmin"] for one in (admin, ada)]
        assert True in admins


@pytest.mark.parametrize("field", ["role", "roles", "isAdmin", "tier", "permissions"])
async def test_nobody_says_of_themselves_what_they_may(
    client: Client, log: Log, field: str
) -> None:
    answer = await client.sign_up(**{field: "admin"})
    assert answer.data is None
    assert await log.read() == []
