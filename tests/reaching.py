"""Inputs of mutations in which one id is looked at, whatever else may be given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import is_required_input_field

from tests.contract import named
from tests.mutations import FIELDS, Asked

ONLY_WITH: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("analysisCreate", "config"): {"kind": "REDUCTION", "dataset": "dataset"},
    ("analysisCreate", "reference"): {"kind": "MONITORING", "dataset": "dataset"},
    ("batchPredictionStart", "dataset"): {"modelVersion": "model_version"},
    ("batchPredictionStart", "datasetVersion"): {"modelVersion": "model_version"},
    ("batchPredictionStart", "model"): {"dataset": "dataset"},
    ("batchPredictionStart", "modelVersion"): {"dataset": "dataset"},
    ("checkRunStart", "referenceVersion"): {"dataset": "dataset"},
    ("checkRunStart", "modelVersion"): {"kind": "PERFORMANCE"},
    ("predict", "shadow"): {"modelVersion": "model_version", "text": "a"},
    ("predictBatch", "shadow"): {"modelVersion": "model_version"},
    ("trainingJobStart", "model"): {
        "dataset": "dataset",
        "target": "f_1",
        "task": "REGRESSION",
    },
}
"""What has to be given besides, for an id to be looked at: a value, or a row's kind."""
ELSEWHERE = {
    ("anomaliesAcknowledge", "eq"): '"acknowledgedCount":0',
    ("anomaliesAcknowledge", "in"): '"acknowledgedCount":0',
    ("predict", "shadow"): "the shadow was not asked: no ModelVersion has this id",
    ("predictBatch", "shadow"): "the shadow was not asked: no ModelVersion has this id",
    ("datasetProcess", "uploads"): "each must be a file of this dataset",
}
"""What is said of an id that is not found, where that is not NOT_FOUND."""


@dataclass(frozen=True)
class Place:
    """A place of an input that has an id, and as little else as may be."""

    name: str
    """Of the mutation."""
    path: tuple[str, ...]
    kind: str
    """What the id is of."""
    given: dict[str, Any]

    @property
    def missing(self) -> str:
        """What is said where the id is nobody's."""
        return ELSEWHERE.get((self.name, self.path[-1]), "NOT_FOUND")


def places(asked: Asked) -> Iterator[Place]:
    """Each place of a mutation's input that has an id."""
    asked.input()
    for path, kind in list(asked.places):
        whole = asked.input()
        besides = ONLY_WITH.get((asked.name, path[-1]), {})
        needed = {path[0], *required(asked.name)}
        given = {name: one for name, one in whole.items() if name in needed}
        more = {name: asked.ids.get(one, one) for name, one in besides.items()}
        yield Place(asked.name, path, kind, given | more)


def required(name: str) -> Iterator[str]:
    """What an input has to have."""
    fields = named(FIELDS[name].args["input"]).fields
    return (one for one, field in fields.items() if is_required_input_field(field))
