"""Statements as each database says them, made once and run often."""

from collections.abc import Mapping
from copy import copy
from functools import cached_property
from typing import Any, Protocol

import sqlalchemy as sa

from db import walls


class Text:
    """A statement in one dialect, made once: its text, and its parameters in order."""

    def __init__(
        self, statement: sa.Select[str], dialect: sa.Dialect, *, service: bool = False
    ) -> None:
        self.service = service
        """Whether whoever asks is shown everything."""
        compiled: Any = statement.compile(dialect=dialect)
        self.text: str = compiled.string
        processors = compiled._bind_processors  # noqa: SLF001  nothing public gives them
        self._parameters = [
            (str(name), compiled.params[name], processors.get(name))
            for name in compiled.positiontup or ()
        ]
        self.slow_until = 0.0

    @cached_property
    def behind(self) -> str:
        """The text behind PostgreSQL's wall; the viewer is one more parameter."""
        place = len(self._parameters) + 1
        return walls.behind(self.text, service=self.service, place=place)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values of the parameters, as the driver is given them."""
        return [
            process(values.get(name, usual)) if process else values.get(name, usual)
            for name, usual, process in self._parameters
        ]


def explaining(text: Text, words: str) -> Text:
    """The statement that says how the database would go about another."""
    made = copy(text)
    made.text, made.behind = f"{words} {text.text}", f"{words} {text.behind}"
    return made


class Direct(Protocol):
    """A way to a database for single statements that only read."""

    busy: int
    """How many of its connections are at work."""

    async def scalar(self, text: Text, values: Mapping[str, Any]) -> str: ...

    async def rows(self, text: Text, values: Mapping[str, Any]) -> list[Any]:
        """All rows of a statement, each a sequence of what the driver gives."""
        ...

    async def close(self) -> None: ...
