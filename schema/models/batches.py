"""How whole datasets are put to models."""

import strawberry

from db import models
from resolvers import tasks
from resolvers.models import batches
from resolvers.platform.actions import Done, accounted
from schema.ids import row_id, said_id
from schema.models.asking import Choosing
from schema.models.predictions import BatchPrediction
from schema.nodes import Info
from schema.perform import Creation, Keyed, Payload, Performed, perform, perform_once
from schema.reads import costing


@strawberry.input
class BatchPredictionStartInput(Choosing, Keyed):
    """What to put to which version of a model; it is chosen as for predict."""

    dataset: strawberry.ID | None = None
    """A dataset, whose newest version is put to it."""
    dataset_version: strawberry.ID | None = None
    """The version itself."""


@strawberry.input
class BatchPredictionCancelInput:
    """A batch to stop."""

    id: strawberry.ID
    """The batch."""


@strawberry.type
class BatchPredictionStartPayload(Creation):
    """The batch, which waits for a worker."""

    batch_prediction: BatchPrediction | None
    """Null where there are errors."""


@strawberry.type
class BatchPredictionCancelPayload(Payload):
    """The batch: stopped, or about to."""

    batch_prediction: BatchPrediction | None
    """Null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(100))
    async def batch_prediction_start(
        self, info: Info, input: BatchPredictionStartInput
    ) -> BatchPredictionStartPayload:
        """Have a worker put every row of a dataset to a version of a model."""
        work = batches.meant(
            info.context,
            input.which(),
            said_id(input.dataset, models.Dataset),
            said_id(input.dataset_version, models.DatasetVersion),
        )
        batch = await accounted(info.context, info.field_name, work)
        if isinstance(batch, Done):
            created = Performed(batch).created
            return BatchPredictionStartPayload(batch_prediction=None, **created)
        done = await perform_once(info, input, batches.start, batch)
        return BatchPredictionStartPayload(batch_prediction=done.row, **done.created)

    @strawberry.mutation
    async def batch_prediction_cancel(
        self, info: Info, input: BatchPredictionCancelInput
    ) -> BatchPredictionCancelPayload:
        """Stop a batch: at once while it waits, soon while a worker is at it."""
        id_ = row_id(input.id, models.BatchPrediction)
        done = await perform(info, tasks.cancel_batch, id_)
        return BatchPredictionCancelPayload(batch_prediction=done.row, **done.told)
