"""Loads the demo, by the same actions that a client would call."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from compute.conditions import Condition, Metric
from db.models import (
    Analysis,
    AnalysisKind,
    Dataset,
    Job,
    JobStatus,
    Severity,
    Tier,
    User,
)
from resolvers import tasks
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.analyses import analyses, configs
from resolvers.audit import entries
from resolvers.billing import subscriptions
from resolvers.context import Context
from resolvers.datasets import datasets, uploads
from resolvers.equipment import Equipment
from resolvers.identity import accounts
from resolvers.monitoring import rules
from resolvers.platform import jobs
from resolvers.platform.actions import act
from resolvers.writes import Transaction
from server.failures import Failure

P = ParamSpec("P")
FOLDER = Path(__file__).parent
EMAIL, PASSWORD = "demo@example.org", "watch the machine"
DATASET = UUID("019b76da-a800-7000-8000-00000000da7a")
MAP = UUID("019b76da-a800-7000-8000-0000000003a9")
WATCH = UUID("019b76da-a800-7000-8000-000000003a7c")
"""Ids that are known beforehand, so that the README can name them."""
PATIENCE = 300.0
"""Seconds to wait for another process to do a job of the demo's."""


async def load(equipment: Equipment) -> None:
    """Make the demo's account, dataset, map, rule and watch; once is enough."""
    if await login(equipment):
        return
    context = Context(equipment, SYSTEM)
    newcomer = await accounts.newcomer(context, EMAIL, PASSWORD, "Demo")

    async def join(write: Transaction) -> User:
        user = await write.add(newcomer.account(), uq_users_email="email")
        await subscriptions.give(write, user, Tier.TEAM)
        await entries.append(write, "demoLoad", user)
        return user

    user = await context.written(join)
    context.become(Actor(user.id, BaseRole.USER))
    await _dataset(context)
    await _map(context)
    await _watch(context)


async def login(equipment: Equipment) -> tuple[str, str] | None:
    """The e-mail and password to sign in with, if the demo is there and whole."""
    watch = visible(SYSTEM, Analysis).where(Analysis.id == WATCH)
    async with equipment.database.read() as session:
        found = await session.scalar(watch.with_only_columns(Analysis.id))
    return (EMAIL, PASSWORD) if found else None


async def _dataset(context: Context) -> None:
    file = FOLDER / "baseline.csv"
    taken = await uploads.take(context, "fileUpload", None, file.name, _chunks(file))
    about = "Hours of a healthy machine: its temperature every five minutes"
    await _done(
        context,
        "datasetCreate",
        datasets.create,
        "Machine temperature",
        [taken.row.id],
        about,
        ["demo", "temperature"],
        {"source": "Numenta Anomaly Benchmark, MIT License"},
        id_=DATASET,
    )
    await _done(context, "datasetProcess", datasets.process, DATASET)
    await _worked(context, Dataset, DATASET)


async def _map(context: Context) -> None:
    chosen = {"end_meta": "hour", "start_dim": "t_00", "end_dim": "t_11"}
    config = await _done(context, "reductionConfigCreate", configs.create, chosen)
    await _done(
        context,
        "analysisCreate",
        analyses.create,
        AnalysisKind.REDUCTION,
        "Map of the healthy hours",
        dataset_id=DATASET,
        config_id=config.id,
        id_=MAP,
    )
    await _done(context, "analysisRun", analyses.run, MAP)
    await _worked(context, Analysis, MAP)


async def _watch(context: Context) -> None:
    often = Condition(metric=Metric.ANOMALY_COUNT, threshold=3, window=6)
    given = (DATASET, "Three of six hours", Severity.HIGH, often)
    await _done(context, "alertRuleCreate", rules.create, *given)
    map_ = await _row(context, Analysis, MAP)
    await _done(
        context,
        "analysisCreate",
        analyses.create,
        AnalysisKind.MONITORING,
        "Watch over the machine",
        reference_id=map_.dinsight_id,
        id_=WATCH,
    )
    await _done(context, "analysisRun", analyses.run, WATCH)


async def _done(
    context: Context,
    name: str,
    action: Callable[Concatenate[Transaction, P], Awaitable[Any]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Any:
    done = await act(context, name, None, action, *args, **kwargs)
    if done.refusal:
        raise Failure(f"the demo could not be loaded: {name}: {done.refusal.message}")
    return done.row


async def _worked(context: Context, model: Any, id_: UUID) -> None:
    """Do what waits to be done, or wait until another process has done it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            row = await _row(context, model, id_)
            job = await _row(context, Job, row.job_id)
            if job.status is JobStatus.COMPLETED:
                return
            if job.status is not JobStatus.QUEUED and job.finished_at:
                raise Failure(f"the demo could not be loaded: {job.error}")
            system = Context(context.equipment, SYSTEM)
            if mine := await jobs.claim(system):
                await tasks.run(Context(context.equipment), mine)
            else:
                await asyncio.sleep(0.2)


async def _row(context: Context, model: Any, id_: UUID) -> Any:
    context.loaders.clear()
    return await context.loaders.row(model).load(id_)


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    yield await asyncio.to_thread(file.read_bytes)
