"""How much one request may ask for, on HTTP and websockets alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    ListValueNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)

from resolvers.errors import Forbidden, LimitExceeded, Unauthenticated
from server.analysis import Analysis
from server.buckets import Rate
from server.costs import Cost

USERS, STRANGERS = Rate(2_000, 100), Rate(500, 20)
MESSAGES = Rate(300, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most of each thing."""

    seconds: float = 10
    """How long an operation may run."""
    points: int = 1_000
    """Work, in objects read; each mutation is ten or more."""
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
    characters: int = 32 * 1024
    tokens: int = 2_000
    operations: int = 5
    fragments: int = 50
    directives: int = 20
    items: int = 1_000
    """Of a list in the arguments, but for numbers in the variables: a row of
    measurements is one value, as long as a body has room for it."""
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


def within(what: str, found: int, most: int) -> None:
    if found > most:
        raise LimitExceeded(f"at most {most} {what} are allowed, not {found}")


def read(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document that would take long to validate, or that asks for nothing.

    Raises LimitExceeded and GraphQLSyntaxError.
    """
    parts = list(_parts(document))
    for one in parts:
        if isinstance(one, SelectionSetNode) and not one.selections and one.loc:
            at = one.loc.end - 1
            raise GraphQLSyntaxError(one.loc.source, at, "Expected Name, found '}'.")
    for what, kind, most in (
        ("operations", OperationDefinitionNode, limits.operations),
        ("fragments", FragmentDefinitionNode, limits.fragments),
        ("directives", DirectiveNode, limits.directives),
    ):
        within(what, sum(isinstance(one, kind) for one in parts), most)
    lists = (len(one.values) for one in parts if isinstance(one, ListValueNode))
    within("items of a list", max(lists, default=0), limits.items)


def weigh(variables: dict[str, Any], limits: Limits) -> None:
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


def admit(  # noqa: PLR0913  what is asked, of what, by whom
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    limits: Limits,
    *,
    stranger: bool = False,
) -> Cost:
    """What an operation costs, if it may run; it is yet to be validated.

    Raises LimitExceeded, Forbidden for introspection, and Unauthenticated for what
    a stranger may not but a user might.
    """
    weigh(variables, limits)
    cost = Analysis(schema, document, variables).cost(operation)
    for what, found, most in (
        ("fields", cost.fields, limits.fields),
        ("root fields", cost.width, limits.root_fields),
        ("aliases", cost.aliases, limits.aliases),
        ("levels of fields", cost.depth, limits.depth),
        ("levels of introspection", cost.introspection, limits.introspection_depth),
        ("fields of introspection", cost.described, limits.introspection_fields),
        ("objects", cost.objects, limits.objects),
        ("points of cost", cost.points, limits.points),
        ("fields of this kind in one operation", cost.alone, 1),
    ):
        within(what, found, most)
    if stranger and cost.introspection and not limits.introspection:
        raise Forbidden("sign in to ask for the schema")
    if stranger and cost.points > limits.strangers_points:
        most = limits.strangers_points
        raise Unauthenticated(
            f"sign in to ask for more than {most} points, not {cost.points}"
        )
    return cost


def _parts(document: DocumentNode) -> Iterator[Node]:
    """Every node of a document."""
    waiting: list[Node] = [document]
    while waiting:
        node = waiting.pop()
        yield node
        for key in node.keys:
            child = getattr(node, key)
            children = child if isinstance(child, tuple | list) else (child,)
            waiting += [one for one in children if isinstance(one, Node)]
