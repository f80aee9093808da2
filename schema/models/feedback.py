"""What turned out to be true of predictions."""

from typing import Any

import strawberry

from db import models
from resolvers.models import feedback
from resolvers.models.feedback import Truth
from resolvers.platform.actions import Done, accounted
from schema.ids import row_id
from schema.models.predictions import PredictionFeedback
from schema.nodes import Info
from schema.perform import Payload, Performed, perform


@strawberry.input
class PredictionTruthInput:
    """What a prediction should have said."""

    prediction: strawberry.ID
    """The prediction."""
    actual_label: str | None = None
    """The label that it really was."""
    actual_value: float | None = None
    """Of a regression: the number that it really was."""
    comment: str | None = None
    """Whatever there is to say, in up to 2,000 characters."""
    source: str = "user"
    """Who says so, in up to 50 characters; one truth of each source counts."""


@strawberry.input
class PredictionFeedbackAddInput:
    """What turned out to be true."""

    items: list[PredictionTruthInput]
    """Of 1 to 1,000 predictions."""


@strawberry.input
class PredictionFeedbackImportInput:
    """A table of what turned out to be true."""

    upload: strawberry.ID
    """An uploaded file with the columns `prediction` and `actual_label`, or
    `actual_value`, and perhaps `comment`; of at most 100,000 rows."""


@strawberry.type
class PredictionFeedbackAddPayload(Payload):
    """The truths, all or none."""

    feedback: list[PredictionFeedback]
    """What is known now; empty where there are errors."""


@strawberry.type
class PredictionFeedbackImportPayload(Payload):
    """How many truths there were: all are kept, or none."""

    count: int
    """Truths that were kept."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def prediction_feedback_add(
        self, info: Info, input: PredictionFeedbackAddInput
    ) -> PredictionFeedbackAddPayload:
        """Say what was true of predictions; it replaces what the source had said."""
        truths = [
            Truth(
                row_id(one.prediction, models.Prediction),
                one.actual_label,
                one.actual_value,
                one.comment,
                one.source,
            )
            for one in input.items
        ]
        done = await perform(info, feedback.add, truths)
        found = info.context.loaders.row(models.PredictionFeedback)
        rows: list[Any] = [one for one in await found.load_many(done.row or []) if one]
        return PredictionFeedbackAddPayload(feedback=rows, **done.told)

    @strawberry.mutation
    async def prediction_feedback_import(
        self, info: Info, input: PredictionFeedbackImportInput
    ) -> PredictionFeedbackImportPayload:
        """Say by a file what was true of predictions; its source is `file`."""
        work = feedback.read(info.context, row_id(input.upload, models.FileUpload))
        truths = await accounted(info.context, info.field_name, work)
        if isinstance(truths, Done):
            told = Performed(truths).told
            return PredictionFeedbackImportPayload(count=0, **told)
        done = await perform(info, feedback.add_all, truths)
        return PredictionFeedbackImportPayload(count=len(done.row or ()), **done.told)
