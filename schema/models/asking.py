"""How models are asked."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from db import models
from resolvers.errors import Invalid
from resolvers.models import asking, predicting, watching
from resolvers.models.asking import Asked
from resolvers.models.choices import Which
from resolvers.models.questions import Question
from resolvers.platform import feeds
from resolvers.platform.actions import Done, accounted
from schema.ids import row_id, said_id
from schema.models.predictions import Prediction
from schema.nodes import After, Info
from schema.perform import (
    Creation,
    Keyed,
    Performed,
    UserError,
    perform_once,
    told,
)
from schema.reads import costing

OfModel = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The model whose predictions: all, if not said."),
]
OfVersion = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The version whose predictions: all, if not said."),
]


@strawberry.input
class Choosing:
    """Which version is meant.

    `modelVersion` alone, or `model` or `modelName` with one of `number`, `label` and
    `alias`; without these it is the version that the alias production leads to, or else
    the newest that is active.
    """

    model_version: strawberry.ID | None = None
    """The version itself."""
    model: strawberry.ID | None = None
    """The model that it is a version of."""
    model_name: str | None = None
    """The same by its name, among your own."""
    number: int | None = None
    """The version of this number."""
    label: str | None = None
    """The version of this label."""
    alias: str | None = None
    """The version that this alias leads to."""

    def which(self) -> Which:
        return Which(
            version=said_id(self.model_version, models.ModelVersion),
            model=said_id(self.model, models.Model),
            name=self.model_name,
            number=self.number,
            label=self.label,
            alias=self.alias,
        )


@strawberry.input
class Wanting(Choosing, Keyed):
    """How an answer is wanted."""

    explain: bool = False
    """Whether to say what the answer goes by: words or columns, with their weights."""
    source: str = "api"
    """Where it is asked from, in up to 50 characters of your own."""
    log: bool = False
    """Whether a line is logged also where there is nothing to say."""
    shadow: strawberry.ID | None = None
    """Another version, asked the same besides; its answer is kept and not given."""
    shadow_alias: str | None = None
    """The same by an alias of the model."""

    def question(self, data: Any, text: str | None, *, several: bool) -> Question:
        return Question(
            self.which(),
            data,
            text,
            several=several,
            explained=self.explain,
            logged=self.log,
            source=self.source,
            shadow=said_id(self.shadow, models.ModelVersion) or self.shadow_alias,
        )


@strawberry.input
class PredictInput(Wanting):
    """What to ask of which version of a model.

    `modelVersion` alone, or `model` or `modelName` with one of `number`, `label` and
    `alias`; without these it is the version that the alias production leads to, or else
    the newest that is active.
    """

    data: JSON | None = None
    """An object as the version's input schema says, of at most 1 MiB."""
    text: str | None = None
    """Instead of `data`: the text, of a version that is asked about one."""


@strawberry.input
class PredictBatchInput(Wanting):
    """What to ask of which version of a model, many times; chosen as for predict."""

    data: list[JSON]
    """Of 1 to 1,000 objects. For more there is batchPredictionStart."""


@strawberry.input
class PredictionReplayInput(Keyed):
    """A prediction, and whom to ask the same."""

    prediction: strawberry.ID
    """The prediction."""
    model_version: strawberry.ID
    """The version that is asked now, of this or another model."""
    explain: bool = False
    """Whether to say what the answer goes by."""


@strawberry.type
class PredictPayload(Creation):
    """The answer. That a model failed is an error, and kept all the same."""

    prediction: Prediction | None
    """Null where nothing was asked."""
    warnings: list[str]
    """What is to be known, such as that the version is deprecated."""


@strawberry.type
class PredictBatchPayload(Creation):
    """The answers: all are kept, or none. Each that failed is an error."""

    predictions: list[Prediction]
    """In the order of the input; empty where nothing was asked."""
    warnings: list[str]
    """What is to be known, such as that the version is deprecated."""


@strawberry.type
class PredictionReplayPayload(Creation):
    """The answer of another version. That it failed is an error, and kept."""

    prediction: Prediction | None
    """Null where nothing was asked; its `origin` is what was replayed."""
    warnings: list[str]
    """What is to be known, such as that the version is deprecated."""


@strawberry.type
class PredictionCreatedPayload:
    """A prediction, and where to go on after it."""

    cursor: str
    """Pass it as `after` when you subscribe again."""
    prediction: Prediction
    """The prediction."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def predict(self, info: Info, input: PredictInput) -> PredictPayload:
        """Ask a version of a model, and keep the answer."""
        question = input.question(input.data, input.text, several=False)
        work = asking.asked(info.context, question)
        return PredictPayload(**await _kept(info, input, work))

    @strawberry.mutation(metadata=costing(50))
    async def predict_batch(
        self, info: Info, input: PredictBatchInput
    ) -> PredictBatchPayload:
        """Ask a version of a model several times, and keep the answers together."""
        question = input.question(input.data, None, several=True)
        work = asking.asked(info.context, question)
        said = await accounted(info.context, info.field_name, work)
        if isinstance(said, Done):
            done = Performed(said)
            return PredictBatchPayload(predictions=[], warnings=[], **done.created)
        done = await perform_once(info, input, predicting.predict_all, said)
        rows: list[Any] = []
        if done.row:
            ids = predicting.following(done.row.id, len(input.data))
            found = info.context.loaders.row(models.Prediction).load_many(ids)
            rows = [row for row in await found if row]
        answer = PredictBatchPayload(
            predictions=rows, warnings=said.warnings, **done.created
        )
        for place, row in enumerate(rows):
            answer.user_errors += _failure(row, place)
        return answer

    @strawberry.mutation
    async def prediction_replay(
        self, info: Info, input: PredictionReplayInput
    ) -> PredictionReplayPayload:
        """Ask another version what was asked in a prediction, and keep the answer."""
        work = asking.replayed(
            info.context,
            row_id(input.prediction, models.Prediction),
            row_id(input.model_version, models.ModelVersion),
            explained=input.explain,
        )
        return PredictionReplayPayload(**await _kept(info, input, work))


@strawberry.type
class Subscription:
    @strawberry.subscription
    def prediction_created(
        self,
        info: Info,
        model: OfModel = None,
        model_version: OfVersion = None,
        after: After = None,
    ) -> AsyncIterator[PredictionCreatedPayload]:
        """Your predictions as they are made: from now on, or all after a cursor."""
        ids = said_id(model, models.Model), said_id(model_version, models.ModelVersion)

        def shown(place: int, row: Any) -> PredictionCreatedPayload:
            return PredictionCreatedPayload(cursor=feeds.cursor(place), prediction=row)

        return watching.watch(info.context, *ids, after).shown(shown)


async def _kept(info: Info, input: Keyed, work: Any) -> dict[str, Any]:
    """The fields of a payload, once what was answered is kept."""
    said: Asked | Done = await accounted(info.context, info.field_name, work)
    if isinstance(said, Done):
        return {**Performed(said).created, "prediction": None, "warnings": []}
    done = await perform_once(info, input, predicting.predict, said)
    created = done.created
    created["user_errors"] += _failure(done.row)
    return {**created, "prediction": done.row, "warnings": said.warnings}


def _failure(row: Any, place: int | None = None) -> list[UserError]:
    """What is told of a prediction that failed."""
    if row is None or row.status is not models.PredictionStatus.FAILED:
        return []
    field = ["data"] if place is None else ["data", str(place)]
    return told(Invalid(row.error_message, *field))
