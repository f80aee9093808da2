"""Random forests."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compute.learning import fitting, forests
from compute.learning.forests import Forest
from compute.learning.models import Examples, Packed
from compute.tables.arrow import pa
from tests.compute.learning.tables import drawn, inputs, numeric

ensemble: Any = import_module("sklearn.ensemble")

SMALL = {"trees": 10, "depth": 64, "leaf": 1}
ANY = st.integers(2, 4).flatmap(drawn) | drawn()


def forest(rows: Examples, seed: int = 0) -> Forest:
    return fitting.forest(rows, SMALL, seed)


def theirs(rows: Examples, ours: Forest) -> Any:
    """What scikit-learn's forest says of the same cells."""
    cells = ours.columns.matrix(rows)
    if rows.labels:
        peer = ensemble.RandomForestClassifier(10, max_depth=64, random_state=0)
        return peer.fit(cells, rows.target).predict_proba(cells)
    peer = ensemble.RandomForestRegressor(10, max_depth=64, random_state=0)
    return peer.fit(cells, rows.target).predict(cells)


@settings(max_examples=30, deadline=None)
@given(ANY)
def test_scores_are_to_the_bit_those_of_scikit_learn(rows: Examples) -> None:
    ours = forest(rows)
    wanted = theirs(rows, ours)
    assert np.array_equal(ours.scores(rows), wanted)
    outputs = [answer.output for answer in ours.answers(inputs(rows))]
    if rows.labels:
        found = [list(one["probabilities"].values()) for one in outputs]
    else:
        found = [one["value"] for one in outputs]
    assert np.array_equal(found, wanted)


def test_the_largest_numbers_of_both_signs_can_be_learnt_from() -> None:
    cells = np.concatenate([np.full(200, 1e300), np.full(200, -1e300)])
    columns = {name: pa.array(cells) for name in "abcde"}
    target = np.repeat([0, 1], 200)
    rows = Examples(columns, dict.fromkeys(columns, "float"), target, ("no", "yes"))
    assert np.array_equal(forest(rows).scores(rows).argmax(axis=1), target)


@settings(max_examples=30, deadline=None)
@given(ANY)
def test_contributions_add_up_to_the_answer(rows: Examples) -> None:
    for answer in forest(rows).answers(inputs(rows), explained=True):
        why = answer.explanation
        assert why
        parts = [one["contribution"] for one in why["contributions"]]
        total = why["base"] + why["rest"] + sum(parts)
        assert total == pytest.approx(why["score"], rel=1e-9, abs=1e-9)
        assert why["score"] == answer.output.get("value", answer.confidence)


def test_only_columns_that_are_asked_for_contribute() -> None:
    rows = numeric(100, 1)
    noise = Examples(
        {**rows.columns, "same": rows.columns["x0"].take([0] * 100)},
        {**rows.kinds, "same": "float"},
        rows.target,
        rows.labels,
    )
    why = forest(noise).answers(inputs(noise)[:1], explained=True)[0].explanation or {}
    found = {one["feature"]: one["contribution"] for one in why["contributions"]}
    assert found["same"] == 0
    assert found["x0"] != 0


@settings(max_examples=15, deadline=None)
@given(ANY)
def test_a_packed_forest_answers_the_same(rows: Examples) -> None:
    model, asked = forest(rows), inputs(rows)
    again = forests.unpack(model.packed())
    assert again.answers(asked, explained=True) == model.answers(asked, explained=True)
    assert [again.answers([one])[0] for one in asked] == again.answers(asked)


def test_the_same_seed_makes_the_same_trees_and_another_makes_others() -> None:
    rows = numeric(100, 4)
    first, second, other = (forest(rows, seed).packed() for seed in (1, 1, 2))
    for name, array in first.arrays.items():
        assert array.tobytes() == second.arrays[name].tobytes()
    assert first.arrays["threshold"].tobytes() != other.arrays["threshold"].tobytes()


def test_huge_numbers_have_an_answer() -> None:
    rows = numeric(50, 2)
    for value in (1e308, -1e308, 10**400):
        answer = forest(rows).answers([{"x0": value, "x1": -value}], explained=True)[0]
        assert answer.label in {"a", "b"}


def test_a_label_that_no_row_has_has_no_share() -> None:
    rows = numeric(60, 2, labels=3)
    model = forest(rows.take(np.flatnonzero(rows.target != 1)))
    assert (model.scores(rows)[:, 1] == 0).all()


def test_the_rows_of_a_tree_are_fewer_the_larger_the_forest_would_be() -> None:
    assert fitting.drawn(500, 2, 100) == 500
    assert fitting.drawn(1_000_000, 2, 100) == 20_000
    assert fitting.drawn(1_000_000, 2, 1_000) == 8_000
    assert fitting.drawn(1_000_000, 200, 1_000) == 2_000


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("roots", -1),
        ("roots", 1_000_000),
        ("cell", 4),
        ("left", 0),
        ("right", 1_000_000),
        ("values", np.inf),
    ],
)
def test_trees_that_a_walk_could_leave_are_no_model(name: str, wrong: Any) -> None:
    packed = forest(numeric(60, 4)).packed()
    array = packed.arrays[name].copy()
    array[0] = wrong
    with pytest.raises(ValueError, match="not sound"):
        forests.unpack(Packed("forests", packed.about, {**packed.arrays, name: array}))


def test_trees_of_another_shape_are_no_model() -> None:
    packed = forest(numeric(60, 4)).packed()
    for name in forests.KINDS:
        parts = {**packed.arrays, name: packed.arrays[name][:0]}
        with pytest.raises(ValueError, match="not sound"):
            forests.unpack(Packed("forests", packed.about, parts))


def test_trees_without_a_column_are_no_model() -> None:
    packed = forest(numeric(60, 4)).packed()
    with pytest.raises(ValueError, match="not sound"):
        forests.unpack(
            Packed("forests", {**packed.about, "columns": []}, packed.arrays)
        )
