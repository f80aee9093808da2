"""Which rows a model is judged on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.learning.plans import Plan, Split, Task
from compute.learning.splits import alike, groups, sides
from tests.compute.learning.messages import examples
from tests.compute.learning.tables import examples as rows_of

ROW = st.tuples(st.sampled_from(["a", "A ", "b1", " b2", "c", "d", "e"]), st.booleans())


@given(
    rows=st.lists(ROW, min_size=4, max_size=60),
    split=st.sampled_from([Split.CROSS_VALIDATION, Split.RANDOM]),
    share=st.floats(0.1, 0.9),
    seed=st.integers(0, 2**32 - 1),
)
def test_no_copy_of_a_text_is_on_both_sides(
    rows: list[tuple[str, bool]], split: Split, share: float, seed: int
) -> None:
    texts = [text for text, _ in rows]
    made = examples(texts, [str(label) for _, label in rows])
    task = Task.TEXT_CLASSIFICATION
    same = groups(made, task)
    plan = Plan(task, "label", split=split, share=share, seed=seed, folds=3)
    found = sides(made, same, plan)
    for side in found:
        learnt = {alike(texts[row]) for row in side.learnt}
        assert not learnt & {alike(texts[row]) for row in side.judged}
        assert sorted([*side.learnt, *side.judged]) == list(range(len(rows)))
    if split is Split.CROSS_VALIDATION:
        judged = np.concatenate([side.judged for side in found])
        assert sorted(judged.tolist()) == list(range(len(rows)))


@given(
    labels=st.lists(st.integers(0, 2), min_size=20, max_size=90),
    folds=st.integers(2, 6),
    seed=st.integers(0, 99),
)
def test_each_fold_has_its_part_of_each_label(
    labels: list[int], folds: int, seed: int
) -> None:
    made = rows_of({"x": list(range(len(labels)))}, labels, "a", "b", "c")
    plan = Plan(Task.CLASSIFICATION, "y", folds=folds, seed=seed)
    found = sides(made, groups(made, plan.task), plan)
    for label in range(3):
        counts = [int((made.target[side.judged] == label).sum()) for side in found]
        assert max(counts) - min(counts) <= 1
    sizes = [len(side.judged) for side in found]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("share", [0.3, 0.5, 0.75])
def test_a_random_share_is_taken_of_each_label(share: float) -> None:
    labels = [0] * 80 + [1] * 20
    made = rows_of({"x": list(range(100))}, labels, "a", "b")
    plan = Plan(Task.CLASSIFICATION, "y", split=Split.RANDOM, share=share, seed=3)
    (side,) = sides(made, groups(made, plan.task), plan)
    taken = np.bincount(made.target[side.learnt])
    assert taken.tolist() == [80 * share, 20 * share]
    (other,) = sides(made, groups(made, plan.task), plan)
    assert (side.learnt == other.learnt).all()


def test_rows_are_copies_if_all_their_features_are_the_same() -> None:
    made = rows_of(
        {"x": [1, 1, 2, None, None], "y": list("aabaa")}, [0, 1, 0, 1, 0], *"ab"
    )
    assert groups(made, Task.CLASSIFICATION).tolist() == [0, 0, 2, 3, 3]


def test_the_first_rows_are_the_first_in_order() -> None:
    made = examples([str(n) for n in range(10)], list("ababababab"))
    plan = Plan(Task.TEXT_CLASSIFICATION, "y", split=Split.FIRST, share=0.3)
    (side,) = sides(made, groups(made, plan.task), plan)
    assert (side.learnt.tolist(), side.judged.tolist()) == (
        [0, 1, 2],
        [3, 4, 5, 6, 7, 8, 9],
    )
