"""Predictions that are compared with what they were, with data, and with the truth."""

from typing import Any

import pytest

from db.models import JobStatus, ModelTask, ModelVersion, Prediction
from tests.conftest import Save
from tests.modelling import a_feedback, a_model, a_model_version, a_training_job
from tests.models.checking import WEEK, Checks, readings

TRAINED = {
    "f1": 0.95,
    "positive": "spam",
    "per_class": [{"label": "spam", "f1": 0.95}, {"label": "ham", "f1": 0.97}],
}


@pytest.fixture
async def version(checks: Checks) -> ModelVersion:
    """A version that was right in 96 of 100 cases in training."""
    model = await checks.save(
        a_model(checks.owner, name="filter", task=ModelTask.OTHER)
    )
    dataset = await checks.dataset()
    job = a_training_job(dataset, model, figures=TRAINED, status=JobStatus.COMPLETED)
    await checks.save(job)
    about = {"metrics": {"accuracy": 0.96}, "training_job_id": job.id}
    return await checks.save(a_model_version(model, **about))


def alternating(place: int) -> dict[str, Any]:
    """As many messages are spam as are not."""
    spam = place % 2 == 0
    return {
        "label": "spam" if spam else "ham",
        "confidence": 0.8 + place % 7 / 50,
        "input_data": {"text": f"message {place % 5}", "size": float(place % 11)},
    }


def all_spam(place: int) -> dict[str, Any]:
    return {**alternating(place), "label": "spam"}


def larger(place: int) -> dict[str, Any]:
    said = alternating(place)
    return {**said, "input_data": {**said["input_data"], "size": 20.0 + place % 11}}


@pytest.mark.usefixtures("worker")
async def test_a_week_of_predictions_is_compared_with_the_one_before(
    checks: Checks, version: ModelVersion
) -> None:
    await checks.asked(version, 100, WEEK * 1.5, alternating)
    await checks.asked(version, 100, of=alternating)
    started = await checks.started(modelVersion=version)
    assert started["name"] == "drift of version 1 of filter"
    assert set(started["config"]) == {"from", "to", "referenceFrom", "referenceTo"}
    check = await checks.checked(modelVersion=version)
    assert check["verdict"] == "PASSED"
    results = check["results"]
    for side in ("reference", "current"):
        assert results["rows"][side] == {"total": 100, "compared": 100}
    said = [one["name"] for one in results["predictions"]["columns"]]
    assert said == ["label", "confidence", "failed"]
    assert [one["name"] for one in results["inputs"]["columns"]] == ["size", "text"]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("of", "part", "column"),
    [(all_spam, "predictions", "label"), (larger, "inputs", "size")],
)
async def test_what_is_said_and_what_is_asked_may_drift(
    checks: Checks, version: ModelVersion, of: Any, part: str, column: str
) -> None:
    await checks.asked(version, 100, WEEK * 1.5, alternating)
    await checks.asked(version, 100, of=of)
    check = await checks.checked(modelVersion=version)
    assert check["verdict"] == "FAILED"
    columns = check["results"][part]["columns"]
    drifted = [one["name"] for one in columns if one["verdict"] == "DRIFT"]
    assert drifted == [column]


@pytest.mark.usefixtures("worker")
async def test_predictions_that_repeat_others_do_not_count(
    checks: Checks, version: ModelVersion
) -> None:
    await checks.asked(version, 50, WEEK * 1.5, alternating)
    await checks.asked(version, 50, of=alternating)
    await checks.asked(
        version,
        200,
        2 * WEEK / 7,
        lambda place: {**all_spam(place), "source": "replay"},
    )
    check = await checks.checked(modelVersion=version)
    assert check["verdict"] == "PASSED"
    assert check["results"]["rows"]["current"]["total"] == 50


@pytest.mark.usefixtures("worker")
async def test_what_a_model_is_asked_is_compared_with_data(
    checks: Checks, version: ModelVersion
) -> None:
    rows = readings(seed=1)
    data = await checks.version(await checks.dataset(), rows)

    def like(place: int) -> dict[str, Any]:
        asked = {"load": rows["load"][place], "heat": rows["heat"][place] + 2}
        return {"input_data": asked, "label": "spam"}

    await checks.asked(version, 100, of=like)
    given = {"modelVersion": version, "referenceVersion": data}
    check = await checks.checked(**given)
    assert check["verdict"] == "FAILED"
    columns = check["results"]["inputs"]["columns"]
    verdicts = {one["name"]: one["verdict"] for one in columns}
    assert verdicts == {"load": "NO_DRIFT", "heat": "DRIFT"}
    assert check["results"]["predictions"] is None
    alone = await checks.checked(**given, columns=["load"])
    assert alone["verdict"] == "PASSED"


async def known(save: Save, rows: list[Prediction], wrong: int) -> None:
    """Say what was true of predictions, of which some were wrong."""
    other = {"spam": "ham", "ham": "spam"}
    truths = [row.label for row in rows]
    truths[:wrong] = [other[row.label or ""] for row in rows[:wrong]]
    for row, true in zip(rows, truths, strict=True):
        await save(a_feedback(row, actual_label=true))


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("number", "wrong", "verdict"),
    [(100, 4, "PASSED"), (100, 20, "FAILED"), (19, 0, "UNKNOWN"), (0, 0, "UNKNOWN")],
)
async def test_a_model_is_as_often_right_as_in_training_or_is_not(
    checks: Checks, version: ModelVersion, number: int, wrong: int, verdict: str
) -> None:
    rows = await checks.asked(version, number, of=alternating)
    await known(checks.save, rows, wrong)
    check = await checks.checked(kind="PERFORMANCE", modelVersion=version)
    assert (check["status"], check["verdict"]) == ("COMPLETED", verdict)
    results = check["results"]
    assert results["truths"] == number
    if number == 100:
        accuracy, f1 = results["figures"]
        assert (accuracy["trained"], f1["trained"]) == (0.96, 0.95)
        assert accuracy["live"] == pytest.approx(1 - wrong / 100)
        assert accuracy["low"] < accuracy["live"] < accuracy["high"]


def foretold(place: int) -> dict[str, Any]:
    number = {"label": None, "output_data": {"value": place}}
    return {"task": ModelTask.REGRESSION, **number}


@pytest.mark.usefixtures("worker")
async def test_numbers_that_are_further_off_than_in_training_fail(
    checks: Checks,
) -> None:
    model = await checks.save(a_model(checks.owner, task=ModelTask.REGRESSION))
    version = await checks.save(a_model_version(model, metrics={"mae": 0.1}))
    for place, row in enumerate(await checks.asked(version, 40, of=foretold)):
        true = {"actual_label": None, "actual_value": place + 0.5}
        await checks.save(a_feedback(row, **true))
    check = await checks.checked(kind="PERFORMANCE", modelVersion=version)
    assert check["verdict"] == "FAILED"
    [mae] = check["results"]["figures"]
    assert (mae["name"], mae["live"]) == ("mae", pytest.approx(0.5))


@pytest.mark.usefixtures("worker")
async def test_of_a_version_without_figures_of_training_nothing_is_said(
    checks: Checks,
) -> None:
    version = await checks.save(
        a_model_version(await checks.save(a_model(checks.owner)))
    )
    rows = await checks.asked(version, 40, of=alternating)
    await known(checks.save, rows, 0)
    check = await checks.checked(kind="PERFORMANCE", modelVersion=version)
    assert check["verdict"] == "UNKNOWN"
    assert "nothing is known of the figures" in check["results"]["warnings"][0]
