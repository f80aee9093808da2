"""Secrets at rest are read while their keys change, and missed when one is lost."""

import asyncio
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from uuid_utils.compat import uuid7

from db.models import User
from db.session import Database
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.audit import verification
from resolvers.context import Context
from resolvers.envelope import Place, readable
from resolvers.equipment import Equipment
from resolvers.platform import rewrapping
from server import startup
from server.commands import keys
from server.keys.ring import FILE, ring
from server.keys.sealing import Envelopes
from server.settings import Settings
from tests.conftest import Save
from tests.factories import ROLES
from tests.journeys import last_entries

COLUMN = "totp_secret"
NAMED = f"users.{COLUMN}"
MANY = 60
Enrolled = Callable[[int], Awaitable[list[User]]]


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Those of the process whose equipment the test has."""
    return Settings(data=tmp_path / "data", database_url=database_url)


@pytest.fixture
def system(equipment: Equipment) -> Context:
    return Context(equipment, SYSTEM)


@pytest.fixture
def enrolled(equipment: Equipment, save: Save) -> Enrolled:
    """People with second factors, each of whose secret is their id."""

    async def enrolled(number: int) -> list[User]:
        people: list[User] = []
        for _ in range(number):
            id_ = uuid7()
            user = User(id=id_, email=f"{id_.hex}@example.org")
            user.role_id = ROLES[BaseRole.USER]
            place = Place.of(user, COLUMN)
            user.totp_secret = equipment.envelope.seal(id_.bytes, place)
            people.append(user)
        await save(*people)
        return people

    return enrolled


async def people(database: Database) -> list[User]:
    rows = visible(SYSTEM, User).where(User.totp_secret.is_not(None))
    async with database.read() as session:
        return list(await session.scalars(rows))


def opened(envelopes: Envelopes, user: User) -> bool:
    """Whether a person's secret is what it was. Raises Unreadable where it is lost."""
    assert user.totp_secret
    return envelopes.open(user.totp_secret, Place.of(user, COLUMN)) == user.id.bytes


async def test_all_that_is_sealed_is_found(system: Context, enrolled: Enrolled) -> None:
    assert NAMED in [str(one) for one in rewrapping.sealed()]
    await enrolled(3)
    current = system.equipment.envelope.current
    assert await rewrapping.counted(system) == {current: {NAMED: 3}}
    assert await rewrapping.lost(system) == {}


