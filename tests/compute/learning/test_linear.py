"""Logistic and ridge regression."""

from importlib import import_module
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compute.learning import fitting, linear
from compute.learning.linear import Linear
from compute.learning.models import Examples, Floats, Packed
from tests.compute.learning.tables import drawn, inputs, numeric

linear_model: Any = import_module("sklearn.linear_model")
pipeline: Any = import_module("sklearn.pipeline")
preprocessing: Any = import_module("sklearn.preprocessing")

LABELLED = st.integers(2, 4).flatmap(drawn)


def classifier(rows: Examples) -> Linear:
    return fitting.logistic(rows, {"C": 1.0}, 0)


def regressor(rows: Examples) -> Linear:
    return fitting.ridge(rows, {"alpha": 1.0}, 0)


def theirs(model: Any, ours: Linear, rows: Examples) -> Any:
    """scikit-learn's pipeline, fitted to the same cells."""
    scaled = pipeline.make_pipeline(preprocessing.StandardScaler(), model)
    return scaled.fit(ours.columns.matrix(rows), rows.target)


def close(one: Any, other: Any) -> bool:
    return np.allclose(one, other, rtol=1e-9, atol=1e-9)


def probabilities(model: Linear, rows: Examples) -> Floats:
    found = [answer.output["probabilities"] for answer in model.answers(inputs(rows))]
    return np.array([list(one.values()) for one in found])


@settings(max_examples=25, deadline=None)
@given(LABELLED)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_probabilities_are_those_of_scikit_learn(rows: Examples) -> None:
    ours = classifier(rows)
    peer = theirs(linear_model.LogisticRegression(max_iter=1_000), ours, rows)
    wanted = peer.predict_proba(ours.columns.matrix(rows))
    assert close(ours.scores(rows), wanted)
    assert close(probabilities(ours, rows), wanted)


@settings(max_examples=25, deadline=None)
@given(drawn())
def test_numbers_are_those_of_scikit_learn(rows: Examples) -> None:
    ours = regressor(rows)
    wanted = theirs(linear_model.Ridge(), ours, rows).predict(ours.columns.matrix(rows))
    assert close(ours.scores(rows), wanted)
    found = [answer.output["value"] for answer in ours.answers(inputs(rows))]
    assert close(found, wanted)


@settings(max_examples=25, deadline=None)
@given(LABELLED)
def test_the_label_is_the_likeliest_and_its_probability_the_confidence(
    rows: Examples,
) -> None:
    for answer in classifier(rows).answers(inputs(rows)):
        shares = answer.output["probabilities"]
        assert answer.label == answer.output["label"] == max(shares, key=shares.get)
        assert answer.confidence == shares[answer.label]
        assert sum(shares.values()) == pytest.approx(1)


@settings(max_examples=25, deadline=None)
@given(LABELLED | drawn())
def test_contributions_add_up_to_the_score(rows: Examples) -> None:
    model = classifier(rows) if rows.labels else regressor(rows)
    for answer in model.answers(inputs(rows), explained=True):
        assert answer.explanation
        why = answer.explanation
        parts = [one["contribution"] for one in why["contributions"]]
        assert close(why["base"] + why["rest"] + sum(parts), why["score"])
        assert {one["feature"] for one in why["contributions"]} == set(rows.columns)
        assert parts == sorted(parts, key=abs, reverse=True)


def test_the_explained_score_is_the_logarithm_of_the_odds_of_the_label() -> None:
    rows = numeric(100, 3)
    for answer in classifier(rows).answers(inputs(rows), explained=True):
        share = answer.confidence or 0
        why = answer.explanation or {}
        assert why["score"] == pytest.approx(log(share / (1 - share)), rel=1e-6)


def test_the_mean_row_is_explained_by_the_base_alone() -> None:
    rows = numeric(100, 3, labels=0)
    model = regressor(rows)
    mean = {name: float(np.mean(values)) for name, values in rows.columns.items()}
    why = model.answers([mean], explained=True)[0].explanation or {}
    assert why["score"] == pytest.approx(rows.target.mean())
    assert all(abs(one["contribution"]) < 1e-9 for one in why["contributions"])


def test_columns_beyond_the_twentieth_are_the_rest() -> None:
    rows = numeric(200, 30)
    why = classifier(rows).answers(inputs(rows)[:1], explained=True)[0].explanation
    assert why
    parts = [one["contribution"] for one in why["contributions"]]
    assert len(parts) == 20
    assert why["rest"]
    assert close(why["base"] + why["rest"] + sum(parts), why["score"])


@settings(max_examples=20, deadline=None)
@given(LABELLED | drawn())
def test_a_packed_model_answers_the_same(rows: Examples) -> None:
    model = classifier(rows) if rows.labels else regressor(rows)
    asked = inputs(rows)
    again = linear.unpack(model.packed())
    assert again.answers(asked, explained=True) == model.answers(asked, explained=True)
    assert [again.answers([one])[0] for one in asked] == again.answers(asked)


def test_the_same_examples_make_the_same_model() -> None:
    rows = numeric(100, 4, labels=3)
    first, second = (classifier(rows).packed().arrays for _ in range(2))
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_huge_numbers_have_a_finite_answer() -> None:
    rows = numeric(50, 2)
    for value in (1e308, -1e308, 10**400):
        given = [{"x0": value, "x1": -value}]
        answer = classifier(rows).answers(given, explained=True)[0]
        assert answer.confidence
        assert np.isfinite((answer.explanation or {})["score"])


def test_a_label_that_no_row_has_is_unlikely() -> None:
    rows = numeric(60, 2, labels=3)
    some = rows.take(np.flatnonzero(rows.target != 1))
    model = classifier(some)
    assert model.labels == ("a", "c")
    assert (model.scores(rows)[:, 1] == 0).all()
    assert close(model.scores(rows).sum(axis=1), 1)


def test_one_label_cannot_be_learnt() -> None:
    rows = numeric(60, 2)
    with pytest.raises(ValueError, match="one label; two are the fewest"):
        classifier(rows.take(np.flatnonzero(rows.target == 1)))


def test_a_number_too_large_to_be_squared_cannot_be_learnt() -> None:
    rows = numeric(60, 2, labels=0)
    rows.target[3] = -1e300
    with pytest.raises(ValueError, match=r"1e\+300; 1e\+30 is the largest"):
        regressor(rows)


@pytest.mark.parametrize("name", ["weights", "base", "centre"])
def test_parts_that_do_not_fit_are_no_model(name: str) -> None:
    packed = classifier(numeric(60, 2)).packed()
    for wrong in (packed.arrays[name][..., :0], packed.arrays[name] * np.inf):
        parts = {**packed.arrays, name: wrong}
        with pytest.raises(ValueError, match=name):
            linear.unpack(Packed("linear", packed.about, parts))
