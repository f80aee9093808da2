"""Backups: taken while the database is in use, checked, and put back whole."""

import asyncio
import sqlite3
import stat
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db import faultpoints, migrating
from db.models import AuditEntry, RefreshToken, Session, User
from resolvers.access import ANONYMOUS, SYSTEM, visible
from resolvers.audit import entries, verification
from resolvers.context import Context
from resolvers.identity import accounts, sessions
from resolvers.platform import actions
from resolvers.writes import Transaction
from server import backups, keyring
from server.backups import DATABASE, MANIFEST
from server.disk import using
from server.equipment import equipped
from server.failures import Failure
from server.settings import Settings


@pytest.fixture
async def chosen(tmp_path: Path) -> Settings:
    """The settings of a server with three audit entries and a file."""
    chosen = Settings(data=tmp_path / "data")
    chosen.data.mkdir()
    await migrating.upgrade(chosen.database)
    async with equipped(chosen) as equipment:
        await act(Context(equipment, SYSTEM), 3)
        async with equipment.store.scratch() as path:
            path.write_bytes(b"a file")
            await equipment.store.keep(path, "uploads/one")
    return chosen


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    faultpoints.arm("")


async def act(context: Context, times: int) -> None:
    for _ in range(times):
        async with context.transaction() as write:
            await entries.append(write, "test")


async def sign_up(context: Context, email: str) -> None:
    newcomer = await accounts.newcomer(context, email, "engines weave algebra")
    opening = sessions.opening(context.equipment)
    await actions.act(context, "signUp", None, accounts.sign_up, newcomer, opening)


async def end_one(write: Transaction) -> None:
    session = (await write.session.scalars(visible(SYSTEM, Session).limit(1))).one()
    await sessions.end(write, session, "logout")
    await entries.append(write, "logout", session)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def last_entry(settings: Settings) -> int:
    async with equipped(settings) as equipment:
        verdict = await verification.verify(Context(equipment, SYSTEM))
    assert verdict.damage is None
    return verdict.last_seq


@pytest.mark.parametrize("name", ["copy", "copy.tar"])
async def test_what_was_saved_is_put_back_on_another_machine(
    name: str, chosen: Settings, tmp_path: Path
) -> None:
    saved = await backups.save(chosen, tmp_path / name)
    assert saved.audit_seq == 3
    other = Settings(data=tmp_path / "other")
    restored = await backups.restore(other, tmp_path / name)
    assert restored == saved
    assert await last_entry(other) == 4  # the restoring too
    assert (other.files / "uploads" / "one").read_bytes() == b"a file"


async def test_nobody_is_signed_in_once_a_backup_is_put_back(
    chosen: Settings, tmp_path: Path
) -> None:
    async with equipped(chosen) as equipment:
        context = Context(equipment, ANONYMOUS)
        for number in range(3):
            await sign_up(context, f"{number}@example.org")
        await context.written(end_one)
    await backups.save(chosen, tmp_path / "copy")
    await backups.restore(chosen, tmp_path / "copy")
    async with equipped(chosen) as equipment, equipment.database.read() as session:
        ended = [*await session.scalars(visible(SYSTEM, Session))]
        tokens = [*await session.scalars(visible(SYSTEM, RefreshToken))]
        users = [*await session.scalars(visible(SYSTEM, User))]
        entry = await session.scalar(
            visible(SYSTEM, AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
        )
    reasons = sorted(one.revoked_reason or "" for one in ended)
    assert reasons == ["logout", "restored", "restored"]
    assert all(one.revoked_at for one in tokens)
    assert [one.token_version for one in users] == [2, 2, 2]
    assert entry
    assert (entry.action, entry.actor_kind) == ("restore", "system")
    assert entry.payload == {"ended": {"sessions": "2", "users": "3"}}
    assert await last_entry(chosen) == entry.seq


@pytest.mark.parametrize("name", ["copy", "copy.tar"])
async def test_a_backup_is_its_owners_alone_and_has_no_secrets(
    name: str, chosen: Settings, tmp_path: Path
) -> None:
    saved = await backups.save(chosen, tmp_path / name)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) & 0o077 == 0
    assert names(tmp_path) == [name, "data"]
    assert keyring.FILE not in saved.digests


async def test_a_backup_taken_while_rows_are_written_is_whole(
    chosen: Settings, tmp_path: Path
) -> None:
    async with equipped(chosen) as equipment, asyncio.timeout(30):
        writing = asyncio.create_task(act(Context(equipment, SYSTEM), 60))
        for number in range(3):
            await backups.save(chosen, tmp_path / f"copy-{number}")
        await writing
    for number in range(3):
        other = Settings(data=tmp_path / f"other-{number}")
        saved = await backups.restore(other, tmp_path / f"copy-{number}")
        assert await last_entry(other) - 1 == saved.audit_seq >= 3


