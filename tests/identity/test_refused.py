"""Whoever may not do something is told what it takes."""

from typing import Any

import pytest

from db.models import Role
from db.session import Database
from resolvers.access import Actor, BaseRole, Permission, require
from resolvers.errors import Forbidden
from tests.conftest import Save, Someone
from tests.identity.conftest import Change, Client
from tests.identity.holders import Person, ada, administrator

__all__ = ["ada"]
KEY = "this API key has no scope {}; make one that has"
USER = "this takes the permission {}"
EDIT, SIGN = Permission.EDIT_MODELS, Permission.SIGN_AUDIT


@pytest.fixture
async def admin(client: Client, database: Database, change: Change) -> Person:
    return await administrator(client, database, change)


@pytest.mark.parametrize(
    ("role", "keyed", "granted", "permission", "said"),
    [
        (BaseRole.USER, True, {Permission.PREDICT}, EDIT, KEY),
        (BaseRole.ADMIN, True, set[Permission](), SIGN, KEY),
        (BaseRole.USER, True, {Permission.PREDICT}, SIGN, USER),
        (BaseRole.VIEWER, True, set[Permission](), EDIT, USER),
        (BaseRole.VIEWER, False, None, EDIT, USER),
        (BaseRole.USER, False, {Permission.EXPORT_AUDIT}, SIGN, USER),
    ],
)
async def test_what_is_missing_is_named_a_scope_or_a_permission(
    someone: Someone,
    role: BaseRole,
    granted: set[Permission] | None,
    permission: Permission,
    said: str,
    *,
    keyed: bool,
) -> None:
    who = await someone(role)
    may = None if granted is None else frozenset(granted)
    actor = Actor(who.user_id, role, may, who.user_id if keyed else None)
    with pytest.raises(Forbidden) as refused:
        require(actor, permission)
    assert str(refused.value) == said.format(permission.name)


async def test_a_role_that_one_has_is_not_said_to_be_a_code(
    admin: Person, ada: Person, save: Save
) -> None:
    await save(Role(name="host", permissions=["invite"]))
    for role in ("host", "user"):
        given = {"role": role, "maxUses": 3}
        made = await admin.do("invitationCreate", "code", **given)
        code, said = made.payload["code"], list[Any]()
        for _ in range(2):
            answer = await ada.do("invitationRedeem", code=code)
            said = [one["message"] for one in answer.payload["userErrors"]]
        assert said == ["you have this role already"]


async def test_what_is_taken_is_named(admin: Person) -> None:
    said = "the name 'editors' is taken"
    other = await admin.do("roleCreate", "role { id }", name="others", permissions=[])
    id_ = other.payload["role"]["id"]
    await admin.do("roleCreate", name="editors", permissions=[])
    for name, given in (
        ("roleCreate", {"permissions": []}),
        ("roleUpdate", {"id": id_}),
    ):
        answer = await admin.do(name, name="editors", **given)
        [error] = answer.payload["userErrors"]
        assert (error["message"], error["field"]) == (said, ["name"])
