"""The operations of the README's tour."""

import json
import re
from dataclasses import dataclass
from typing import Any

TITLE = "five-minute tour"
TOKEN = re.compile(
    r"""
      ^\ *(?P<fence>`{3,})\ *(?P<language>\w*)[^`\n]*\n
        (?P<text>.*?)
        (?:^\ *(?P=fence)`*\ *$|\Z)
    | ^(?P<marks>\#{1,6})\ +(?P<heading>[^\n]+)
    | ^\ *(?:[-*]\ +|\d+\.\ +)?\*\*(?P<bold>[^*\n]+)\*\*
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """A step of the tour: what it is called, what to ask, and with which variables."""

    title: str
    query: str
    variables: dict[str, Any] | None = None


def operations(markdown: str) -> list[Operation]:
    """Each ```graphql block below "Five-minute tour", in order.

    A ```json block directly after one holds its variables. The title is the nearest
    heading or bold start of a line. Raises ValueError for variables that are no object.
    """
    found: list[Operation] = []
    text, title, asked = section(markdown), "", -1
    for token in TOKEN.finditer(text):
        if name := token["heading"] or token["bold"]:
            title = name.strip(" #.:")
        elif token["language"] == "graphql":
            found.append(Operation(title, token["text"].strip()))
            asked = token.end()
        elif token["language"] == "json" and not text[asked : token.start()].strip():
            found[-1] = Operation(title, found[-1].query, values(title, token["text"]))
    return found


def section(markdown: str) -> str:
    """The tour, from its heading to the next of the same rank or a higher one."""
    start, rank = -1, 0
    for token in TOKEN.finditer(markdown):
        if not token["heading"]:
            continue
        if start >= 0 and len(token["marks"]) <= rank:
            return markdown[start : token.start()]
        if start < 0 and token["heading"].strip(" #").lower() == TITLE:
            start, rank = token.start(), len(token["marks"])
    return markdown[start:] if start >= 0 else ""


def values(title: str, text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the variables of {title!r} are not JSON: {error}") from error
    if not isinstance(read, dict):
        raise ValueError(f"the variables of {title!r} are not a JSON object")  # noqa: TRY004  a value of the README, not a type of ours
    return read
