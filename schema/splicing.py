"""Mixed execution: texts of JSON among fields that are resolved one by one."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from resolvers.context import Context, TooDeep
from resolvers.errors import Denial
from resolvers.loaders import NONE
from resolvers.statements import IDS, MISSING
from schema.asking import Asking
from schema.plans import Splice, splice_of

Texts = list[str | None]
"""What some fields of an object are, in the order of their plan."""


class Mixed(dict[str, Any]):
    """Data of which a part is text that a database made."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A field that is answered by a statement with others of its object."""

    splice: Splice
    place: int


class Splices:
    """The fields of an execution that are answered so."""

    def __init__(self, asking: Asking, mark: str) -> None:
        self.pieces: dict[int, Piece] = {}
        """By the id() of what is asked of the field; that is kept by `_seen`."""
        self._asking = asking
        self._mark = mark
        self._seen: dict[int, Any] = {}

    def look(self, type_: Any, path: Any, grouped: Any) -> None:
        """Find out which fields of an object they are, when the first such is met."""
        if id(grouped) in self._seen:
            return
        self._seen[id(grouped)] = grouped
        steps = path.as_list() if path else []
        place = tuple(step for step in steps if isinstance(step, str))
        if splice := splice_of(self._asking, place, type_, grouped):
            for number, name in enumerate(splice.parts):
                self.pieces[id(grouped[name])] = Piece(splice, number)

    async def load(self, context: Context, splice: Splice, source: Any) -> Texts | None:
        """The texts for one object, asked for together with those of others.

        None if the fields must be resolved after all.
        """
        if splice.too_deep:
            return None
        try:
            outlines, values = splice.asked(self._asking, context.actor)
        except (Denial, GraphQLError):
            return None
        id_ = NONE if splice.model is None else source.id

        async def batch(ids: list[UUID]) -> list[Texts | None]:
            return await self._read(context, splice, outlines, values, ids)

        key = (splice, outlines, tuple(values.items()))
        return await context.loaders.of(key, batch).load(id_)

    async def _read(
        self, context: Context, splice: Splice, outlines: Any, values: Any, ids: Any
    ) -> list[Texts | None]:
        given = {**values, IDS: ids, MISSING: self._mark}
        while not splice.too_deep:
            try:
                made = (outlines, context.actor, context.database.speech)
                rows = await context.rows(splice.made(*made), given)
            except TooDeep:
                splice.deepen()
            except Denial:
                break
            else:
                if splice.model is None:
                    return [[*rows[0]]]
                found: dict[str, Any] = {digits: texts for digits, *texts in rows}
                return [found.get(id_.hex) for id_ in ids]
        return [None] * len(ids)
