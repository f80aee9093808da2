"""How models are used, in figures: what the platforms before asked of their tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from db.base import first_id, utcnow
from db.models import ModelVersion, ModelVersionStatus, Prediction, PredictionStatus
from db.session import Database
from resolvers.access import Actor
from schema.ids import spell
from tests.conftest import As, Ask, Save, Someone
from tests.factories import a_dataset, a_job, an_upload
from tests.factories import a_version as a_dataset_version
from tests.journeys import codes
from tests.modelling import (
    a_check,
    a_model,
    a_model_version,
    a_move,
    a_prediction,
    a_training_job,
    an_alias,
    some_stats,
)
from tests.models.registry import told

FIGURES = """query ($days: Int) {
  modelVersions(orderBy: {field: NUMBER, direction: ASC}) { nodes {
    number model { name } statistics(days: $days) {
      total failed errorRate averageMs p50Ms p95Ms p99Ms labels } } } }"""
USAGE = """query ($days: Int!) { viewer { usageAnalytics(days: $days) {
  date predictionCount failed averageMs } } }"""
S1_STATISTICS = """
SELECT m.number, COUNT(p.id) AS total, AVG(p.inference_time_ms) AS average,
  COUNT(CASE WHEN p.status = 'failed' THEN 1 END) AS failed
