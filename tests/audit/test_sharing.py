"""A verification is done once for all who ask for it, and lets others go first."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.models import AuditEntry
from resolvers import sharing
from resolvers.access import Actor
from resolvers.audit import verification
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.errors import Busy
from resolvers.sharing import Sharing
from schema import schema
from tests.audit.conftest import LENGTH
from tests.conftest import As, Someone
from tests.waiting import until, until_told

VERIFY = """query ($from: Int, $to: Int) {
  auditVerify(from: $from, to: $to) { isWhole checked }
}"""
Asked = Callable[..., asyncio.Task[Any]]


class Held:
    """Counts verifications, and holds each of them up until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.at_once, self.most = 0, 0, 0
        self.go_on = asyncio.Event()
        self._verify: Any = verification.verify
        monkeypatch.setattr(verification, "verify", self.verify)

    async def verify(self, *given: Any, **named: Any) -> Any:
        self.began, self.at_once = self.began + 1, self.at_once + 1
        self.most = max(self.most, self.at_once)
        try:
            await self.go_on.wait()
            return await self._verify(*given, **named)
        finally:
            self.at_once -= 1


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


@pytest.fixture
def asked(as_: As, written: list[AuditEntry]) -> Asked:
    """Somebody asks for a verification, of a part perhaps."""

    def asked(actor: Actor | None = None, **part: int) -> asyncio.Task[Any]:
        context = as_(actor) if actor else as_()
        return asyncio.create_task(schema.execute(VERIFY, part, context))

    return asked


def codes(answer: Any) -> list[str]:
    return [one.extensions["code"] for one in answer.errors or []]


async def test_all_who_ask_meanwhile_have_the_same_verification(
    asked: Asked, someone: Someone, held: Held
) -> None:
    people = [await someone() for _ in range(8)]
    answers = [asked(one) for one in people] + [asked(people[0]) for _ in range(8)]
    await until(lambda: held.began == 1)
    held.go_on.set()
    async with asyncio.timeout(30):
        told = await asyncio.gather(*answers)
    whole = {"auditVerify": {"isWhole": True, "checked": LENGTH}}
    assert [one.data for one in told] == [whole] * 16
    assert held.began == 1
    assert (await asked()).data == whole
    assert held.began == 2


async def test_one_is_done_at_a_time_and_each_asker_has_one(
    asked: Asked, someone: Someone, held: Held
) -> None:
    spam, other = await someone(), await someone()
    first = asked(spam, to=1)
    await until(lambda: held.began == 1)
    refused = await asked(spam, to=2)
    assert codes(refused) == ["SERVER_BUSY"]
    second = asked(other, to=3)
    held.go_on.set()
    async with asyncio.timeout(30):
        answers = [await one for one in (first, second)]
    assert [one.data["auditVerify"]["checked"] for one in answers] == [1, 3]
    assert held.most == 1
    assert not codes(await asked(spam, to=2))


async def test_who_waited_too_long_finds_it_when_they_come_back(
    asked: Asked, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "PATIENCE", 0.05)
    late = await asked()
    assert codes(late) == ["SERVER_BUSY"]
    assert "ask the same again" in late.errors[0].message
    held.go_on.set()
    monkeypatch.setattr(sharing, "PATIENCE", 30)
    async with asyncio.timeout(30):
        assert (await asked()).data["auditVerify"]["checked"] == LENGTH
    assert held.began == 1


async def test_a_verification_goes_on_when_one_of_its_askers_leaves(
    asked: Asked, someone: Someone, held: Held
) -> None:
    gone, stays = asked(await someone()), asked(await someone())
    await until(lambda: held.began == 1)
    gone.cancel()
    await asyncio.wait([gone], timeout=10)
    held.go_on.set()
    async with asyncio.timeout(30):
        assert (await stays).data["auditVerify"]["isWhole"]


async def test_only_so_much_is_waited_for_and_nothing_is_kept_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "MOST", 2)
    monkeypatch.setattr(sharing, "KEPT", 0.01)
    monkeypatch.setattr(sharing, "PATIENCE", 0.01)
    pieces, go_on, began = Sharing(), asyncio.Event(), list[int]()

    async def work() -> bool:
        began.append(1)
        return await go_on.wait()

    for what, said in enumerate(("goes on", "goes on", "asked for as much before")):
        with pytest.raises(Busy, match=said):
            await pieces.found(uuid7(), what, work)
    assert len(began) == 1
    go_on.set()
    monkeypatch.setattr(sharing, "PATIENCE", 30)

    async def anew() -> bool:
        assert await pieces.found(None, 0, work)
        return len(began) > 2

    await until_told(anew)


async def test_what_has_failed_is_told_and_tried_again() -> None:
    pieces = Sharing()

    async def fail() -> None:
        raise ConnectionError

    async def work() -> str:
        return "whole"

    for _ in range(2):
        with pytest.raises(ConnectionError):
            await pieces.found(None, "x", fail)
    assert await pieces.found(None, "x", work) == "whole"


async def test_nothing_is_left_behind_at_the_end(equipment: Equipment) -> None:
    pieces, began = equipment.verifications, asyncio.Event()

    async def work() -> None:
        began.set()
        await asyncio.Event().wait()

    asking = asyncio.create_task(pieces.found(None, "x", work))
    async with asyncio.timeout(10):
        await began.wait()
        await pieces.ended()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_a_calm_verification_finds_what_any_finds(
    as_: As, written: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    context: Context = as_()
    monkeypatch.setattr(verification, "CALM", 3)
    monkeypatch.setattr(verification, "AT_ONCE", 5)
    calm = await verification.verify(context, calm=True)
    assert calm == await verification.verify(context)
    assert calm.checked == LENGTH
