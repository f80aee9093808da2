"""How much one request may ask for, on HTTP and websockets alike."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode

from resolvers.errors import Forbidden, Unauthenticated
from schema.bounds import Bounds, within
from server.analysis import Analysis
from server.buckets import Rate
from server.costs import Cost

STRANGERS, USERS, PAID = Rate(500, 20), Rate(2_000, 100), Rate(10_000, 500)
MESSAGES = Rate(300, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Bounds):
    """The most of each thing."""

    seconds: float = 10
    """How long an operation may run."""
    points: int = 1_000
    """Work, in objects read; each mutation is ten or more."""
    paid_points: int = 5_000
    """The same for whoever has a plan that is paid for."""
    strangers_points: int = 100
    """The same for whoever has not signed in."""
    introspection: bool = True
    """Whether strangers may ask for the schema, and are told what they misspelt."""
    objects: int = 10_000
    fields: int = 5_000
    """Fields named, each wherever its fragment is spread."""
    root_fields: int = 20
    aliases: int = 50
    depth: int = 12
    introspection_depth: int = 15
    introspection_fields: int = 300
    """Fields that ask for the schema: all that GraphiQL asks are 230."""
    values: int = 10_000
    """In the variables, all lists and objects counted through."""
    nesting: int = 20
    """Lists and objects within each other in the variables."""
    text: int = 64 * 1024
    """Characters of a string in the variables."""
    errors: int = 9
    """Told in one answer."""
    rate: Rate = USERS
    """Points a user may spend at once, and that come back in a second."""
    paid_rate: Rate = PAID
    """The same for a user whose plan is paid for."""
    strangers_rate: Rate = STRANGERS
    """The same for an address that has not signed in."""
    at_once: int = 20
    """Queries and mutations of a user or an address that run; others wait."""
    address_sockets: int = 50
    """Websockets of an address."""
    user_sockets: int = 10
    """Websockets of a user."""
    messages: Rate = MESSAGES
    """Messages that a websocket may send at once, and more in a second."""


NUMBERS = {int, float}


def weigh(variables: Mapping[str, Any], limits: Limits) -> None:
    """Refuse variables that are too much. Raises LimitExceeded."""
    values, level, deep = 0, [*variables.values()], 0
    while level:
        values, deep = values + len(level), deep + 1
        within("values in the variables", values, limits.values)
        within("levels of variables", deep, limits.nesting)
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                within("characters in a string", len(one), limits.text)
            elif isinstance(one, list) and not {*map(type, one)} <= NUMBERS:
                within("items of a list", len(one), limits.items)
                below += one
            elif isinstance(one, dict):
                below += one.values()
        level = below


def cost_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    limits: Limits,
) -> Cost:
    """What an operation costs, if anybody may run it; it is yet to be validated.

    Raises LimitExceeded.
    """
    cost = Analysis(schema, document, variables).cost(operation)
    for what, found, most in (
        ("fields", cost.fields, limits.fields),
        ("root fields", cost.width, limits.root_fields),
        ("aliases", cost.aliases, limits.aliases),
        ("levels of fields", cost.depth, limits.depth),
        ("levels of introspection", cost.introspection, limits.introspection_depth),
        ("fields of introspection", cost.described, limits.introspection_fields),
        ("objects", cost.objects, limits.objects),
        ("points of cost", cost.points, max(limits.points, limits.paid_points)),
        ("fields of this kind in one operation", cost.alone, 1),
    ):
        within(what, found, most)
    return cost


def admit(cost: Cost, limits: Limits, most: int, *, stranger: bool) -> None:
    """Refuse what somebody may not ask, but another might.

    Raises Forbidden for a stranger's introspection, Unauthenticated for what costs a
    stranger too much, and LimitExceeded where it does a user.
    """
    if stranger and cost.introspection and not limits.introspection:
        raise Forbidden("sign in to ask for the schema")
    if stranger and cost.points > most:
        said = f"sign in to ask for more than {most} points, not {cost.points}"
        raise Unauthenticated(said)
    within("points of cost", cost.points, most)


def size_key(
    operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Hashable:
    """What variables have to say of an operation's cost: it is equal for equal keys."""
    return tuple(
        _size(variables.get(one.variable.name.value, ...))
        for one in operation.variable_definitions or ()
    )


def _size(value: Any) -> Hashable:
    if isinstance(value, list):
        return ("items", len(value))
    return value if value is None or value is ... or isinstance(value, int) else ""
