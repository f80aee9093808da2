"""Estimators in skops files: what they take, what they give, and which are refused."""

import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from compute.artifacts.errors import ArtifactError
from compute.artifacts.loading import loaded
from compute.tables.arrow import pa
from tests.compute.artifacts import made

ensemble: Any = import_module("sklearn.ensemble")
svm: Any = import_module("sklearn.svm")
compose: Any = import_module("sklearn.compose")
preprocessing: Any = import_module("sklearn.preprocessing")
pipeline: Any = import_module("sklearn.pipeline")
words: Any = import_module("sklearn.feature_extraction.text")
neighbors: Any = import_module("sklearn.neighbors")
CLASSIFIERS = [
    made.linear_model.LogisticRegression(),
    ensemble.RandomForestClassifier(5, n_jobs=2),
    ensemble.HistGradientBoostingClassifier(max_iter=5),
    ensemble.GradientBoostingClassifier(n_estimators=5),
    ensemble.AdaBoostClassifier(n_estimators=3),
]


def rows(count: int = 20) -> list[dict[str, Any]]:
    return [{"features": row.tolist()} for row in made.ROWS[:count]]


@pytest.mark.parametrize("model", CLASSIFIERS, ids=lambda one: type(one).__name__)
def test_a_classifier_answers_as_it_did(model: Any) -> None:
    model.fit(made.ROWS, made.LABELS)
    kept = loaded(made.as_skops(model))
    assert kept.described.algorithm == type(model).__name__
    found = kept.answers(rows())
    for answer, shares in zip(found, model.predict_proba(made.ROWS[:20]), strict=True):
        assert list(answer.output["probabilities"].values()) == pytest.approx(shares)
        assert answer.label == kept.described.labels[np.argmax(shares)]  # pyright: ignore[reportOptionalSubscript]  it has labels
    assert kept.answers(rows())[3] == kept.answers(rows()[3:4])[0]


def test_a_regressor_gives_a_value() -> None:
    model = made.linear_model.Ridge().fit(made.ROWS, made.NUMBERS)
    [answer] = loaded(made.as_skops(model)).answers(rows(1))
    assert answer.output == {"value": pytest.approx(model.predict(made.ROWS[:1])[0])}


def test_a_detector_of_outliers_gives_a_label() -> None:
    model = ensemble.IsolationForest(n_estimators=5, random_state=0).fit(made.ROWS)
    far = {"features": [99.0] * 4}
    answers = loaded(made.as_skops(model)).answers([*rows(1), far])
    assert [one.label for one in answers] == ["inlier", "outlier"]


def test_columns_are_named_and_may_hold_texts() -> None:
    table = pa.table({"age": made.ROWS[:, 0], "town": ["Ulm", "Bonn"] * 40})
    columns = compose.ColumnTransformer(
        [
            ("age", preprocessing.StandardScaler(), ["age"]),
            ("town", preprocessing.OneHotEncoder(), ["town"]),
        ]
    )
    model = pipeline.make_pipeline(columns, made.linear_model.LogisticRegression())
    model.fit(table, made.LABELS)
    kept = loaded(made.as_skops(model))
    properties = kept.described.input_schema["properties"]
    assert [properties[name]["type"] for name in ("age", "town")] == [
        "number",
        "string",
    ]
    [answer] = kept.answers([{"town": "Bonn", "age": made.ROWS[1, 0]}])
    assert list(answer.output["probabilities"].values()) == pytest.approx(
        model.predict_proba(table.slice(1, 1))[0]
    )


def test_a_text_is_taken_alone() -> None:
    model = pipeline.make_pipeline(
        words.TfidfVectorizer(), made.linear_model.LogisticRegression()
    )
    model.fit(["free money", "see you"] * 5, ["spam", "ham"] * 5)
    kept = loaded(made.as_skops(model))
    assert list(kept.described.input_schema["properties"]) == ["text"]
    assert kept.answers([{"text": "money"}])[0].label == "spam"


def test_an_input_that_lacks_something_is_told_so() -> None:
    with pytest.raises(ArtifactError, match="the input has no 'features'"):
        loaded(made.as_skops(made.logistic())).answers([{"feature": [1, 2, 3, 4]}])


def test_the_version_that_made_it_is_remarked(monkeypatch: pytest.MonkeyPatch) -> None:
    base: Any = import_module("sklearn.base")
    monkeypatch.setattr(base, "__version__", "1.0.2")
    content = made.as_skops(made.logistic())
    monkeypatch.undo()
    with warnings.catch_warnings():
        [remark] = loaded(content).described.warnings
    assert remark.startswith("it was made by scikit-learn 1.0.2 and is read by ")


def test_a_reader_of_files_is_refused() -> None:
    model = pipeline.make_pipeline(
        words.CountVectorizer(), made.linear_model.LogisticRegression()
    )
    model.fit(["free money", "see you"] * 5, ["spam", "ham"] * 5)
    model.steps[0][1].input = "filename"
    with pytest.raises(ArtifactError, match="CountVectorizer reads files"):
        loaded(made.as_skops(model))


@pytest.mark.parametrize("side", ["left_child", "right_child", "feature"])
@pytest.mark.parametrize("place", [0, 10**6])
def test_a_tree_that_leads_astray_is_refused(side: str, place: int) -> None:
    tree = ensemble.RandomForestClassifier(1, random_state=0)
    tree.fit(made.ROWS, made.LABELS)
    inner = tree.estimators_[0].tree_
    state = inner.__getstate__()
    state["nodes"][side][0] = place if side != "feature" else 4 + place
    inner.__setstate__(state)
    with pytest.raises(ArtifactError, match="a tree of the estimator"):
        loaded(made.as_skops(tree))


@pytest.mark.parametrize(
    ("part", "put"),
    [
        ("_n_support", np.array([10**6, -(10**6)], np.int32)),
        ("_n_support", np.array([7], np.int32)),
        ("support_", np.zeros(10**6, np.int32)),
        ("support_vectors_", np.zeros((1, 4))),
        ("_dual_coef_", np.zeros((1, 1))),
        ("_intercept_", np.zeros(0)),
        ("_probA", np.zeros(7)),
    ],
)
def test_a_support_vector_machine_that_counts_wrong_is_refused(
    part: str, put: Any
) -> None:
    machine = svm.SVC().fit(made.ROWS, np.array(made.LABELS) == made.LABELS[0])
    assert loaded(made.as_skops(machine)).answers([made.INPUT])
    setattr(machine, part, put)
    with pytest.raises(ArtifactError, match="a support vector machine do not fit"):
        loaded(made.as_skops(machine))


def test_a_boosted_tree_that_leads_astray_is_refused() -> None:
    model = ensemble.HistGradientBoostingClassifier(max_iter=2)
    model.fit(made.ROWS, made.LABELS)
    nodes = model._predictors[0][0].nodes  # noqa: SLF001  # as an enemy would
    nodes["left"][0] = 10**6
    with pytest.raises(ArtifactError, match="leads to nodes it has not"):
        loaded(made.as_skops(model))


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (
            preprocessing.StandardScaler().fit(made.ROWS),
            "StandardScaler foretells nothing",
        ),
        (made.linear_model.LogisticRegression(), "does not say how many features"),
        (
            neighbors.KNeighborsClassifier().fit(made.ROWS, made.LABELS),
            "types that are not trusted: 'sklearn.metrics",
        ),
        ([1, 2], "list foretells nothing"),
    ],
    ids=["scaler", "unfitted", "neighbours", "list"],
)
def test_what_cannot_be_asked_is_told_why(model: Any, why: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        loaded(made.as_skops(model))
    assert why in str(caught.value)
