"""What is told about a file that cannot be used as it is."""

SHOWN = 60
"""Characters of a value that an error repeats."""


class TableError(Exception):
    """A file that will not do, and where: its author can mend it.

    file     number among the files given, from 1
    line     physical line of the file, from 1; the header is line 1
    column   name of the column, or its number from 1 where it has no good name
    """

    def __init__(
        self,
        message: str,
        *,
        line: int | None = None,
        column: int | str | None = None,
        file: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.file = file

    def __str__(self) -> str:
        places = {"file": self.file, "line": self.line, "column": self.column}
        where = [f"{noun} {shown(at)}" for noun, at in places.items() if at is not None]
        return f"{', '.join(where)}: {self.message}" if where else self.message


def shown(value: object) -> str:
    """A value as an error repeats it: quoted if it is text, and never long."""
    if isinstance(value, str) and len(value) > SHOWN:
        return repr(value[: SHOWN - 1] + "…")
    return repr(value)
