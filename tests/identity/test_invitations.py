"""Invitations, as those see them who make them and those who come in by them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from db.base import utcnow
from db.models import Invitation, Role, Session, User, UserRole
from db.session import Database
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.identity import accounts
from tests.conftest import Save
from tests.identity.conftest import EMAIL, PASSWORD, Change, Client, Log
from tests.identity.mailing import insistent, letters, settled, token, verify

ADMIN = "root@example.org"
CREATE = """mutation ($input: InvitationCreateInput!) {
  invitationCreate(input: $input) {
    invitation { id role { name } maxUses uses email inviter { email } } code
    idempotencyReplayed userErrors { code field }
  }
}"""
REVOKE = """mutation ($id: ID!) { invitationRevoke(input: {id: $id}) {
  invitation { revokedAt } userErrors { code field }
} }"""
REDEEM = """mutation ($code: String!) { invitationRedeem(input: {code: $code}) {
  user { permissions } userErrors { code field }
} }"""
LIST = "{ invitations { totalCount nodes { uses maxUses } } }"
ROLE = "{ viewer { role { name } permissions } }"


@pytest.fixture
async def admin(client: Client) -> Client:
    """Whoever invites, at a server that takes nobody else."""
    closed = replace(client.equipment.policy, sign_up=False)
    client.equipment = replace(client.equipment, policy=closed)
    await accounts.create_admin(Context(client.equipment, SYSTEM), ADMIN, PASSWORD)
    admin = client.another()
    await admin.log_in(ADMIN)
    return admin


async def invited(admin: Client, **terms: Any) -> str:
    """The code of an invitation."""
    answer = await admin.ask(CREATE, input=terms)
    assert answer.refused == [], answer
    return answer.payload["code"]


async def test_an_invitation_lets_in_where_strangers_are_kept_out(
    admin: Client, client: Client
) -> None:
    assert (await client.sign_up()).codes == ["FORBIDDEN"]
    code = await invited(admin, role="viewer")
    answer = await client.sign_up(invitationCode=code)
    assert answer.refused == []
    assert answer.payload["user"]["role"] == {"name": "viewer"}
    again = await client.another().sign_up("grace@example.org", invitationCode=code)
    assert again.refused == [("INVALID", ["invitationCode"])]


async def test_of_twenty_at_once_three_come_in_by_an_invitation_for_three(
    admin: Client, client: Client, database: Database
) -> None:
    code = await invited(admin, maxUses=3)
    async with asyncio.timeout(120):
        guests = (f"guest{n}@example.org" for n in range(20))
        coming = [partial(client.another().sign_up, one) for one in guests]
        answers = await asyncio.gather(
            *(insistent(partial(come, invitationCode=code)) for come in coming)
        )
    assert sum(answer.refused == [] for answer in answers) == 3
    refused = [answer.refused for answer in answers if answer.refused]
    assert refused == [[("INVALID", ["invitationCode"])]] * 17
    async with database.read() as session:
        assert len([*await session.scalars(visible(SYSTEM, User))]) == 4
    assert (await admin.ask(LIST)).payload["nodes"] == [{"uses": 3, "maxUses": 3}]


async def test_a_sign_up_that_fails_uses_nothing_up(
    admin: Client, client: Client
) -> None:
    code = await invited(admin)
    taken = await client.sign_up(ADMIN, invitationCode=code)
    assert taken.refused == [("CONFLICT", ["email"])]
    assert (await client.sign_up(invitationCode=code)).refused == []


async def test_whoever_is_named_gets_the_code_by_mail_and_nobody_else_may_use_it(
    admin: Client, client: Client
) -> None:
    code = await invited(admin, email="Ada@EXAMPLE.org")
    letter = letters(admin)[-1]
    assert letter.to == "Ada@example.org"
    assert code in letter.text
    other = await client.sign_up("eve@example.org", invitationCode=code)
    assert other.refused == [("INVALID", ["invitationCode"])]
    assert (await client.sign_up(EMAIL, invitationCode=code)).refused == []


@pytest.mark.parametrize("how", ["revoked", "expired", "closed", "demoted"])
async def test_an_invitation_that_is_over_lets_nobody_in(
    admin: Client, client: Client, change: Change, how: str
) -> None:
    answer = (await admin.ask(CREATE, input={"maxUses": 3})).payload
    if how == "revoked":
        gone = await admin.ask(REVOKE, id=answer["invitation"]["id"])
        assert gone.payload["invitation"]["revokedAt"]
    elif how == "expired":
        await change(Invitation, expires_at=utcnow() - timedelta(seconds=1))
    elif how == "closed":
        await change(User, is_active=False)
    else:
        await change(User, role_id=UUID(int=3))
    refused = await client.sign_up(invitationCode=answer["code"])
    assert refused.refused == [("INVALID", ["invitationCode"])]


async def test_to_invite_is_to_give_roles_away_and_takes_a_proof(
    admin: Client, change: Change
) -> None:
    await change(Session, proved_at=utcnow() - timedelta(minutes=11))
    for role in ("admin", "viewer"):
        answer = await admin.ask(CREATE, input={"role": role})
        assert answer.refused == [("STEP_UP_REQUIRED", [])]


async def test_an_invitation_is_taken_back_once(admin: Client) -> None:
    id_ = (await admin.ask(CREATE, input={})).payload["invitation"]["id"]
    assert (await admin.ask(REVOKE, id=id_)).refused == []
    assert (await admin.ask(REVOKE, id=id_)).refused == [("CONFLICT", ["id"])]


async def test_the_code_is_shown_once_and_kept_nowhere(
    admin: Client, database: Database, log: Log
) -> None:
    given = {"idempotencyKey": "one"}
    first = (await admin.ask(CREATE, input=given)).payload
    again = (await admin.ask(CREATE, input=given)).payload
    assert again["invitation"]["id"] == first["invitation"]["id"]
    assert (again["code"], again["idempotencyReplayed"]) == (None, True)
    async with database.read() as session:
        [row] = await session.scalars(visible(SYSTEM, Invitation))
    said = str([vars(row), *(one.payload for one in await log.read())])
    assert first["code"].partition("_")[2] not in said


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"maxUses": 0}, "maxUses"),
        ({"maxUses": 1_001}, "maxUses"),
        ({"expiresIn": 59}, "expiresIn"),
        ({"expiresIn": 91 * 86_400}, "expiresIn"),
        ({"role": "emperor"}, "role"),
        ({"email": "ada\r\nBcc: all@example.org"}, "email"),
    ],
)
async def test_terms_that_will_not_do_are_named(
    admin: Client, terms: dict[str, Any], field: str
) -> None:
    answer = await admin.ask(CREATE, input=terms)
    assert answer.refused == [("INVALID", [field])]
    assert answer.payload["code"] is None


async def test_nobody_gives_away_more_than_they_have(
    admin: Client, client: Client, save: Save
) -> None:
    await save(Role(name="host", permissions=["invite", "edit_datasets"]))
    await client.sign_up(invitationCode=await invited(admin, role="host"))
    assert (await client.ask(CREATE, input={"role": "admin"})).codes == ["FORBIDDEN"]
    assert (await client.ask(CREATE, input={"role": "viewer"})).codes == []
    assert (await client.ask(CREATE, input={"role": "host"})).refused == []
    assert (await client.ask(LIST)).payload["totalCount"] == 2
    assert (await admin.ask(LIST)).payload["totalCount"] == 3


async def test_only_who_may_invite_does(admin: Client, client: Client) -> None:
    await client.sign_up(invitationCode=await invited(admin))
    assert (await client.ask(CREATE, input={})).codes == ["FORBIDDEN"]


async def test_whoever_has_an_account_takes_a_further_role_by_an_invitation(
    admin: Client, client: Client, save: Save, database: Database, log: Log
) -> None:
    await save(Role(name="host", permissions=["invite"]))
    await client.sign_up(invitationCode=await invited(admin, role="viewer"))
    code = await invited(admin, role="host", maxUses=3)
    await log.read()
    assert (await client.ask(REDEEM, code=code)).refused == []
    client.authentication = type(client.authentication)(client.equipment)
    seen = (await client.ask(ROLE)).payload
    assert seen["role"] == {"name": "viewer"}
    assert "INVITE" in seen["permissions"]
    assert (await client.ask(REDEEM, code=code)).refused == [("CONFLICT", ["code"])]
    async with database.read() as session:
        [grant] = await session.scalars(visible(SYSTEM, UserRole))
        [used] = [
            one.uses
            for one in await session.scalars(visible(SYSTEM, Invitation))
            if one.max_uses == 3
        ]
    assert grant.assigned_by
    assert used == 1
    assert [one.action for one in await log.read()] == ["invitationRedeem"] * 2


async def test_an_invitation_may_make_an_administrator_of_somebody(
    admin: Client, client: Client
) -> None:
    await client.sign_up(invitationCode=await invited(admin))
    code = await invited(admin, role="admin")
    assert (await client.ask(REDEEM, code=code)).refused == []
    client.authentication = type(client.authentication)(client.equipment)
    assert "INVITE" in (await client.ask(ROLE)).payload["permissions"]


async def test_an_administrator_to_be_needs_a_longer_password(
    admin: Client, client: Client
) -> None:
    code = await invited(admin, role="admin")
    short = await client.sign_up(password="fourteen signs", invitationCode=code)  # noqa: S106  nobody's
    assert short.refused == [("INVALID", ["password"])]
    answer = await client.sign_up(invitationCode=code)
    assert answer.payload["user"]["role"] == {"name": "admin"}


async def test_where_addresses_are_verified_an_invitation_is_used_at_once(
    admin: Client, client: Client
) -> None:
    policy = replace(client.equipment.policy, verify_email=True)
    client.equipment = replace(client.equipment, policy=policy)
    code = await invited(admin)
    guests = ("ada@example.org", "grace@example.org")
    first, second = [await client.sign_up(one, invitationCode=code) for one in guests]
    assert (first.refused, first.payload["tokens"]) == ([], None)
    assert second.refused == [("INVALID", ["invitationCode"])]
    await verify(client, token((await settled(client))[-1]))
    assert (await client.log_in()).refused == []