async def test_there_is_no_moment_in_which_a_secret_cannot_be_read(
    equipment: Equipment,
    enrolled: Enrolled,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three processes read, one goes on sealing, and keys are rotated meanwhile.

    What was sealed before a rotation and saved behind the rewrap is for the next one.
    """
    monkeypatch.setattr(rewrapping, "AT_ONCE", 7)
    await enrolled(MANY)
    stop, looks = asyncio.Event(), [0, 0, 0]

    async def read(number: int) -> None:
        mine = Envelopes(ring(settings))
        while not stop.is_set():
            found = await people(equipment.database)
            assert all(opened(mine, one) for one in found)
            looks[number] += 1
            await asyncio.sleep(0)

    async def enroll() -> None:
        while not stop.is_set():
            await enrolled(1)
            await asyncio.sleep(0.01)

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(read(number))
        group.create_task(enroll())
        for _ in range(3):
            await keys.rotate(settings, Namespace())
            await keys.rewrap(settings, Namespace())
        seen = min(looks)
        while min(looks) < seen + 2:  # noqa: ASYNC110  nothing tells us
            await asyncio.sleep(0.01)
        stop.set()
    await keys.rewrap(settings, Namespace())
    system = Context(equipment, SYSTEM)
    counts = await rewrapping.counted(system)
    assert [*counts] == [equipment.envelope.current]
    assert counts[equipment.envelope.current][NAMED] >= MANY
    assert (await verification.verify(system)).damage is None


async def test_what_was_broken_off_goes_on_where_it_was(
    system: Context,
    enrolled: Enrolled,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rewrapping, "AT_ONCE", 10)
    await enrolled(25)
    await keys.rotate(settings, Namespace())
    whole, begun = rewrapping._some, [0]  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  a part is broken off

    async def broken(*given: object) -> object:
        begun[0] += 1
        if begun[0] == 2:
            raise ConnectionError
        return await whole(*given)  # pyright: ignore[reportArgumentType]  as it was given

    monkeypatch.setattr(rewrapping, "_some", broken)
    with pytest.raises(ConnectionError):
        await rewrapping.rewrap(system)
    current = system.equipment.envelope.current
    assert (await rewrapping.counted(system))[current] == {NAMED: 10}
    assert (await rewrapping.rewrap(system)).done == 15
    assert await rewrapping.counted(system) == {current: {NAMED: 25}}
    assert (await rewrapping.rewrap(system)).done == 0


async def test_a_secret_that_is_written_anew_meanwhile_is_left_as_it_is(
    system: Context, enrolled: Enrolled, settings: Settings, database: Database
) -> None:
    [user] = await enrolled(1)
    await keys.rotate(settings, Namespace())
    column, old = rewrapping.Sealed(User, COLUMN), "v1.an.older.record"
    put = rewrapping._put  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  two at the same time
    async with system.transaction() as write:
        assert await put(write, column, user.id, old, "v1.lost") == 0
    assert opened(Envelopes(ring(settings)), (await people(database))[0])


async def test_to_rewrap_is_no_change_of_the_row(
    system: Context, enrolled: Enrolled, settings: Settings, database: Database
) -> None:
    [before] = await enrolled(1)
    await keys.rotate(settings, Namespace())
    await rewrapping.rewrap(system)
    [after] = await people(database)
    assert after.totp_secret != before.totp_secret
    assert (after.version, after.updated_at) == (before.version, before.updated_at)


async def test_what_is_done_with_keys_is_written_down_without_them(
    system: Context, enrolled: Enrolled, settings: Settings, database: Database
) -> None:
    await enrolled(3)
    await keys.rotate(settings, Namespace())
    await keys.rewrap(settings, Namespace())
    assert [one[0] for one in await last_entries(database, 2)] == [
        "keysRotate",
        "keysRewrap",
    ]
    text = sa.text("SELECT payload FROM audit_log ORDER BY seq")
    async with database.read() as session:
        said = str((await session.execute(text)).all())
    assert NAMED in said
    assert system.equipment.envelope.current in said
    assert (settings.data / FILE).read_text()[10:74] not in said


async def test_keys_are_listed_with_what_is_under_them(
    enrolled: Enrolled, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await enrolled(2)
    first = ring(settings).current.id
    await keys.rotate(settings, Namespace())
    await enrolled(1)
    capsys.readouterr()
    await keys.show(settings, Namespace())
    second = ring(settings).current.id
    assert capsys.readouterr().out.splitlines() == [
        f"{first}  former   2 of {NAMED}",
        f"{second}  current  1 of {NAMED}",
    ]
    await keys.rewrap(settings, Namespace())
    capsys.readouterr()
    await keys.show(settings, Namespace())
    assert f"{first}  former   nothing" in capsys.readouterr().out


async def test_a_lost_key_is_told_and_what_was_under_it_stays(
    equipment: Equipment,
    enrolled: Enrolled,
    settings: Settings,
    database: Database,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await enrolled(2)
    gone = equipment.envelope.current
    before = sorted(str(one.totp_secret) for one in await people(database))
    (settings.data / FILE).unlink()
    fresh = Envelopes(ring(settings))
    for user in await people(database):
        assert not readable(fresh, str(user.totp_secret), Place.of(user, COLUMN))
    object.__setattr__(equipment, "envelope", fresh)
    await startup.checked(equipment)
    assert f"2 secrets are under the key {gone}, which is not here" in caplog.text
    await keys.rewrap(settings, Namespace())
    await keys.show(settings, Namespace())
    said = capsys.readouterr().out
    assert "2 cannot be read, and have to be entered again" in said
    assert f"{gone}  LOST     2 of {NAMED}" in said
    assert sorted(str(one.totp_secret) for one in await people(database)) == before


async def test_what_is_no_record_is_counted_and_harms_nothing(
    system: Context, save: Save, analyst: Actor, settings: Settings
) -> None:
    id_ = uuid7()
    user = User(id=id_, email="x@example.org", role_id=ROLES[BaseRole.USER])
    user.totp_secret = "v1."  # noqa: S105  no record of anything
    await save(user)
    assert await rewrapping.counted(system) == {"": {NAMED: 1}}
    await keys.rotate(settings, Namespace())
    came = await rewrapping.rewrap(system)
    assert (came.done, came.unreadable) == (0, 1)


async def test_a_given_key_is_taken_over_from_the_file(
    enrolled: Enrolled, settings: Settings, database: Database
) -> None:
    await enrolled(2)
    key = SecretStr("kT9w!mZ4q_XvB7nL2rJ8sD5fG1hY6cP3")
    given = settings.model_copy(update={"envelope_key": key})
    await keys.rewrap(given, Namespace())
    (settings.data / FILE).unlink()
    mine = Envelopes(ring(given))
    assert all(opened(mine, one) for one in await people(database))