FROM model_versions m LEFT JOIN predictions p ON m.id = p.model_version_id
WHERE m.owner_id = :owner GROUP BY m.id, m.number ORDER BY m.number"""
S1_USAGE = """
SELECT {day} AS date, COUNT(*) AS prediction_count, AVG(inference_time_ms) AS avg_time
FROM predictions WHERE owner_id = :owner AND created_at >= :since
GROUP BY {day} ORDER BY date DESC"""
S1_PERCENTILES = """
SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY inference_time_ms)
FROM predictions WHERE model_version_id = :version"""
TIMES = [0.2, 3.5, 0.7, 0.4, 12.0, 0.4, 0.9]
DAYS = {
    "sqlite": "DATE(created_at)",
    "postgresql": "DATE(created_at AT TIME ZONE 'UTC')",
}


@dataclass(frozen=True)
class Used:
    """A model of two versions, of which one was asked."""

    owner: Actor
    database: Database
    versions: Sequence[ModelVersion]

    async def said(self, query: str, **given: Any) -> list[Any]:
        """The rows that SQL gives which knows nothing of us."""
        kinds = {"owner": sa.Uuid(), "version": sa.Uuid()}
        text = sa.text(query)
        given = {"owner": self.owner.user_id, **given}
        names = [name for name in given if f":{name}" in query]
        binds = [sa.bindparam(name, given[name], kinds.get(name)) for name in names]
        async with self.database.read() as session:
            found = await session.execute(text.bindparams(*binds))
            return [tuple(row) for row in found]


def asked(version: ModelVersion, ago: timedelta, **columns: Any) -> Prediction:
    """A prediction that was made so long ago."""
    moment = utcnow() - ago
    id_ = UUID(int=first_id(moment).int + uuid7().int % 2**76)
    return a_prediction(version, id=id_, created_at=moment, **columns)


@pytest.fixture
async def used(
    analyst: Actor, database: Database, save: Save, someone: Someone
) -> Used:
    model = a_model(analyst, last_number=2)
    one, two = (a_model_version(model, number=number) for number in (1, 2))
    rows = [
        asked(one, timedelta(days=place, hours=place), inference_time_ms=time)
        for place, time in enumerate(TIMES)
    ]
    failed = {"status": PredictionStatus.FAILED, "label": None, "error_message": "no"}
    rows += [
        asked(one, timedelta(days=1), inference_time_ms=None, **failed),
        asked(one, timedelta(days=40), label="ham", inference_time_ms=100.0),
    ]
    await save(model, one, two, *rows)
    other = a_model(await someone())
    theirs = a_model_version(other)
    await save(other, theirs, a_prediction(theirs))
    return Used(analyst, database, (one, two))


@pytest.mark.parametrize("compiles", [True, False])
async def test_statistics_are_what_s1s_query_gives(
    used: Used, as_: As, statements: list[str], *, compiles: bool
) -> None:
    wanted = await used.said(S1_STATISTICS)
    statements.clear()
    found = await told(as_(compiles=compiles), FIGURES)
    nodes = found["modelVersions"]["nodes"]
    figures = [one["statistics"] for one in nodes]
    given = [(one["total"], one["averageMs"], one["failed"]) for one in figures]
    assert given == [
        (total, average and pytest.approx(average), failed)
        for _, total, average, failed in wanted
    ]
    assert figures[0]["labels"] == {"spam": len(TIMES), "ham": 1}
    assert figures[0]["errorRate"] == 1 / 9
    assert sum("predictions" in one for one in statements) == 1
    nothing = ("errorRate", "averageMs", "p50Ms", "p95Ms", "p99Ms")
    never = {**dict.fromkeys(nothing), "total": 0, "failed": 0, "labels": {}}
    assert figures[1] == never


async def test_percentiles_are_percentile_cont(used: Used, ask: Ask) -> None:
    [first, _] = (await ask(FIGURES))["modelVersions"]["nodes"]
    given = [first["statistics"][name] for name in ("p50Ms", "p95Ms", "p99Ms")]
    wanted = np.percentile([*TIMES, 100.0], [50, 95, 99])
    assert given == pytest.approx(list(wanted))
    if used.database.writers.dialect.name == "postgresql":
        [[spread]] = await used.said(S1_PERCENTILES, version=used.versions[0].id)
        assert given == pytest.approx(spread)


async def test_statistics_are_of_as_many_days_as_are_wanted(
    used: Used, ask: Ask
) -> None:
    [first, _] = (await ask(FIGURES, days=30))["modelVersions"]["nodes"]
    assert first["statistics"]["total"] == len(TIMES) + 1
    assert first["statistics"]["p99Ms"] <= 12


async def test_usage_is_what_s1s_query_gives(used: Used, ask: Ask) -> None:
    day = DAYS[used.database.writers.dialect.name]
    since: Any = utcnow() - timedelta(days=30)
    if "ZONE" not in day:
        since = since.replace(tzinfo=None).isoformat(" ")
    wanted = await used.said(S1_USAGE.format(day=day), since=since)
    found = (await ask(USAGE, days=30))["viewer"]["usageAnalytics"]
    given = [(one["date"], one["predictionCount"], one["averageMs"]) for one in found]
    assert given == [
        (str(when), count, pytest.approx(average)) for when, count, average in wanted
    ]
    assert [one["date"] for one in found] == sorted(
        (one["date"] for one in found), reverse=True
    )


async def test_usage_costs_one_statement(
    used: Used, ask: Ask, statements: list[str]
) -> None:
    await ask(USAGE, days=30)
    assert sum("predictions" in one for one in statements) == 1


async def test_days_whose_predictions_are_gone_count_as_they_were_rolled_up(
    used: Used, ask: Ask, save: Save
) -> None:
    def day(ago: int) -> date:
        return (utcnow() - timedelta(days=ago)).date()

    figures = {"failed": 2, "sum_ms": 20.0, "max_ms": 5.0, "labels": {"ham": 8}}
    one, _ = used.versions
    before = (await ask(FIGURES))["modelVersions"]["nodes"][0]["statistics"]
    counted = {one["date"]: one for one in await usage(ask, 400)}
    here = counted[day(40).isoformat()]["predictionCount"]
    await save(
        some_stats(one, day=day(300), total=10, **figures),
        some_stats(one, day=day(40), total=here, failed=0, labels={"ham": here}),
    )
    after = (await ask(FIGURES))["modelVersions"]["nodes"][0]["statistics"]
    assert after["total"] == before["total"] + 10
    assert after["failed"] == before["failed"] + 2
    assert after["labels"] == {**before["labels"], "ham": before["labels"]["ham"] + 8}
    assert after["p99Ms"] == before["p99Ms"]
    days = {each["date"]: each for each in await usage(ask, 400)}
    gone = days.pop(day(300).isoformat())
    assert (gone["predictionCount"], gone["failed"], gone["averageMs"]) == (10, 2, 2.0)
    assert days == counted


async def usage(ask: Ask, days: int) -> list[Any]:
    return (await ask(USAGE, days=days))["viewer"]["usageAnalytics"]


@pytest.mark.parametrize("days", [0, -1, 3_661])
async def test_figures_are_of_days_that_can_be_meant(
    used: Used, as_: As, days: int
) -> None:
    for query in (FIGURES, USAGE):
        assert "BAD_REQUEST" in await codes(as_, query, days=days)


async def test_active_models_are_listed_newest_first_by_one_statement(
    ask: Ask, save: Save, analyst: Actor, statements: list[str]
) -> None:
    model = a_model(analyst)
    archived = {"status": ModelVersionStatus.ARCHIVED}
    rows = [a_model_version(model, number=number) for number in (1, 2)]
    rows += [a_model_version(model, number=3, **archived)]
    await save(model, *rows)
    statements.clear()
    found = await ask("""{ modelVersions(filter: {status: {eq: ACTIVE}}) {
        nodes { number label status createdAt model { id name } } } }""")
    assert [one["number"] for one in found["modelVersions"]["nodes"]] == [2, 1]
    assert len(statements) == 1


async def test_two_versions_are_compared(used: Used, ask: Ask, save: Save) -> None:
    model = a_model(used.owner)
    text = {"type": "object", "properties": {"text": {"type": "string"}}}
    more = {"type": "object", "properties": {"text": {"type": "string", "a/b": 1}}}
    one = a_model_version(
        model, metrics={"f1": 0.5, "mcc": 0.25, "of": {"a": 1}}, input_schema=text
    )
    two = a_model_version(
        model, number=2, algorithm="forest", metrics={"f1": 0.75}, input_schema=more
    )
    await save(model, one, two)
    query = """query ($id: ID!, $other: ID!) { modelVersion(id: $id) {
        comparedWith(id: $other) { other { number } sameAlgorithm sameData
        metrics { name mine other difference } inputChanges { path mine other }
        outputChanges { path } mineLive { total } otherLive { total } } } }"""
    found = await ask(query, id=spell(one), other=spell(two))
    assert found["modelVersion"]["comparedWith"] == {
        "other": {"number": 2},
        "sameAlgorithm": False,
        "sameData": False,
        "metrics": [
            {"name": "f1", "mine": 0.5, "other": 0.75, "difference": 0.25},
            {"name": "mcc", "mine": 0.25, "other": None, "difference": None},
        ],
        "inputChanges": [
            {"path": "/properties/text/a~1b", "mine": None, "other": 1},
        ],
        "outputChanges": [],
        "mineLive": {"total": 0},
        "otherLive": {"total": 0},
    }
    nobody = await ask(query, id=spell(one), other=f"model_version_{uuid7().hex}")
    assert nobody["modelVersion"]["comparedWith"] is None


async def test_what_descends_from_data_is_found_by_one_statement(
    ask: Ask, save: Save, analyst: Actor, statements: list[str]
) -> None:
    dataset, upload, job = a_dataset(analyst), an_upload(analyst), a_job(analyst)
    data = a_dataset_version(dataset, upload)
    model = a_model(analyst)
    training = a_training_job(dataset, model, dataset_version_id=data.id)
    version = a_model_version(
        model, dataset_version_id=data.id, training_job_id=training.id
    )
    training.job_id = job.id
    check = a_check(analyst, model_version_id=version.id, dataset_version_id=data.id)
    await save(job, dataset, upload, data, model, training, version, check)
    prediction = a_prediction(version)
    await save(prediction, an_alias(version), a_move(version))
    statements.clear()
    found = await ask(
        """query ($id: ID!) { datasetVersion(id: $id) {
            trainingJobs { nodes { id job { status } } }
            checkRuns { nodes { id verdict } }
            modelVersions { nodes { number isActive trainingJob { id }
              aliases { nodes { alias } } movesTo { nodes { number createdAt } }
              checkRuns { nodes { id } }
              predictions { totalCount nodes { id label } } } } } }""",
        id=spell(data),
    )
    assert len(statements) == 1
    [descended] = found["datasetVersion"]["modelVersions"]["nodes"]
    assert descended["isActive"] is True
    assert descended["trainingJob"] == {"id": spell(training)}
    assert descended["aliases"]["nodes"] == [{"alias": "production"}]
    assert descended["movesTo"]["nodes"][0]["number"] == 1
    assert descended["checkRuns"]["nodes"] == [{"id": spell(check)}]
    assert descended["predictions"] == {
        "totalCount": 1,
        "nodes": [{"id": spell(prediction), "label": "spam"}],
    }
