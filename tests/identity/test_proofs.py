"""Showing once more who one is, before what is dangerous."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from db.base import utcnow
from db.models import Session
from resolvers.access import Actor
from resolvers.context import Context
from resolvers.errors import Forbidden
from resolvers.identity import confirmations, lockouts, proofs
from resolvers.writes import Origin
from schema import schema
from tests.conftest import As, Save
from tests.identity.conftest import EMAIL, PASSWORD, Change, Client, Log
from tests.identity.devices import Person, ada, clock, told
from tests.proving import proved

__all__ = ["ada", "clock"]

CONFIRM = """mutation ($input: SessionConfirmInput!) { sessionConfirm(input: $input) {
  session { isCurrent provedAt } userErrors { code field }
} }"""
ENROLL = "mutation { twoFactorEnroll { secret userErrors { code } } }"
EXPORT = "mutation { viewerExport { url userErrors { code } } }"
WRONG = "machines weave algebra"


@pytest.fixture
async def grace(client: Client, change: Change) -> Client:
    """Somebody who signed in a while ago."""
    await client.sign_up()
    await change(Session, proved_at=utcnow() - timedelta(minutes=11))
    return client


async def shown(client: Client, **given: Any) -> str:
    return told(await client.ask(CONFIRM, input=given))


async def test_who_has_just_signed_in_has_shown_enough(client: Client) -> None:
    await client.sign_up()
    assert told(await client.ask(ENROLL)) == ""
    elsewhere = client.another()
    await elsewhere.log_in()
    assert told(await elsewhere.ask(ENROLL)) == ""


@pytest.mark.parametrize("dangerous", [ENROLL, EXPORT])
async def test_what_is_dangerous_takes_a_proof_of_ten_minutes(
    grace: Client, dangerous: str, change: Change
) -> None:
    assert told(await grace.ask(dangerous)) == "STEP_UP_REQUIRED"
    confirmed = (await grace.ask(CONFIRM, input={"password": PASSWORD})).payload
    assert confirmed["session"]["isCurrent"]
    assert confirmed["session"]["provedAt"]
    assert told(await grace.ask(dangerous)) == ""
    await change(Session, proved_at=utcnow() - timedelta(minutes=9, seconds=30))
    assert told(await grace.ask(dangerous)) == ""
    await change(Session, proved_at=utcnow() - timedelta(minutes=10, seconds=1))
    assert told(await grace.ask(dangerous)) == "STEP_UP_REQUIRED"


async def test_a_proof_is_of_one_session_alone(grace: Client) -> None:
    elsewhere = grace.another()
    await elsewhere.log_in()
    assert told(await elsewhere.ask(ENROLL)) == ""
    assert told(await grace.ask(ENROLL)) == "STEP_UP_REQUIRED"


async def test_to_stay_signed_in_proves_nothing(grace: Client) -> None:
    await grace.refresh()
    assert told(await grace.ask(ENROLL)) == "STEP_UP_REQUIRED"


async def test_a_wrong_password_proves_nothing_and_counts(grace: Client) -> None:
    for _ in range(5):
        answer = await grace.ask(CONFIRM, input={"password": WRONG})
        assert answer.refused == [("INVALID", ["password"])]
    assert await shown(grace, password=PASSWORD) == "RATE_LIMITED"
    assert told(await grace.ask(ENROLL)) == "STEP_UP_REQUIRED"
    assert told(await grace.another().log_in()) == ""


async def test_a_right_password_makes_good_for_wrong_ones(grace: Client) -> None:
    for _ in range(3):
        for _ in range(2):
            assert await shown(grace, password=WRONG) == "INVALID"
        assert await shown(grace, password=PASSWORD) == ""


async def test_no_stranger_keeps_who_is_signed_in_from_proving_it(
    grace: Client,
) -> None:
    for _ in range(5):
        await grace.another().log_in(EMAIL, WRONG)
    assert told(await grace.another().log_in()) == "RATE_LIMITED"
    for _ in range(4):
        assert await shown(grace, password=WRONG) == "INVALID"
    assert await shown(grace, password=PASSWORD) == ""
    assert told(await grace.another().log_in()) == "RATE_LIMITED"


async def test_of_many_guesses_at_a_time_no_more_are_judged_than_may_be_wrong(
    grace: Client,
) -> None:
    wrong = (shown(grace, password=WRONG) for _ in range(15))
    async with asyncio.timeout(60):
        assert {*await asyncio.gather(*wrong)} <= {"INVALID", "RATE_LIMITED"}
    assert await shown(grace, password=PASSWORD) == "RATE_LIMITED"


async def test_a_code_proves_as_much_and_once(ada: Person, change: Change) -> None:
    await change(Session, proved_at=None)
    assert told(await ada.client.ask(EXPORT)) == "STEP_UP_REQUIRED"
    assert await shown(ada.client, code=ada.device.wrong()) == "INVALID"
    code = ada.device.code()
    async with asyncio.timeout(60):
        came = await asyncio.gather(*(shown(ada.client, code=code) for _ in range(4)))
    assert sorted(came) == ["", "INVALID", "INVALID", "INVALID"]
    assert told(await ada.client.ask(EXPORT)) == ""


async def test_a_wrong_code_proves_nothing_and_counts(ada: Person) -> None:
    for _ in range(5):
        assert await shown(ada.client, code=ada.device.wrong()) == "INVALID"
    assert await shown(ada.client, code=ada.device.code()) == "RATE_LIMITED"


async def test_a_code_of_a_login_proves_nothing_more(ada: Person) -> None:
    code = ada.device.code()
    assert await ada.show(await ada.challenge(), code=code) == ""
    assert await shown(ada.client, code=code) == "INVALID"


async def test_without_a_second_factor_there_is_no_code_to_show(
    grace: Client,
) -> None:
    assert await shown(grace, code="123456") == "CONFLICT"


@pytest.mark.parametrize("given", [{}, {"password": PASSWORD, "code": "123456"}])
async def test_one_thing_is_shown(grace: Client, given: dict[str, str]) -> None:
    assert await shown(grace, **given) == "INVALID"


async def test_each_try_leaves_one_entry(grace: Client, log: Log) -> None:
    await log.read()
    for given in ({"password": WRONG}, {"password": PASSWORD}, {}, {"code": "1"}):
        await shown(grace, **given)
    entries = [(one.action, one.status.value) for one in await log.read()]
    assert entries == [
        (lockouts.PROVE, "failure"),
        (lockouts.PROVE, "success"),
        (lockouts.PROVE, "failure"),
        (lockouts.PROVE, "failure"),
    ]


async def test_a_program_with_a_key_proves_nothing(
    as_: As, analyst: Actor, save: Save
) -> None:
    there = await proved(as_(), save)
    keyed = Actor(analyst.user_id, analyst.role, key_id=analyst.user_id)
    context = Context(there.equipment, keyed, there.origin)
    async with context.transaction() as write:
        with pytest.raises(Forbidden):
            await proofs.require_proof(write)
        with pytest.raises(Forbidden):
            await confirmations.prove(write)
    given = {"input": {"password": PASSWORD}}
    result = await schema.execute(CONFIRM, given, context_value=context)
    assert [one.extensions for one in result.errors or []] == [{"code": "FORBIDDEN"}]


async def test_a_session_of_another_proves_nothing(
    as_: As, analyst: Actor, save: Save, someone: Any
) -> None:
    theirs = await proved(as_(await someone()), save)
    mixed = Context(
        theirs.equipment, analyst, Origin(session_id=theirs.origin.session_id)
    )
    result = await schema.execute(ENROLL, context_value=mixed)
    assert result.data
    [error] = result.data["twoFactorEnroll"]["userErrors"]
    assert error == {"code": "STEP_UP_REQUIRED"}