@pytest.mark.parametrize("fault", ["raise", "enospc"])
async def test_a_backup_that_fails_half_way_leaves_nothing(
    fault: str, chosen: Settings, tmp_path: Path
) -> None:
    faultpoints.arm(f"backup.mid:{fault}")
    with pytest.raises((RuntimeError, OSError)):
        await backups.save(chosen, tmp_path / "copy")
    assert names(tmp_path) == ["data"]


async def test_a_backup_replaces_nothing(chosen: Settings, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(Failure, match="is there already"):
        await backups.save(chosen, tmp_path / "copy")


async def test_a_chain_that_is_broken_is_not_saved(
    chosen: Settings, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(chosen.data / DATABASE)) as connection:
        connection.execute("DROP TRIGGER audit_log_update")
        connection.execute("UPDATE audit_log SET action = 'forged' WHERE seq = 2")
        connection.commit()
    with pytest.raises(Failure, match="damaged at entry 2: edited"):
        await backups.save(chosen, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (DATABASE, f"{DATABASE} is not as it was saved"),
        ("files/uploads/one", "files/uploads/one is not as it was saved"),
        (MANIFEST, "is not a backup"),
    ],
)
async def test_a_backup_with_one_wrong_byte_is_refused(
    path: str, said: str, chosen: Settings, tmp_path: Path
) -> None:
    await backups.save(chosen, tmp_path / "copy")
    damaged = tmp_path / "copy" / path
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2 if path != MANIFEST else 0] ^= 1
    damaged.write_bytes(content)
    other = Settings(data=tmp_path / "other")
    with pytest.raises(Failure, match=said):
        await backups.restore(other, tmp_path / "copy")
    assert not (other.data / DATABASE).exists()


async def test_a_backup_with_a_file_too_few_or_too_many_is_refused(
    chosen: Settings, tmp_path: Path
) -> None:
    await backups.save(chosen, tmp_path / "copy")
    (tmp_path / "copy" / "files" / "more").write_bytes(b"")
    with pytest.raises(Failure, match="files/more is not as it was saved"):
        await backups.restore(Settings(data=tmp_path / "other"), tmp_path / "copy")
    (tmp_path / "copy" / "files" / "more").unlink()
    (tmp_path / "copy" / "files" / "uploads" / "one").unlink()
    with pytest.raises(Failure, match="files/uploads/one is not as it was saved"):
        await backups.restore(Settings(data=tmp_path / "other"), tmp_path / "copy")


async def test_a_tar_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "evil").write_bytes(b"x")
    with tarfile.open(tmp_path / "copy.tar", "w") as tar:
        tar.add(tmp_path / "evil", "../../escaped")
    with pytest.raises(Failure, match="would leave the folder"):
        await backups.restore(
            Settings(data=tmp_path / "a" / "b"), tmp_path / "copy.tar"
        )
    assert names(tmp_path) == ["a", "copy.tar", "evil"]


async def test_nothing_is_restored_under_a_server_that_runs(
    chosen: Settings, tmp_path: Path
) -> None:
    await backups.save(chosen, tmp_path / "copy")
    with (
        using(chosen.data),
        pytest.raises(Failure, match=r"a server is running .* stop it first"),
    ):
        await backups.restore(chosen, tmp_path / "copy")


async def test_the_database_that_is_replaced_is_kept_beside(
    chosen: Settings, tmp_path: Path
) -> None:
    await backups.save(chosen, tmp_path / "copy")
    async with equipped(chosen) as equipment:
        await act(Context(equipment, SYSTEM), 2)
    await backups.restore(chosen, tmp_path / "copy")
    assert await last_entry(chosen) == 4
    kept = chosen.data / f"{DATABASE}.replaced"
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT max(seq) FROM audit_log").fetchone() == (5,)


async def test_a_damaged_database_can_be_replaced(
    chosen: Settings, tmp_path: Path
) -> None:
    await backups.save(chosen, tmp_path / "copy")
    (chosen.data / DATABASE).write_bytes(b"not a database, and never was one" * 99)
    await backups.restore(chosen, tmp_path / "copy")
    assert await last_entry(chosen) == 4


async def test_postgresql_is_left_to_its_own_tools(tmp_path: Path) -> None:
    chosen = Settings(data=tmp_path, database_url="postgresql://localhost/x")
    with pytest.raises(Failure, match=r"pg_dump, see docs/operations\.md"):
        await backups.save(chosen, tmp_path / "copy")
    with pytest.raises(Failure, match="pg_dump"):
        await backups.restore(chosen, tmp_path / "copy")
