"""What is to be learnt, in the words of whoever has a model trained."""

from typing import Any

import strawberry
from strawberry.scalars import JSON

from compute.learning.plans import Algorithm, Plan, Split, Task
from schema.perform import Keyed


@strawberry.input
class TrainingJobStartInput(Keyed):
    """What to learn from which data, and what it becomes a version of."""

    dataset_id: strawberry.ID | None = strawberry.field(name="dataset", default=None)
    """A dataset that was processed, of which the newest version is taken."""
    dataset_version_id: strawberry.ID | None = strawberry.field(
        name="datasetVersion", default=None
    )
    """A version of a dataset, in place of the newest."""
    model_id: strawberry.ID | None = strawberry.field(name="model", default=None)
    """The model that it makes a version of."""
    model_name: str | None = None
    """The model's name instead, which is made if you have none of this name."""
    task: Task
    """What is foretold, of what."""
    target: str
    """The column that is foretold. Rows without a value in it are left out."""
    features: list[str] | None = None
    """The columns that it is foretold by: all others, if not said. Of texts the one,
    which may be left out where there is no other column of texts."""
    algorithm: Algorithm = Algorithm.AUTO
    """How it is fitted."""
    parameters: JSON | None = None
    """Of the algorithm, as an object by their names; the usual ones, if not said."""
    split: Split = Split.CROSS_VALIDATION
    """On which rows it is judged."""
    folds: int = 5
    """Of cross-validation: 2 to 20."""
    share: float = 0.7
    """Of the other splits: the share of the rows that is learnt from."""
    seed: int = 0
    """Chooses what is random; the same seed and data give the same model."""
    label: str | None = None
    """What to call the version, up to 50 characters; no other of the model has it."""
    alias: str | None = None
    """An alias of the model to lead to the version as soon as it is there."""

    @property
    def plan(self) -> Plan:
        """What is to be learnt."""
        parameters: Any = self.parameters or {}
        return Plan(
            task=self.task,
            target=self.target,
            features=self.features,
            algorithm=self.algorithm,
            parameters=parameters,
            split=self.split,
            folds=self.folds,
            share=self.share,
            seed=self.seed,
        )


@strawberry.input
class TrainingJobCancelInput:
    """A training job to stop."""

    id: strawberry.ID
    """The training job."""


@strawberry.input
class TrainingJobRetryInput:
    """A training job to do again."""

    id: strawberry.ID
    """The training job."""
