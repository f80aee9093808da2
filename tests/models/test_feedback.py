"""What turned out to be true, and how good a model is by that."""

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from db.models import Model, ModelTask, PredictionFeedback, PredictionStatus
from db.session import Database
from resolvers.access import Actor
from resolvers.models import feedback
from resolvers.models.figures import Group, figures
from schema.ids import spell
from tests.conftest import Ask, Save, Someone
from tests.journeys import ERRORS, counted, csv, errors, uploaded
from tests.modelling import a_model, a_model_version, a_prediction
from tests.models.trained import Spam, kept, spam

__all__ = ["kept", "spam"]

ADD = f"""mutation ($input: PredictionFeedbackAddInput!) {{
  predictionFeedbackAdd(input: $input) {{ feedback {{ version actualLabel actualValue
    predictedLabel comment source prediction {{ id }} }} {ERRORS} }} }}"""
IMPORT = f"""mutation ($input: PredictionFeedbackImportInput!) {{
  predictionFeedbackImport(input: $input) {{ count {ERRORS} }} }}"""
LIVE = """query ($id: ID!) { modelVersion(id: $id) { liveFigures {
  count accuracy precision recall f1 positive calibrationError confusion mae rmse
  labels { label support precision recall f1 } } } }"""
METRICS: Any = import_module("sklearn.metrics")
NONE = f"prediction_{'0' * 32}"


async def add(ask: Ask, *items: dict[str, Any], **of: Any) -> Any:
    return (await ask(ADD, input={"items": list(items)}, **of))["predictionFeedbackAdd"]


async def live(ask: Ask, version: Any) -> Any:
    return (await ask(LIVE, id=spell(version)))["modelVersion"]["liveFigures"]


async def asked(spam: Spam, *texts: str) -> list[str]:
    return [one["id"] for one in (await spam.batch(*texts))["predictions"]]


async def test_what_was_true_is_kept_beside_what_was_said(spam: Spam) -> None:
    [id_] = await asked(spam, "claim your free prize now")
    item = {"prediction": id_, "actualLabel": "ham", "comment": "a friend"}
    payload = await add(spam.ask, item)
    assert errors(payload) == []
    assert payload["feedback"] == [
        {
            "version": 1,
            "actualLabel": "ham",
            "actualValue": None,
            "predictedLabel": "spam",
            "comment": "a friend",
            "source": "user",
            "prediction": {"id": id_},
        }
    ]


async def test_a_later_truth_of_the_same_source_replaces_the_first(
    spam: Spam, database: Database
) -> None:
    [id_] = await asked(spam, "claim your free prize now")
    await add(spam.ask, {"prediction": id_, "actualLabel": "ham"})
    again = await add(spam.ask, {"prediction": id_, "actualLabel": "fraud"})
    [told] = again["feedback"]
    assert (told["version"], told["actualLabel"]) == (2, "fraud")
    other = {"prediction": id_, "actualLabel": "spam", "source": "reviewer"}
    assert errors(await add(spam.ask, other)) == []
    assert await counted(database, PredictionFeedback) == 2


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ({"prediction": NONE}, ("NOT_FOUND", "prediction")),
        ({"actualLabel": None}, ("INVALID", "actualLabel")),
        ({"actualLabel": "other"}, ("INVALID", "actualLabel")),
        ({"actualLabel": None, "actualValue": 1.0}, ("INVALID", "actualLabel")),
        ({"actualValue": 0.0}, ("INVALID", "actualLabel")),
        ({"comment": "c" * 2_001}, ("INVALID", "comment")),
        ({"source": ""}, ("INVALID", "source")),
    ],
)
async def test_one_truth_that_will_not_do_refuses_all(
    spam: Spam, database: Database, item: dict[str, Any], error: tuple[str, str]
) -> None:
    first, second = await asked(spam, "a", "b")
    good = {"prediction": first, "actualLabel": "ham"}
    bad = {"prediction": second, "actualLabel": "ham", **item}
    payload = await add(spam.ask, good, bad)
    assert errors(payload) == [(error[0], ["items", "1", error[1]])]
    assert (payload["feedback"], await counted(database, PredictionFeedback)) == ([], 0)


async def test_one_source_says_one_thing_of_a_prediction_at_a_time(spam: Spam) -> None:
    [id_] = await asked(spam, "a")
    twice = [{"prediction": id_, "actualLabel": label} for label in ("ham", "spam")]
    payload = await add(spam.ask, *twice)
    assert errors(payload) == [("INVALID", ["items", "1", "prediction"])]


@pytest.mark.parametrize("count", [0, 1_001])
async def test_more_truths_than_a_request_has_are_pointed_to_a_file(
    spam: Spam, count: int
) -> None:
    item = {"prediction": NONE, "actualLabel": "ham"}
    payload = await add(spam.ask, *[item] * count)
    assert errors(payload) == [("INVALID", ["items"])]
    assert "predictionFeedbackImport" in payload["userErrors"][0]["message"]


async def test_of_anothers_prediction_nobody_says_what_was_true(
    spam: Spam, someone: Someone
) -> None:
    [id_] = await asked(spam, "a")
    item = {"prediction": id_, "actualLabel": "ham"}
    payload = await add(spam.ask, item, actor=await someone())
    assert errors(payload) == [("NOT_FOUND", ["items", "0", "prediction"])]


