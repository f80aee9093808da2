"""What is said of an operation: its data and errors, or why it was refused."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError
from strawberry.types import ExecutionResult

from schema.faults import apology

HINT = re.compile(r"\s*Did you mean .*?\?(?=\s|$)", re.DOTALL)
"""How graphql-core helps with a misspelt name."""
GIVEN = re.compile(
    r"(cannot represent [\w -]*value): .*"
    r"|((?:found|Unexpected) (?:BlockString|String|Int|Float)) .*"
    r"|[,;]? [Ff]ound: .*",
    re.DOTALL,
)
"""How it repeats what it was given, of which some may be secret."""
Errors = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to an operation, as it goes into JSON."""

    errors: Errors
    data: Any = None
    refused: bool = False
    """Whether the operation was turned down before anything ran: there is no data."""
    extensions: dict[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        if self.refused:
            return {"errors": self.errors}
        more = {"errors": self.errors, "extensions": self.extensions}
        return {"data": self.data, **{name: one for name, one in more.items() if one}}


class Rejected(Exception):
    """An operation that is not run."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(*errors)
        self.errors = errors

    @classmethod
    def by(cls, error: Exception) -> "Rejected":
        return cls(GraphQLError(str(error), original_error=error))


def answered(result: Any, told: Errors) -> Answer:
    """The answer that a result gives, with its errors as they are told."""
    refused = _refused(result)
    return Answer(told, None if refused else result.data, refused)


def _refused(result: ExecutionResult) -> bool:
    """Whether nothing ran: an error of the client's is then at no place in the data."""
    return bool(result.data is None and result.errors) and all(
        error.path is None and (error.extensions or {}).get("code") != "INTERNAL"
        for error in result.errors or ()
    )


def fault(reference: str) -> Errors:
    """What is told of a mistake of ours, outside the fields of an operation."""
    message, extensions = apology(reference)
    return [{"message": message, "extensions": extensions}]


def told(errors: Iterable[GraphQLError] | None, most: int, *, hints: bool) -> Errors:
    """Errors as clients read them: some of many, each with its code."""
    return [_told(error, hints=hints) for error in [*(errors or ())][:most]]


def _told(error: GraphQLError, *, hints: bool) -> dict[str, Any]:
    said: dict[str, Any] = dict(error.formatted)
    said["extensions"] = {"code": "BAD_REQUEST", **(error.extensions or {})}
    said["message"] = GIVEN.sub(r"\1\2", error.message)
    if not hints:
        said["message"] = HINT.sub("", said["message"])
    return said
