"""Predictions are kept for a year, and what they come to for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from db.base import first_id, utcnow
from db.models import (
    ModelVersion,
    Prediction,
    PredictionFeedback,
    PredictionLog,
    PredictionStats,
    PredictionStatus,
)
from db.session import Database
from resolvers.access import SYSTEM, Actor, visible
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.models import daily, expiry
from resolvers.platform import months, retention
from resolvers.routines import ROUTINES
from tests.conftest import Save
from tests.journeys import counted
from tests.modelling import (
    a_feedback,
    a_log,
    a_model,
    a_model_version,
    a_prediction,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (daily, expiry, retention):
        monkeypatch.setattr(module, "utcnow", lambda: NOW)


@pytest.fixture
async def version(save: Save, analyst: Actor) -> ModelVersion:
    return await save(a_model_version(await save(a_model(analyst))))


@pytest.fixture
def system(equipment: Equipment) -> Context:
    return Context(equipment, SYSTEM)


def made(version: ModelVersion, age: timedelta, place: int = 0, **given: Any) -> Any:
    """A prediction as it was made some time ago."""
    id_ = UUID(int=first_id(NOW - age).int + place)
    return a_prediction(version, id=id_, **given)


async def days_of(database: Database) -> list[PredictionStats]:
    rows = visible(SYSTEM, PredictionStats).order_by(PredictionStats.day)
    async with database.read() as session:
        return list(await session.scalars(rows))


async def test_what_is_older_than_a_year_goes_and_its_days_stay(
    system: Context, save: Save, version: ModelVersion, database: Database
) -> None:
    old = made(version, YEAR + timedelta(hours=1))
    new = made(version, YEAR - timedelta(hours=1))
    await save(old, new, a_log(old), a_log(new), a_feedback(old), a_feedback(new))
    await expiry.run(system)
    assert await counted(database, Prediction) == 1
    assert await counted(database, PredictionFeedback) == 1
    assert [one.total for one in await days_of(database)] == [2]
    await expiry.run(system)
    assert [one.total for one in await days_of(database)] == [2]


async def test_lines_are_kept_for_ninety_days(
    system: Context, save: Save, version: ModelVersion, database: Database
) -> None:
    asked = made(version, timedelta(days=91))
    ids = [first_id(NOW - timedelta(days=age)) for age in (91, 89)]
    await save(asked, *(a_log(asked, id=id_) for id_ in ids))
    await expiry.run(system)
    assert await counted(database, PredictionLog) == 1
    assert await counted(database, Prediction) == 1


async def test_a_day_comes_to_what_its_predictions_were(
    system: Context, save: Save, version: ModelVersion, database: Database
) -> None:
    day = timedelta(days=1)
    failed = {"status": PredictionStatus.FAILED, "label": None, "confidence": None}
    await save(
        made(version, day, 0, confidence=0.95, inference_time_ms=1.0),
        made(version, day, 1, confidence=1.0, inference_time_ms=3.0),
        made(version, day, 2, confidence=0.1, label="ham", inference_time_ms=None),
        made(version, day, 3, **failed, inference_time_ms=None),
        made(version, timedelta(hours=1)),
    )
    await daily.roll_up(system)
    [found] = await days_of(database)
    assert str(found.day) == "2026-11-19"
    assert (found.total, found.failed) == (4, 1)
    assert (found.sum_ms, found.max_ms) == (4.0, 3.0)
    assert found.labels == {"spam": 2, "ham": 1}
    assert [*found.confidences] == [0.0, 1.0, *[0.0] * 7, 2.0]
    assert found.owner_id == version.owner_id


async def test_to_add_a_day_up_again_changes_nothing(
    system: Context, save: Save, version: ModelVersion, database: Database
) -> None:
    await save(*(made(version, timedelta(days=age)) for age in (1, 2, 40)))
    await daily.roll_up(system)
    before = [(one.id, one.day, one.total) for one in await days_of(database)]
    for row in await days_of(database):
        await system.written(lambda write, day=row.day: daily.add_up(write, day))
    await daily.roll_up(system)
    assert [(one.id, one.day, one.total) for one in await days_of(database)] == before
    assert [one[2] for one in before] == [1, 1, 1]


async def test_much_that_has_expired_is_deleted_in_parts(
    system: Context,
    save: Save,
    version: ModelVersion,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 10)
    await save(*(made(version, 2 * YEAR, place) for place in range(25)))
    await expiry.run(system)
    assert await counted(database, Prediction) == 0
    assert [one.total for one in await days_of(database)] == [25]


async def test_a_prediction_of_a_month_that_nobody_made_is_kept(
    save: Save, version: ModelVersion, database: Database
) -> None:
    later = first_id(datetime(2099, 1, 1, tzinfo=UTC))
    earlier = first_id(datetime(1999, 1, 1, tzinfo=UTC))
    await save(a_prediction(version, id=later), a_prediction(version, id=earlier))
    assert await counted(database, Prediction) == 2


async def test_a_month_that_has_expired_is_dropped_when_nothing_refers_to_it(
    system: Context, save: Save, version: ModelVersion, database: Database
) -> None:
    """PostgreSQL has months; the other is deleted row by row, and dropped then."""
    march, april = "predictions_2024_03", "predictions_2024_04"
    native = database.dialect == "postgresql"
    await opened(database, "2024-03-01", "2024-04-01")
    days = [datetime(2024, 3, day, tzinfo=UTC) for day in (1, 31)]
    later = a_prediction(version, id=first_id(datetime(2024, 4, 1, tzinfo=UTC)))
    await save(*(a_prediction(version, id=first_id(day)) for day in days))
    await save(later, a_feedback(later))
    assert await parts(database) >= ({march, april} if native else set())
    await expiry.run(system)
    assert await parts(database) & {march, april} == ({april} if native else set())
    assert await counted(database, Prediction) == 0
    assert sum(one.total for one in await days_of(database)) == 3
    await expiry.run(system)
    assert not await parts(database) & {march, april}


async def test_predictions_have_a_part_for_this_month_and_the_next(
    system: Context, database: Database, save: Save, version: ModelVersion
) -> None:
    await months.prepare(system)
    if database.dialect == "postgresql":
        made = {f"predictions_{one:%Y_%m}" for one in months.months(utcnow())}
        assert made <= await parts(database)
    await save(a_prediction(version))
    assert await counted(database, Prediction) == 1


def test_predictions_are_looked_after_on_schedule() -> None:
    assert expiry.run in {one.run for one in ROUTINES}
    assert months.prepare in {one.run for one in ROUTINES}


async def opened(database: Database, *days: str) -> None:
    """Have parts for months; SQLite has predictions in one table."""
    if database.dialect != "postgresql":
        return
    async with database.write.begin() as session:
        for day in days:
            await session.execute(sa.text(f"SELECT predictions_open('{day}')"))


async def parts(database: Database) -> set[str]:
    if database.dialect != "postgresql":
        return set()
    async with database.read() as session:
        return set(await session.scalars(sa.text(expiry.PARTS)))
