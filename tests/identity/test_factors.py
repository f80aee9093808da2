"""The second factor: turned on and off, recovered and lost."""

from typing import Any

import pytest

from db.base import Base
from db.models import User
from db.session import Database
from resolvers.access import SYSTEM, BaseRole, visible
from resolvers.envelope import Unreadable
from resolvers.identity import recovery
from resolvers.identity.accounts import ROLES
from tests.conftest import Letterbox
from tests.identity.conftest import EMAIL, Change, Client
from tests.identity.devices import (
    CREDENTIALS,
    ENROLL,
    LOGIN,
    TURN_ON,
    Clock,
    Device,
    Person,
    ada,
    clock,
    told,
)

__all__ = ["ada", "clock"]
TURN_OFF = """mutation { twoFactorDisable {
  user { totpEnabledAt } userErrors { code field }
} }"""
RENEW = "mutation { recoveryCodesRenew { recoveryCodes userErrors { code } } }"
RESET = """mutation ($id: ID!) { userTwoFactorReset(input: {id: $id}) {
  user { totpEnabledAt } userErrors { code field }
} }"""
SELF = "{ viewer { id lastLogin } }"


async def test_a_secret_counts_only_once_a_code_has_shown_that_a_device_has_it(
    client: Client, clock: Clock
) -> None:
    await client.sign_up()
    first = (await client.ask(ENROLL)).payload
    assert len(first["secret"]) == 32
    assert first["uri"].startswith("otpauth://totp/Heliograph:ada%40example.org?")
    assert (await client.ask(LOGIN, input=CREDENTIALS)).payload["challenge"] is None
    device = Device((await client.ask(ENROLL)).payload["secret"], clock)
    for wrong in (device.wrong(), Device(first["secret"], clock).code(), "", "١٢٣٤٥٦"):
        answer = await client.ask(TURN_ON, code=wrong)
        assert answer.refused == [("INVALID", ["code"])]
    on = (await client.ask(TURN_ON, code=device.code())).payload
    assert on["user"]["totpEnabledAt"]
    assert len({*on["recoveryCodes"]}) == 10
    assert (await client.ask(LOGIN, input=CREDENTIALS)).payload["challenge"]


async def test_what_is_on_is_not_turned_on_again(ada: Person) -> None:
    answer = await ada.client.ask(ENROLL)
    assert answer.payload["secret"] is None
    assert told(answer) == "CONFLICT"
    assert told(await ada.client.ask(TURN_ON, code=ada.device.code())) == "CONFLICT"


async def test_the_code_that_turned_it_on_lets_nobody_in(
    client: Client, clock: Clock
) -> None:
    await client.sign_up()
    device = Device((await client.ask(ENROLL)).payload["secret"], clock)
    code = device.code()
    recovery = (await client.ask(TURN_ON, code=code)).payload["recoveryCodes"]
    ada = Person(client, device, recovery)
    assert await ada.show(await ada.challenge(), code=code) == "INVALID"


async def test_each_recovery_code_is_good_for_once_however_it_is_typed(
    ada: Person,
) -> None:
    for code in ada.recovery[:3]:
        typed = code.lower().replace("-", " ")
        assert await ada.show(await ada.challenge(), recoveryCode=typed) == ""
        assert await ada.show(await ada.challenge(), recoveryCode=code) == "INVALID"


async def test_how_many_recovery_codes_are_left_is_told(ada: Person) -> None:
    async def left() -> int:
        answer = await ada.client.ask("{ viewer { recoveryCodesLeft } }")
        return answer.payload["recoveryCodesLeft"]

    assert await left() == recovery.CODES
    await ada.show(await ada.challenge(), recoveryCode=ada.recovery[0])
    assert await left() == recovery.CODES - 1
    await ada.client.ask(RENEW)
    assert await left() == recovery.CODES
    await ada.client.ask(TURN_OFF)
    assert await left() == 0


async def test_new_recovery_codes_void_the_old(ada: Person) -> None:
    fresh = (await ada.client.ask(RENEW)).payload["recoveryCodes"]
    assert not {*fresh} & {*ada.recovery}
    old, new = ada.recovery[0], fresh[0]
    assert await ada.show(await ada.challenge(), recoveryCode=old) == "INVALID"
    assert await ada.show(await ada.challenge(), recoveryCode=new) == ""


async def test_who_turns_it_off_is_asked_for_nothing_more(ada: Person) -> None:
    challenge = await ada.challenge()
    off = (await ada.client.ask(TURN_OFF)).payload
    assert off["user"] == {"totpEnabledAt": None}
    assert told(await ada.client.another().log_in()) == ""
    for shown in ({"code": ada.device.code()}, {"recoveryCode": ada.recovery[0]}):
        assert await ada.show(challenge, **shown) == "UNAUTHENTICATED"
    assert told(await ada.client.ask(TURN_OFF)) == "CONFLICT"
    assert told(await ada.client.ask(RENEW)) == "CONFLICT"


async def test_its_owner_is_written_to_whenever_it_is_turned_on_or_off(
    ada: Person, letterbox: Letterbox
) -> None:
    subject = "Your second factor was changed"
    for so_far in (1, 2):
        [*letters] = [one for one in letterbox.letters if one.subject == subject]
        assert [one.to for one in letters] == [EMAIL] * so_far
        await ada.client.ask(TURN_OFF)


async def test_nothing_that_opens_an_account_is_kept_as_it_is(
    ada: Person, database: Database
) -> None:
    await ada.show(await ada.challenge(), recoveryCode=ada.recovery[0])
    async with database.read() as session:
        tables = [
            [*map(str, await session.execute(table.select()))]
            for table in Base.metadata.sorted_tables
        ]
    kept = "\n".join(row for rows in tables for row in rows)
    assert EMAIL in kept
    for secret in (ada.device.secret, *ada.recovery):
        assert secret not in kept
        assert secret.replace("-", "") not in kept


async def test_where_the_key_is_lost_a_recovery_code_lets_in(
    ada: Person, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    def lost(*_: Any) -> bytes:
        raise Unreadable

    monkeypatch.setattr(type(ada.client.equipment.envelope), "open", lost)
    for _ in range(6):
        shown = await ada.show(await ada.challenge(), code=ada.device.code())
        assert shown == "NEEDS_REENTRY"
    async with database.read() as session:
        [user] = await session.scalars(visible(SYSTEM, User))
    assert user.failed_login_attempts == 0
    shown = await ada.show(await ada.challenge(), recoveryCode=ada.recovery[0])
    assert shown == ""


async def test_an_administrator_turns_off_what_somebody_has_lost(
    ada: Person, change: Change
) -> None:
    mine = (await ada.client.ask(SELF)).payload["id"]
    charles = ada.client.another()
    await charles.sign_up("charles@example.org")
    assert (await charles.ask(RESET, id=mine)).codes == ["FORBIDDEN"]
    await change(
        User, User.email == "charles@example.org", role_id=ROLES[BaseRole.ADMIN]
    )
    await charles.log_in("charles@example.org")
    reset = (await charles.ask(RESET, id=mine)).payload
    assert reset == {"user": {"totpEnabledAt": None}, "userErrors": []}
    assert told(await ada.client.another().log_in()) == ""
