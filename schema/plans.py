"""Plans: what is known of an operation before it is asked again."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from db.base import Base
from db.texts import Text
from db.walls import SERVICE
from resolvers import shapes
from resolvers.access import Actor
from resolvers.statements import Statement
from schema.asking import Asking
from schema.memory import Memory
from schema.planner import Planner, Shapeless, model_of
from schema.sites import Site

PARTS, OF_ONE = 30_000, 5_000
"""Fields of all plans that are remembered, and of one operation's."""
LETTERS, OF_PLAN = 8 * 2**20, 1 * 2**20
"""Characters of all statements that are remembered, and of one plan's."""
STAND_IN = UUID(int=0)
"""Whom a statement is made for, so that it can serve anyone: nobody has this id."""

Values = dict[str, Any]


@dataclass(eq=False)
class Plan:
    """A shape, and where it leaves room for what is asked."""

    parts: shapes.Parts
    sites: list[Site]
    flat: bool = False
    """Whether the database has said that it cannot nest so far."""
    too_deep: bool = False
    """Whether it cannot either with what is nested written beside."""

    def text(self, asking: Asking, actor: Actor, dialect: Any) -> tuple[Text, Values]:
        """The statement for this actor's role, and the values it is run with.

        Raises Denial and GraphQLError for arguments that cannot be meant.
        """
        outlines, values = self.asked(asking, actor)
        return self.made(outlines, actor, dialect), values

    def asked(self, asking: Asking, actor: Actor) -> tuple[tuple[Any, ...], Values]:
        """What is asked at each site, and the values that are left out of it."""
        values: Values = {"viewer": actor.user_id}
        outlines: list[Any] = []
        for number, site in enumerate(self.sites):
            if site.under and not site.under.meant(outlines):
                outlines.append(None)
            else:
                outlines.append(site.outline(number, asking, actor, values))
        return tuple(outlines), values

    def made(self, outlines: tuple[Any, ...], actor: Actor, dialect: Any) -> Text:
        """The statement for what is asked, made once for whoever has this role."""
        anyone = replace(actor, user_id=actor.user_id and STAND_IN)
        flat = self.flat

        def make() -> tuple[Text, int]:
            statement = Statement(anyone, outlines, flat=flat)
            service = actor.seer is SERVICE
            text = Text(self._written(statement), dialect, service=service)
            return text, len(text.text)

        return _texts.get(self, (anyone, dialect.name, flat, outlines), make)

    def deepen(self) -> None:
        """Write it in another way from now on, or not at all if there is none."""
        self.flat, self.too_deep = True, self.flat

    def _written(self, statement: Statement) -> Any:
        return statement.whole(self.parts)


@dataclass(eq=False)
class Splice(Plan):
    """A plan of some fields of an object whose others are resolved one by one."""

    model: type[Base] | None = None
    """Whose rows the objects are; the root is of none."""

    def _written(self, statement: Statement) -> Any:
        if self.model is None:
            return statement.apart(self.parts)
        return statement.of_rows(self.model, self.parts)


_plans: Memory[Plan | None] = Memory(PARTS, OF_ONE)
_texts: Memory[Text] = Memory(LETTERS, OF_PLAN)


def plan_of(asking: Asking) -> Plan | None:
    """The plan of a query, made once for each outcome of its @skip and @include."""

    def make() -> tuple[Plan | None, int]:
        planner = Planner(asking)
        try:
            plan = Plan(planner.whole(), planner.sites)
        except Shapeless:
            plan = None
        return plan, planner.fields + 1

    return _plans.get(asking.operation, _switches(asking), make)


def splice_of(
    asking: Asking, place: tuple[str, ...], type_: Any, grouped: Mapping[str, Any]
) -> Splice | None:
    """The plan of those fields of an object, at a place in an answer, that have one."""

    def make() -> tuple[Plan | None, int]:
        planner = Planner(asking)
        parts = planner.some(type_, grouped)
        plan = Splice(parts, planner.sites, model=model_of(type_)) if parts else None
        return plan, planner.fields + 1

    key = (place, type_.name, _switches(asking))
    found: Any = _plans.get(asking.operation, key, make)
    return found


def _switches(asking: Asking) -> Hashable:
    """The variables that may stand in a @skip or an @include."""
    given = asking.variables.coerced.items()
    return tuple((name, value) for name, value in given if isinstance(value, bool))
