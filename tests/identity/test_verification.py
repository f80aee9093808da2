"""E-mail addresses: shown to be somebody's own, and changed for another."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from db.base import utcnow
from db.models import OneTimeToken, Outcome, Session, User
from db.session import Database
from resolvers.access import SYSTEM, visible
from resolvers.errors import Invalid
from resolvers.identity import addresses
from server.throttle import MemoryThrottle, rates
from tests.identity.conftest import EMAIL, PASSWORD, Change, Client, Log, generous
from tests.identity.mailing import insistent, letters, reset, settled, token, verify

OTHER = "countess@example.org"
KNOWN = "{ viewer { email emailVerified } }"
REQUEST = "mutation { emailVerifyRequest { userErrors { code field } } }"
CHANGE = """mutation ($input: EmailChangeInput!) { emailChange(input: $input) {
  user { email } userErrors { code field }
} }"""


def strict(client: Client) -> Client:
    """The client of a server where addresses are verified first."""
    policy = replace(client.equipment.policy, verify_email=True)
    client.equipment = replace(client.equipment, policy=policy)
    return client


async def changed(client: Client, email: str) -> str:
    """Ask for another address; the token that was mailed there."""
    answer = await client.ask(CHANGE, input={"email": email})
    assert answer.refused == []
    [letter] = [one for one in letters(client) if one.to == email]
    return token(letter)


async def test_whoever_signs_up_shows_by_mail_that_the_address_is_theirs(
    client: Client,
) -> None:
    await client.sign_up()
    [letter] = letters(client)
    assert letter.to == EMAIL
    assert (await client.ask(KNOWN)).payload["emailVerified"] is False
    assert (await verify(client, token(letter))).refused == []
    assert (await client.ask(KNOWN)).payload["emailVerified"] is True
    answer = await verify(client, token(letter))
    assert answer.refused == [("INVALID", ["token"])]


async def test_of_parallel_tries_of_one_link_one_succeeds(client: Client) -> None:
    await client.sign_up()
    shown = token(letters(client)[-1])
    async with asyncio.timeout(60):
        tries = await asyncio.gather(
            *(insistent(partial(verify, client, shown)) for _ in range(20))
        )
    assert sorted(len(one.refused) for one in tries) == [0] + [1] * 19


async def test_a_link_may_be_asked_for_again_until_it_was_opened(
    client: Client,
) -> None:
    await client.sign_up()
    assert (await client.ask(REQUEST)).refused == []
    first, second = map(token, letters(client))
    assert (await verify(client, first)).refused == [("INVALID", ["token"])]
    assert (await verify(client, second)).refused == []
    assert (await client.ask(REQUEST)).refused == [("CONFLICT", ["email"])]


async def test_a_link_ends_after_a_day(client: Client, change: Change) -> None:
    await client.sign_up()
    await change(OneTimeToken, expires_at=utcnow() - timedelta(seconds=1))
    answer = await verify(client, token(letters(client)[-1]))
    assert answer.refused == [("INVALID", ["token"])]


async def test_what_is_rolled_back_is_not_mailed(client: Client) -> None:
    await client.sign_up()
    await client.another().sign_up()
    assert len(letters(client)) == 1


async def test_an_address_is_changed_once_the_new_one_is_shown_to_be_theirs(
    client: Client, log: Log
) -> None:
    await client.sign_up()
    shown = await changed(client, OTHER)
    assert (await client.ask(KNOWN)).payload["email"] == EMAIL
    warning = letters(client)[-1]
    assert (warning.to, warning.subject) == (
        EMAIL,
        "Your e-mail address is about to change",
    )
    assert OTHER not in warning.text
    assert (await verify(client, shown)).refused == []
    known = {"email": OTHER, "emailVerified": True}
    assert (await client.ask(KNOWN)).payload == known
    gone = letters(client)[-1]
    assert gone.to == EMAIL
    assert "tell whoever runs this server" in gone.text
    assert "reset your password" not in gone.text
    assert (await client.another().log_in(OTHER)).refused == []
    assert (await client.another().log_in(EMAIL)).refused == [("INVALID", [])]
    actions = [one.action for one in await log.read()]
    assert actions[:3] == ["signUp", "emailChange", "emailVerify"]


async def test_a_change_needs_a_proof_that_is_not_old(
    client: Client, change: Change
) -> None:
    await client.sign_up()
    await change(Session, proved_at=utcnow() - timedelta(minutes=11))
    answer = await client.ask(CHANGE, input={"email": OTHER})
    assert [code for code, _ in answer.refused] == ["STEP_UP_REQUIRED"]


async def test_a_change_does_not_tell_that_somebody_has_the_address(
    client: Client,
) -> None:
    await client.another().sign_up(OTHER)
    await client.sign_up()
    free = await client.ask(CHANGE, input={"email": "free@example.org"})
    sent = [one.to for one in letters(client)]
    taken = await client.ask(CHANGE, input={"email": OTHER.upper()})
    assert free == taken
    assert [one.to for one in letters(client)][len(sent) :] == [EMAIL]


async def test_of_two_who_are_about_to_have_one_address_one_has_it(
    client: Client,
) -> None:
    other = client.another()
    await other.sign_up("charles@example.org")
    await client.sign_up()
    for one in (client, other):
        assert (await one.ask(CHANGE, input={"email": OTHER})).refused == []
    shown = [token(one) for one in letters(client) if one.to == OTHER]
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(verify(client, one) for one in shown))
    refused = [one.refused for one in answers]
    assert sorted(refused) == [[], [("CONFLICT", ["email"])]]


async def test_what_was_mailed_to_the_old_address_is_worth_nothing_after_a_change(
    client: Client,
) -> None:
    await client.sign_up()
    old = token(letters(client)[0])
    await verify(client, await changed(client, OTHER))
    assert (await verify(client, old)).refused == [("INVALID", ["token"])]


async def test_where_addresses_are_verified_a_sign_up_tells_nobody_who_is_known(
    client: Client, database: Database
) -> None:
    strict(client)
    first = await client.sign_up()
    again = await client.sign_up(EMAIL.upper(), "another pass phrase")
    assert first == again
    assert first.payload == {"user": None, "tokens": None, "userErrors": []}
    verifying, waiting = await settled(client)
    assert (verifying.to, waiting.to) == (EMAIL, EMAIL)
    await verify(client, token(verifying))
    assert await client.sign_up() == first
    assert (await settled(client))[-1].subject == "You have an account already"
    async with database.read() as session:
        assert len([*await session.scalars(visible(SYSTEM, User))]) == 1


async def test_whoever_signs_up_again_chooses_the_password_by_mail(
    client: Client, log: Log
) -> None:
    strict(client)
    await client.sign_up(password="what a stranger knows", fullName="Eve")  # noqa: S106  nobody's
    await settled(client)
    await client.sign_up(fullName="Ada")
    waiting = (await settled(client))[-1]
    assert waiting.subject == "Your account waits for you"
    assert (await reset(client, token(waiting), PASSWORD)).refused == []
    assert (await client.log_in()).refused == []
    assert (await client.ask("{ viewer { fullName } }")).payload == {"fullName": "Eve"}
    other = await client.another().log_in(password="what a stranger knows")  # noqa: S106  nobody's
    assert other.refused == [("INVALID", [])]
    told = [(one.action, one.status) for one in await log.read()][:3]
    assert told == [
        ("signUp", Outcome.SUCCESS),
        ("signUp", Outcome.FAILURE),
        ("passwordResetRequest", Outcome.SUCCESS),
    ]


async def test_nobody_signs_in_before_their_address_is_verified_and_is_mailed_again(
    client: Client, log: Log
) -> None:
    strict(client)
    await client.sign_up()
    [lost] = await settled(client)
    await log.read()
    assert (await client.log_in(password=PASSWORD[::-1])).refused == [("INVALID", [])]
    assert letters(client) == [lost]
    assert (await client.log_in()).refused == [("CONFLICT", ["email"])]
    _, another = letters(client)
    assert another.to == EMAIL
    assert [one.status for one in await log.read()] == [Outcome.FAILURE] * 2
    assert (await verify(client, token(lost))).refused == [("INVALID", ["token"])]
    assert (await verify(client, token(another))).refused == []
    assert (await client.log_in()).refused == []
    assert letters(client) == [lost, another]


async def test_right_passwords_do_not_lock_an_account_and_send_so_many_letters(
    client: Client,
) -> None:
    strict(client)
    limits = rates(generous(letters_per_hour=8))
    client.equipment = replace(client.equipment, throttle=MemoryThrottle(limits))
    await client.sign_up()
    await settled(client)
    for _ in range(7):
        assert (await client.log_in()).refused == [("CONFLICT", ["email"])]
    assert (await client.log_in()).codes == ["RATE_LIMITED"]
    assert len(letters(client)) == 8
    await verify(client, token(letters(client)[-1]))
    assert (await client.log_in()).refused == []


async def test_a_reset_by_mail_shows_that_the_address_is_theirs(client: Client) -> None:
    strict(client)
    await client.sign_up()
    await settled(client)
    asked = """mutation { passwordResetRequest(input: {email: "ada@example.org"}) {
      userErrors { code } } }"""
    await client.ask(asked)
    shown = token((await settled(client))[-1])
    assert (await reset(client, shown, "looms punch cards again")).refused == []
    assert (await client.log_in(password="looms punch cards again")).refused == []  # noqa: S106  nobody's


@pytest.mark.parametrize(
    "email",
    [
        "ada\u200b@example.org",
        "ad\u00ada@example.org",
        "ada\u2060@example.org",
        "ada\ufe0f@example.org",
        "ada\u034f@example.org",
        "\u115fada@example.org",
        "\uff41da@example.org",
        "\ufb01@example.org",
    ],
)
def test_an_address_has_no_letter_that_looks_like_another_or_like_none(
    email: str,
) -> None:
    with pytest.raises(Invalid):
        addresses.normal(email)
    assert addresses.compared(email) != addresses.compared("ada@example.org")


@pytest.mark.parametrize(
    "twin",
    ["\u0430da@example.org", "ada@\u0435xample.org", "ad\u0251@example.org"],
)
async def test_an_address_in_other_letters_is_another_address(
    client: Client, twin: str
) -> None:
    await client.sign_up()
    assert (await client.another().sign_up(twin)).refused == []
    assert (await client.another().log_in(twin)).payload["user"]["email"] == twin
    assert (await client.another().log_in()).payload["user"]["email"] == EMAIL


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("åda@exämple.org", "åda@xn--exmple-cua.org"),
        ("Ada@example.org", "Ada@example.org"),
    ],
)
def test_mail_servers_are_told_a_domain_as_they_know_it(
    typed: str, mailed: str
) -> None:
    assert addresses.mailed(addresses.normal(typed)) == mailed
