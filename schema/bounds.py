"""How large a document may be, before it is asked with variables."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    ListValueNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from resolvers.errors import LimitExceeded

TOO_MANY_TOKENS = "Syntax Error: Document contains more than"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The most of each thing in a document."""

    characters: int = 32 * 1024
    tokens: int = 2_000
    operations: int = 5
    fragments: int = 50
    directives: int = 20
    items: int = 1_000
    """Of a list in the arguments, but for numbers in the variables: a row of
    measurements is one value, as long as a body has room for it."""


def within(what: str, found: int, most: int) -> None:
    if found > most:
        raise LimitExceeded(f"at most {most} {what} are allowed, not {found}")


def parsed(text: str, bounds: Bounds) -> DocumentNode:
    """A document that would not take long to validate, and asks for something.

    Raises LimitExceeded and GraphQLSyntaxError.
    """
    within("characters", len(text), bounds.characters)
    try:
        document = parse(text, max_tokens=bounds.tokens)
    except GraphQLSyntaxError as error:
        if error.message.startswith(TOO_MANY_TOKENS):
            most = bounds.tokens
            raise LimitExceeded(f"at most {most} tokens are allowed") from error
        raise
    _read(document, bounds)
    return document


def _read(document: DocumentNode, bounds: Bounds) -> None:
    parts = list(_parts(document))
    for one in parts:
        if isinstance(one, SelectionSetNode) and not one.selections and one.loc:
            at = one.loc.end - 1
            raise GraphQLSyntaxError(one.loc.source, at, "Expected Name, found '}'.")
    for what, kind, most in (
        ("operations", OperationDefinitionNode, bounds.operations),
        ("fragments", FragmentDefinitionNode, bounds.fragments),
        ("directives", DirectiveNode, bounds.directives),
    ):
        within(what, sum(isinstance(one, kind) for one in parts), most)
    lists = (len(one.values) for one in parts if isinstance(one, ListValueNode))
    within("items of a list", max(lists, default=0), bounds.items)


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
