"""API keys that are over: revoked, rotated, expired, of a closed account."""

import asyncio
from datetime import timedelta

import pytest

from db.base import utcnow
from db.models import ApiKey, User
from db.session import Database
from resolvers.identity import keystandings
from server import authentication
from tests.identity.conftest import Change, Log
from tests.identity.holders import (
    REVOKE,
    ROTATE,
    Person,
    ada,
    anew,
    newest,
    opens,
    stored,
)
from tests.waiting import until_told

__all__ = ["ada"]

OVER = {
    "revoked": (ApiKey, {"revoked_at": utcnow()}),
    "expired": (ApiKey, {"expires_at": utcnow() - timedelta(seconds=1)}),
    "inactive": (User, {"is_active": False}),
}
"""How a key comes to open nothing any more."""


@pytest.mark.parametrize("why", OVER)
async def test_a_key_that_is_over_opens_nothing_and_that_is_written_down_once(
    ada: Person, change: Change, log: Log, why: str
) -> None:
    program = ada.program(await ada.key("PREDICT"))
    assert await opens(program)
    await log.read()
    model, columns = OVER[why]
    await change(model, **columns)
    for _ in range(3):  # and at another process, which remembers nothing
        late = anew(program)
        assert not any([await opens(late) for _ in range(3)])
    [entry] = await log.read()
    assert (entry.action, entry.status) == (keystandings.REFUSED, "failure")
    assert (entry.actor_kind, entry.entity) == ("api_key", "ApiKey")
    assert entry.payload["refused"] == {"code": why.upper()}
    assert entry.ip_address == program.address


async def test_a_refusal_is_written_down_again_after_a_minute(
    ada: Person, change: Change, log: Log
) -> None:
    program = ada.program(await ada.key())
    await log.read()
    await change(ApiKey, revoked_at=utcnow())
    assert not await opens(anew(program))
    await change(ApiKey, refused_at=utcnow() - timedelta(seconds=61))
    assert not await opens(anew(program))
    assert len(await log.read()) == 2


async def test_both_secrets_open_after_a_rotation_and_later_the_new_one(
    ada: Person, change: Change
) -> None:
    first = await ada.key()
    id_ = await newest(ada)
    payload = (await ada.ask(ROTATE, i={"id": id_})).payload
    assert payload["apiKey"]["keyPrefix"] == first.rpartition("_")[0]
    programs = [anew(ada.program(one)) for one in (first, payload["secret"])]
    assert [await opens(one) for one in programs] == [True, True]
    await change(ApiKey, former_until=utcnow() - timedelta(seconds=1))
    assert [await opens(anew(one)) for one in programs] == [False, True]


async def test_a_rotation_may_end_the_former_secret_at_once(ada: Person) -> None:
    first = ada.program(await ada.key())
    id_ = await newest(ada)
    await ada.ask(ROTATE, i={"id": id_, "overlapHours": 0})
    assert not await opens(anew(first))
    wrong = await ada.ask(ROTATE, i={"id": id_, "overlapHours": 25})
    assert wrong.refused == [("INVALID", ["overlapHours"])]


async def test_a_revoked_key_stops_at_once_and_for_good(
    ada: Person, database: Database
) -> None:
    key = await ada.key()
    program = ada.program(key)
    assert await opens(program)
    id_ = await newest(ada)
    answer = await ada.ask(REVOKE, i={"id": id_})
    told = {"isActive": False, "revokedReason": "revoked"}
    assert answer.payload["apiKey"] == told
    await until_told(lambda: closed(program), 5)
    for text in (REVOKE, ROTATE):
        assert (await ada.ask(text, i={"id": id_})).refused == [
            ("INVALID_TRANSITION", ["id"])
        ]
    assert (await stored(database, key)).revoked_at


async def test_a_key_ends_with_its_owners_account(ada: Person) -> None:
    program = ada.program(await ada.key())
    assert await opens(program)
    await ada.do("userDeactivate", id=(await ada.me())["id"])
    await until_told(lambda: closed(program), 5)


async def closed(who: Person) -> bool:
    return not await opens(who)


@pytest.mark.parametrize("why", OVER)
async def test_what_another_process_ends_closes_sockets_within_five_seconds(
    ada: Person, change: Change, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "FRESH", 0.1)
    gate = ada.authentication
    principal = await gate.authenticate(f"Bearer {await ada.key()}")
    watched = asyncio.ensure_future(gate.revoked(principal))
    await asyncio.sleep(0.2)
    assert not watched.done()
    model, columns = OVER[why]
    await change(model, **columns)
    async with asyncio.timeout(5):
        await watched
