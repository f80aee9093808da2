"""What was acknowledged is durable; what was not is whole or nothing."""

import asyncio
import secrets
import signal
from collections.abc import (
    Awaitable,
    Callable,
    Iterator,
)
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from db import faultpoints, migrating
from db.base import Base
from db.models import (
    AuditEntry,
    DatasetVersion,
    FileUpload,
    Job,
    JobStatus,
    ReductionConfig,
)
from resolvers.access import SYSTEM, visible
from resolvers.equipment import Equipment
from resolvers.platform import jobs
from server import backups
from server.settings import Settings
from tests import processes
from tests.calling import Client
from tests.crashing import all_ended, survived, table
from tests.processes import killed
from tests.waiting import SECONDS
from tests.worlds import World, working

MUTATION = {
    "tx.before_commit": 0,
    "audit.after_head_lock": 0,
    "tx.after_commit": 1,
    "resp.before_send": 1,
}
"""Where a mutation may be stopped, and how often it has taken effect by then."""
UPLOAD = {
    "upload.after_chunk": 0,
    "upload.after_rename_before_row": 0,
    "upload.after_row_before_reply": 1,
}
JOB = ("job.after_claim", "job.before_result")
OTHERS = ("refresh.after_rotate", "migration.mid", "backup.mid")
UNHEARD = (httpx.TransportError, AssertionError)


@pytest.fixture(autouse=True)
def within_reason() -> Iterator[None]:
    signal.alarm(6 * int(SECONDS))
    yield
    signal.alarm(0)
    faultpoints.arm("")


async def rows(equipment: Equipment, model: type[Base]) -> list[Any]:
    mine = visible(SYSTEM, model)
    if model is ReductionConfig:
        mine = mine.where(~ReductionConfig.is_system)
    async with equipment.database.read() as session:
        return list(await session.scalars(mine))


async def whole(client: Client) -> bool:
    return (await client.ask("{ auditVerify { isWhole } }"))["isWhole"]


def test_every_fault_point_has_a_test() -> None:
    assert {*MUTATION, *UPLOAD, *JOB, *OTHERS} == faultpoints.PLACES


async def test_a_server_that_is_killed_at_any_moment_keeps_its_promises(
    tmp_path: Path, apart: str | None
) -> None:
    seed = secrets.randbelow(10_000)
    load = await survived(tmp_path / "data", apart, 3, seed)
    assert load.rows > 0, seed
    assert load.runs, seed
    assert load.uploads, seed


async def kept(client: Client) -> dict[str, Any]:
    shown = "reductionConfig { id } idempotencyReplayed"
    return await client.do("reductionConfigCreate", shown, idempotencyKey="once")


async def sent(client: Client) -> dict[str, Any]:
    return await client.upload(table(0, 50_000), "once")


CASES = [
    *((kept, ReductionConfig, *case) for case in MUTATION.items()),
    *((sent, FileUpload, *case) for case in UPLOAD.items()),
]
Act = Callable[[Client], Awaitable[dict[str, Any]]]


@pytest.mark.parametrize(("act", "model", "place", "there"), CASES)
@pytest.mark.parametrize("action", ["kill", "raise", "enospc"])
async def test_what_is_stopped_is_whole_or_nothing_and_may_be_sent_again(
    world: World, act: Act, model: type[Base], place: str, there: int, action: str
) -> None:
    if action == "kill":
        await world.dies(place, "--only", "web", at=act(world.client))
    async with world.here() as equipment:
        if action != "kill":
            faultpoints.arm(f"{place}:{action}")
            with pytest.raises(UNHEARD):
                await act(world.client)
            faultpoints.arm("")
        assert len(await rows(equipment, model)) == there
        await act(world.client)
        [row] = await rows(equipment, model)
        if isinstance(row, FileUpload):
            file = world.settings.files / str(row.file_path)
            assert file.read_bytes() == table(0, 50_000)
        assert await whole(world.client)


@pytest.mark.parametrize("place", JOB)
@pytest.mark.parametrize("action", ["kill", "raise", "enospc"])
async def test_a_job_whose_worker_is_stopped_is_done_by_another_and_ends_once(
    world: World, place: str, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PAUSE", 0.1)
    async with world.here():
        await world.queue()
    if action == "kill":
        await world.dies(place, "--only", "worker")
    async with world.here() as equipment, working(equipment):
        if action != "kill":
            faultpoints.arm(f"{place}:{action}:1")
        await all_ended(equipment.database)
        [job] = await rows(equipment, Job)
        assert (job.status, job.attempts) == (JobStatus.COMPLETED, 2)
        assert len(await rows(equipment, DatasetVersion)) == 1
        entries = await rows(equipment, AuditEntry)
        assert [one.action for one in entries].count("job.datasetProcess") == 1
        assert await whole(world.client)


async def test_a_job_that_takes_its_worker_with_it_each_time_is_given_up(
    world: World,
) -> None:
    async with world.here() as equipment:
        await world.queue()
        async with equipment.database.write.begin() as session:
            most = equipment.policy.job_attempts
            await session.execute(sa.update(Job).values(attempts=most))
        async with working(equipment):
            await all_ended(equipment.database)
        [job] = await rows(equipment, Job)
    assert job.status is JobStatus.FAILED
    assert job.error == "it was begun 3 times and never ended"


async def test_a_refresh_of_which_nothing_was_heard_may_be_asked_again(
    world: World,
) -> None:
    async def refresh() -> str:
        given = {"refreshToken": world.client.tokens["refreshToken"]}
        shown = "tokens { accessToken refreshToken }"
        said = await world.client.do("tokenRefresh", shown, **given)
        return said["tokens"]["refreshToken"]

    await world.dies("refresh.after_rotate", "--only", "web", at=refresh())
    async with world.here():
        child = await refresh()
        assert await refresh() == child
        world.client.tokens["refreshToken"] = child
        assert await refresh() != child
        assert await whole(world.client)


@pytest.mark.parametrize("action", ["kill", "raise", "enospc"])
async def test_a_migration_that_is_stopped_has_changed_nothing(
    tmp_path: Path, apart: str | None, action: str
) -> None:
    settings = Settings(data=tmp_path, database_url=apart)
    given = {"testing": "1", "fault_points": f"migration.mid:{action}:3"}
    place = {"data": str(tmp_path), "database_url": apart or ""}
    process = await processes.run("migrate", "upgrade", settings=given | place)
    async with asyncio.timeout(SECONDS):
        code = await process.wait()
    assert code == (-signal.SIGKILL if action == "kill" else 1)
    ahead = await migrating.pending(settings.database)
    assert ahead[-1] == migrating.head()
    assert len(ahead) > 3
    await migrating.upgrade(settings.database)
    assert await migrating.pending(settings.database) == []


async def test_a_backup_that_is_killed_is_none_and_the_next_is_whole(
    tmp_path: Path,
) -> None:
    settings = Settings(data=tmp_path / "data")
    settings.data.mkdir()
    await migrating.upgrade(settings.database)
    target = tmp_path / "copy"
    given = {"data": str(settings.data), "testing": "1"}
    given["fault_points"] = "backup.mid:kill"
    process = await processes.run("backup", str(target), settings=given)
    assert await killed(process)
    assert not target.exists()
    saved = await backups.save(settings, target)
    restored = await backups.restore(Settings(data=tmp_path / "other"), target)
    assert restored == saved
