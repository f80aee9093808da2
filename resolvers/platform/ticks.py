"""Runs of what is scheduled, each claimed by one process of all, and kept."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from db import rows
from db.base import utcnow
from db.dialects import say
from db.models import Outcome, RunStatus, ScheduledRun
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.platform import events
from resolvers.writes import Transaction

LEASE = 60.0
"""Seconds without word of a process, after which another takes its run over."""
TRIES = 3
"""How often one is begun: what ends its process each time would do so for ever."""
ACTION = "scheduledRun"
BROKEN_OFF = "the process ended in the midst of it"
logger = logging.getLogger(__name__)


async def claim(context: Context, name: str, tick: int) -> ScheduledRun | None:
    """The run, if it is ours: of whoever asks first, or takes over an abandoned one."""
    if not await _free(context, name, tick):
        return None
    async with context.transaction() as write:
        await write.session.execute(_given_up(name, tick))
        return await write.session.scalar(_claimed(context, name, tick))


@asynccontextmanager
async def kept(context: Context, run: ScheduledRun) -> AsyncGenerator[None]:
    """Keep a run from being taken over meanwhile."""
    keeping = asyncio.create_task(_keep(context, run))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def finish(
    context: Context,
    run: ScheduledRun,
    counts: Mapping[str, int],
    error: str | None = None,
) -> None:
    """Write down what came of a run, unless another process has taken it over."""

    async def work(write: Transaction) -> None:
        for mine in await write.session.scalars(_mine(run).with_for_update()):
            mine.status = RunStatus.FAILED if error else RunStatus.DONE
            mine.finished_at, mine.leased_until = utcnow(), None
            mine.counts, mine.error = dict(counts), error
            outcome = Outcome.FAILURE if error else Outcome.SUCCESS
            await events.conclude(write, ACTION, mine, status=outcome)

    await context.written(work)


async def newest(context: Context) -> dict[str, ScheduledRun]:
    """The last run of each routine that has had one, by its name."""
    name, tick = ScheduledRun.name, ScheduledRun.tick
    last = visible(SYSTEM, ScheduledRun).with_only_columns(name, sa.func.max(tick))
    runs = visible(context.actor, ScheduledRun)
    runs = runs.where(sa.tuple_(name, tick).in_(last.group_by(name)))
    async with context.database.read() as session:
        return {one.name: one for one in await session.scalars(runs)}


async def _keep(context: Context, run: ScheduledRun) -> None:
    """Renew the lease again and again."""
    mine = _same(run)
    while True:
        await asyncio.sleep(LEASE / 3)
        longer = sa.update(ScheduledRun).where(mine).values(leased_until=_lease())
        try:
            async with context.transaction() as write:
                await write.session.execute(longer)
        except Exception:  # the database may be gone; it will be back
            logger.exception("run %s was not kept", run.id)


async def _free(context: Context, name: str, tick: int) -> bool:
    """Whether it is worth asking for: reading disturbs nobody."""
    taken = visible(SYSTEM, ScheduledRun).where(
        ScheduledRun.name == name, ScheduledRun.tick == tick, sa.not_(_abandoned())
    )
    async with context.database.read() as session:
        return await session.scalar(taken.with_only_columns(sa.true())) is None


def _claimed(context: Context, name: str, tick: int) -> Any:
    """Insert it, or take it over: one statement decides who does."""
    speech: Any = {"postgresql": postgresql, "sqlite": sqlite}[context.database.dialect]
    insert = speech.insert(ScheduledRun)
    first = rows.complete(ScheduledRun, {"name": name, "tick": tick})
    again = insert.values(**first | {"leased_until": _lease()}).on_conflict_do_update(
        index_elements=["name", "tick"],
        set_={
            "attempts": ScheduledRun.attempts + 1,
            "started_at": insert.excluded.started_at,
            "leased_until": insert.excluded.leased_until,
        },
        where=_abandoned(),
    )
    return again.returning(ScheduledRun)


def _given_up(name: str, tick: int) -> Any:
    """Say of runs that nobody will take over that they failed."""
    late = (ScheduledRun.tick < tick) | (ScheduledRun.attempts >= TRIES)
    mine = (ScheduledRun.name == name) & late
    ended = {"finished_at": utcnow(), "error": BROKEN_OFF}
    given_up = sa.update(ScheduledRun).where(mine, _silent())
    return given_up.values(status=RunStatus.FAILED, **ended)


def _abandoned() -> sa.ColumnElement[bool]:
    return _silent() & (ScheduledRun.attempts < TRIES)


def _silent() -> sa.ColumnElement[bool]:
    """Whether a run's process has let its lease go by."""
    now = say("seconds_from_now", sa.literal(0))
    return (ScheduledRun.status == RunStatus.RUNNING) & (
        ScheduledRun.leased_until < now
    )


def _lease() -> Any:
    return say("seconds_from_now", sa.literal(LEASE))


def _same(run: ScheduledRun) -> sa.ColumnElement[bool]:
    """Whether it is this run, and nobody has taken it over since."""
    same = ScheduledRun.id == run.id, ScheduledRun.attempts == run.attempts
    return sa.and_(*same, ScheduledRun.status == RunStatus.RUNNING)


def _mine(run: ScheduledRun) -> sa.Select[ScheduledRun]:
    return visible(SYSTEM, ScheduledRun).where(_same(run))
