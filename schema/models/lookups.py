"""One version of a model, or one model, by whatever it is called."""

from datetime import datetime
from typing import Annotated

import strawberry

from db import models
from resolvers.errors import BadRequest
from resolvers.lists import Condition, Listing
from resolvers.shapes import Way
from schema import ids
from schema.reads import Pick

Name = Annotated[
    str | None, strawberry.argument(description="Its name, if it is yours.")
]
Id = Annotated[strawberry.ID | None, strawberry.argument(description="Its id.")]
Number = Annotated[int | None, strawberry.argument(description="Its number.")]
Label = Annotated[str | None, strawberry.argument(description="Its label.")]
Alias = Annotated[
    str | None, strawberry.argument(description="An alias that leads to it.")
]
Then = Annotated[str, strawberry.argument(description="The alias, such as production.")]
At = Annotated[datetime, strawberry.argument(description="The moment.")]

VERSIONS = Way(models.ModelVersion, models.ModelVersion.model_id)
ALIASES = Way(
    models.ModelAlias, models.ModelAlias.model_id, models.ModelAlias.model_version_id
)
MOVES = Way(
    models.ModelAliasMove,
    models.ModelAliasMove.model_id,
    models.ModelAliasMove.to_version_id,
)
BY_NAME = {"number": VERSIONS, "label": VERSIONS, "alias": ALIASES}
MODELS = {
    "id": Way(models.Model),
    "name": Way(models.Model, models.Model.owner_id),
}


def model(id: Id = None, name: Name = None) -> Pick:
    """A model by its id or its name."""
    if id is not None and name is None:
        return "id", _one("id", ids.row_id(id, models.Model))
    if name is not None and id is None:
        return "name", _one("name", name)
    raise BadRequest("say which model: either its id or its name")


def version(number: Number = None, label: Label = None, alias: Alias = None) -> Pick:
    """A version of a model by one of its names."""
    said = {"number": number, "label": label, "alias": alias}
    [*given] = ((name, one) for name, one in said.items() if one is not None)
    if len(given) != 1:
        raise BadRequest("say which version: by its number, its label or an alias")
    [(name, one)] = given
    return name, _one(name, one)


def latest() -> Pick:
    """The newest version of a model."""
    return "latest", Listing(size=1, order="number")


def at(alias: Then, at: At) -> Pick:
    """The version to which an alias led at a moment."""
    then = (Condition("alias", "eq", alias), Condition("created_at", "lte", at))
    return "at", Listing(size=1, order="number", conditions=then)


def _one(column: str, value: object) -> Listing:
    return Listing(size=1, conditions=(Condition(column, "eq", value),))
