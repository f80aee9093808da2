"""Predictions as they are made, told to whoever watches their models."""

from uuid import UUID

from db.models import ModelVersion, Prediction
from resolvers.context import Context
from resolvers.models.predicting import CREATED
from resolvers.news import Event
from resolvers.platform import feeds
from resolvers.sources import Source


def watch(
    context: Context,
    model_id: UUID | None,
    version_id: UUID | None,
    after: str | None,
) -> Source[Prediction]:
    """The actor's predictions as they are made: all, or of one model or version."""

    async def seen(event: Event) -> Prediction | None:
        prediction = await context.arrived(event, Prediction)
        if prediction is None or version_id not in {None, prediction.model_version_id}:
            return None
        if model_id is not None:
            versions = context.loaders.row(ModelVersion)
            version = await versions.load(prediction.model_version_id)
            if version is None or version.model_id != model_id:
                return None
        return prediction

    return feeds.follow(context, (CREATED,), after, seen)
