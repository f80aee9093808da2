"""What belongs to a model is changed behind the model's lock: parents come first."""

from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from db.models import Model, ModelAlias, ModelVersion
from resolvers.access import Actor, changeable
from resolvers.errors import Missing
from resolvers.writes import ID, Transaction

RowT = TypeVar("RowT", ModelVersion, ModelAlias)


async def behind_model(
    write: Transaction,
    model: type[RowT],
    id_: UUID,
    field: str = "id",
    *,
    expected: int | None = None,
) -> RowT:
    """A row to change as `Transaction.get` gives it, once its model is locked."""
    found = await write.run(_model_id, model, id=id_)
    if not found:
        raise Missing(f"no {model.__name__} has this id", field)
    await write.get(Model, found[0][0], field)
    return await write.get(model, id_, field, expected=expected)


def _model_id(actor: Actor, model: Any) -> sa.Select[UUID]:
    rows = changeable(actor, model).where(model.id == ID)
    return rows.with_only_columns(model.model_id)
