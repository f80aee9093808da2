"""Models of texts: what they say, how it comes about, and that scikit-learn agrees."""

from functools import cache
from importlib import import_module
from math import fsum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compute.learning import margins, text, texts
from compute.learning.grams import shape
from compute.learning.models import Packed
from compute.learning.text import Text
from tests.compute.learning.independent import separator, shaped
from tests.compute.learning.messages import ALL, WORDS, examples, messages

jsonschema_rs: Any = import_module("jsonschema_rs")
multiclass: Any = import_module("sklearn.multiclass")

SETS = (("ham", "spam"), ("bank", "ham", "spam"))
KNOWN = " ".join([*WORDS.values(), ALL]).split()
SAID = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(KNOWN) | st.text(max_size=5), max_size=30).map(" ".join),
    st.sampled_from(
        ["", " ", "\x1c\x85\u2028", "ΣΑΣ ΌΣΟΣ", "İI", "a" * 5_000, "ǅ ½ ² _"]
    ),
)


@cache
def ours(labels: tuple[str, ...]) -> Text:
    return margins.fit(examples(*messages(120, *labels)), {"C": 1.0}, 0)


@cache
def theirs(labels: tuple[str, ...]) -> Any:
    given_texts, said = messages(120, *labels)
    model = separator()
    if len(labels) > 2:
        model.steps[-1] = ("each", multiclass.OneVsRestClassifier(model.steps[-1][1]))
    return model.fit(given_texts, said)


def close(one: Any, other: Any) -> bool:
    return np.allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("labels", SETS, ids=len)
@settings(deadline=None, max_examples=150)
@given(said=SAID)
def test_the_walk_decides_as_scikit_learn_does(
    labels: tuple[str, ...], said: str
) -> None:
    assert close(ours(labels).decisions(said), theirs(labels).decision_function([said]))


@settings(deadline=None)
@given(said=SAID)
def test_a_shape_is_of_the_kinds_of_letters_and_digits(said: str) -> None:
    assert shape(said) == shaped(said)


@pytest.mark.parametrize("labels", SETS, ids=len)
@settings(deadline=None, max_examples=60)
@given(said=SAID)
def test_what_each_word_adds_makes_up_the_score(
    labels: tuple[str, ...], said: str
) -> None:
    model = ours(labels)
    (answer,) = model.answers([{"text": said}], explained=True)
    why, decisions = answer.explanation or {}, model.decisions(said)
    parts = [one["contribution"] for one in why["contributions"]]
    assert close(why["base"] + why["rest"] + fsum(parts), why["score"])
    place = labels.index(answer.label or "")
    both = [-decisions[0], *decisions] if len(labels) == 2 else decisions
    assert close(why["score"], both[place])
    features = [one["feature"] for one in why["contributions"]]
    assert set(features) <= set(said.lower().split())
    assert len(set(features)) == len(features) <= 20


@settings(deadline=None, max_examples=60)
@given(said=SAID)
def test_of_two_labels_the_score_decides_and_the_confidence_agrees(said: str) -> None:
    model = ours(SETS[0])
    (answer,) = model.answers([{"text": said}])
    (decision,) = model.decisions(said)
    assert answer.label == SETS[0][decision > 0]
    assert 0.5 <= (answer.confidence or 0) <= 1
    assert close(sum(answer.output["probabilities"].values()), 1)


@pytest.mark.parametrize("labels", SETS, ids=len)
@settings(deadline=None, max_examples=20)
@given(said=st.lists(SAID, max_size=5))
def test_an_answer_is_the_same_alone_in_a_batch_and_from_a_packed_model(
    labels: tuple[str, ...], said: list[str]
) -> None:
    inputs = [{"text": one} for one in said]
    together = ours(labels).answers(inputs, explained=True)
    again = text.unpack(ours(labels).packed())
    assert together == [again.answers([one], explained=True)[0] for one in inputs]
    shares = again.scores(
        examples([*said, ""], [*labels, *labels, *labels][: len(said) + 1])
    )
    told = [[*one.output["probabilities"].values()] for one in together]
    assert shares[:-1].tolist() == told


def test_the_same_examples_and_seed_make_the_same_model() -> None:
    one, other = (
        margins.fit(examples(*messages(60, *SETS[0])), {"C": 1.0}, 7) for _ in range(2)
    )
    first, second = one.packed(), other.packed()
    assert first.about == second.about
    assert {name: array.tobytes() for name, array in first.arrays.items()} == {
        name: array.tobytes() for name, array in second.arrays.items()
    }


def test_many_words_are_remembered_but_not_too_many() -> None:
    model = text.unpack(ours(SETS[0]).packed())
    for count in range(text.SEEN + 10):
        model.decisions(f"w{count} {'long' * 20}")
    assert 0 < len(model.seen) <= text.SEEN
    assert max(map(len, model.seen)) < text.SHORT


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("weights", lambda array: array[:, :-1]),
        ("rarity", lambda array: array[:-1]),
        ("weights", lambda array: array * np.nan),
        ("slopes", lambda array: array[:, :1]),
        ("base", lambda array: np.append(array, 0.0)),
    ],
)
def test_parts_that_do_not_fit_make_no_model(name: str, change: Any) -> None:
    packed = ours(SETS[0]).packed()
    arrays = {**packed.arrays, name: change(packed.arrays[name])}
    with pytest.raises(ValueError, match=f"the model's '{name}' are not"):
        text.unpack(Packed("text", packed.about, arrays))


def test_inputs_and_outputs_are_as_the_schemas_say() -> None:
    rows = examples(*messages(60, *SETS[1]))
    model = ours(SETS[1])
    *schemas, example = texts.schemas(model, rows)
    wanted, gives = map(jsonschema_rs.Draft202012Validator, schemas)
    assert wanted.is_valid(example)
    for wrong in ({}, {"text": 1}, {"text": "a", "b": 1}, {"text": "a" * 100_001}):
        assert not wanted.is_valid(wrong)
    (answer,) = model.answers([example])
    assert gives.is_valid(answer.output)
    assert not gives.is_valid({**answer.output, "label": "eggs"})
