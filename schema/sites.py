"""Sites: fields with arguments, which are known only when the operation is run."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLField

from db.base import Base
from resolvers.access import Actor
from resolvers.lists import Named
from resolvers.shapes import Those
from schema import ids, nodes
from schema.arguments import Arguments
from schema.asking import Asking
from schema.inputs import listing_of
from schema.reads import Finds, Lists, Picks, Refers


@dataclass(frozen=True, slots=True)
class Under:
    """Where a site counts: below those that another one asks for, of one model."""

    site: int
    model: type[Base]

    def meant(self, outlines: list[Any]) -> bool:
        """Whether there may be such a row, by the outlines of the sites so far."""
        return bool((those := outlines[self.site]) and self.model in those.models)


@dataclass(slots=True)
class Site:
    definition: GraphQLField
    node: Any
    read: Lists | Finds | Picks | Refers
    under: Under | None = None
    models: Collection[type[Base]] = ()
    """Of which models there is a shape, where an id says which it is of."""
    _always: Any = None
    """What is asked each time, if no variable has a say in it."""
    _arguments: Arguments = field(init=False)

    def __post_init__(self) -> None:
        self._arguments = Arguments(self.definition, self.node)

    def outline(
        self, number: int, asking: Asking, actor: Actor, values: dict[str, Any]
    ) -> Hashable:
        """What of the arguments is written into a statement. The rest goes to `values`.

        Raises Denial and GraphQLError for arguments that cannot be meant.
        """
        asked = self._asked(asking, actor)
        if isinstance(self.read, Lists):
            return asked.outlined(f"v{number}", values)
        if isinstance(self.read, Picks):
            way, listing = asked
            return way, listing.outlined(f"v{number}", values)
        name = Named(f"id_{number}")
        if isinstance(self.read, Finds):
            values[name] = asked
            return name
        models, values[name] = asked
        if strange := {*models} - {*self.models}:
            raise GraphQLError(f"no shape has what is asked of {strange}")
        return Those(models, name)

    def _asked(self, asking: Asking, actor: Actor) -> Any:
        if isinstance(self.read, Finds) and self.read.own:
            return actor.user_id
        if self._always is not None:
            return self._always
        asked = self._meant(asking)
        if not self._arguments.vary:
            self._always = asked
        return asked

    def _meant(self, asking: Asking) -> Any:
        schema: Any = asking.schema
        ours = schema._strawberry_schema  # noqa: SLF001  graphql-core keeps it so
        arguments = self._arguments.read(asking)
        match self.read:
            case Finds(model):
                return ids.row_id(arguments["id"], model)
            case Picks(pick=pick):
                return pick(**arguments)
            case Lists(model):
                return listing_of(model, **arguments)
            case Refers(several=False):
                model, id_ = nodes.meant(ours, arguments["id"])
                return (model,), id_
            case Refers():
                found = [nodes.meant(ours, one) for one in nodes.few(arguments["ids"])]
                models = sorted({model for model, _ in found}, key=ids.prefix)
                said = [f"{ids.prefix(model)}_{id_.hex}" for model, id_ in found]
                return tuple(models), orjson.dumps(said).decode()