async def test_a_file_says_what_was_true(
    spam: Spam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "AT_ONCE", 4)
    ids = await asked(spam, *(f"dinner {n}" for n in range(9)))
    rows = [[id_, "ham" if n % 3 else "spam"] for n, id_ in enumerate(ids)]
    upload = await uploaded(spam.ask, csv(["prediction", "actual_label"], rows))
    payload = await spam.ask(IMPORT, input={"upload": upload})
    assert payload["predictionFeedbackImport"] == {"count": 9, "userErrors": []}
    assert (await live(spam.ask, spam.version))["accuracy"] == pytest.approx(6 / 9)


@pytest.mark.parametrize(
    ("names", "row"),
    [
        (["prediction", "label"], [NONE, "ham"]),
        (["prediction", "comment"], [NONE, "ham"]),
        (["prediction", "actual_label"], [NONE, "ham"]),
        (["prediction", "actual_label"], ["itself", "ham"]),
        (["prediction", "actual_label"], [NONE, ""]),
        (["prediction", "actual_value"], [NONE, "many"]),
        (["prediction", "actual_value"], [NONE, "nan of them"]),
    ],
)
async def test_a_file_that_will_not_do_is_refused_as_a_whole(
    spam: Spam, database: Database, names: list[str], row: list[str]
) -> None:
    [id_] = await asked(spam, "a")
    good = [id_, "1" if "value" in names[1] else "ham"]
    upload = await uploaded(spam.ask, csv(names, [good, row]))
    said = await spam.ask(IMPORT, input={"upload": upload})
    payload = said["predictionFeedbackImport"]
    assert [field[0] for _, field in errors(payload)] == ["upload"]
    assert (payload["count"], await counted(database, PredictionFeedback)) == (0, 0)


async def test_live_figures_are_those_of_an_independent_library(
    ask: Ask, save: Save, analyst: Actor
) -> None:
    model: Model = await save(a_model(analyst))
    version = await save(a_model_version(model))
    assert await live(ask, version) is None
    said = ["spam", "spam", "ham", "ham", "ham", "spam", "ham"]
    true = ["spam", "ham", "ham", "spam", "ham", "spam", "ham"]
    rows = [a_prediction(version, label=one, confidence=0.75) for one in said]
    await save(*rows)
    truths = zip(map(spell, rows), true, strict=True)
    await add(ask, *({"prediction": id_, "actualLabel": one} for id_, one in truths))
    found = await live(ask, version)
    assert found["count"] == 7
    assert found["positive"] == "spam"
    assert found["accuracy"] == pytest.approx(METRICS.accuracy_score(true, said))
    assert found["f1"] == pytest.approx(METRICS.f1_score(true, said, pos_label="spam"))
    assert found["calibrationError"] == pytest.approx(abs(5 / 7 - 0.75))
    matrix = METRICS.confusion_matrix(true, said, labels=["ham", "spam"]).tolist()
    assert [[*row.values()] for row in found["confusion"].values()] == matrix
    assert [one["support"] for one in found["labels"]] == [4, 3]


async def test_a_prediction_that_failed_is_a_wrong_one(
    ask: Ask, save: Save, analyst: Actor
) -> None:
    version = await save(a_model_version(await save(a_model(analyst))))
    failed = {"status": PredictionStatus.FAILED, "label": None, "confidence": None}
    rows = [a_prediction(version), a_prediction(version, **failed)]
    await save(*rows)
    await add(ask, *({"prediction": spell(r), "actualLabel": "spam"} for r in rows))
    found = await live(ask, version)
    assert (found["count"], found["accuracy"]) == (2, 0.5)


async def test_numbers_have_their_distances(
    ask: Ask, save: Save, analyst: Actor
) -> None:
    model = await save(a_model(analyst, task=ModelTask.REGRESSION))
    version = await save(a_model_version(model))
    number = {"task": ModelTask.REGRESSION, "label": None, "confidence": None}
    rows = [
        a_prediction(version, output_data={"value": value}, **number)
        for value in (1.0, 2.0, 3)
    ]
    await save(*rows)
    payload = await add(ask, {"prediction": spell(rows[0]), "actualLabel": "1"})
    assert errors(payload) == [("INVALID", ["items", "0", "actualValue"])]
    await add(ask, *({"prediction": spell(r), "actualValue": 3.0} for r in rows))
    found = await live(ask, version)
    assert found["mae"] == pytest.approx(1.0)
    assert found["rmse"] == pytest.approx((5 / 3) ** 0.5)
    assert found["accuracy"] is None


PAIRS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30
)


@drawn(PAIRS)
def test_figures_of_any_truths_are_those_of_scikit_learn(
    pairs: list[tuple[str, str]],
) -> None:
    groups = [Group(said, true, 0, 1, 0.5, 0, None, None) for said, true in pairs]
    found = figures(groups)
    said, true = zip(*pairs, strict=True)
    assert found.accuracy == pytest.approx(METRICS.accuracy_score(true, said))
    if len({*said, *true}) == 3:
        expected = METRICS.f1_score(true, said, average="macro", zero_division=0.0)
        assert found.f1 == pytest.approx(expected)
