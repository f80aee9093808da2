"""Mail: what is written to people, and who sends it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person. Raises ValueError where its head would be broken up."""

    to: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        for line in (self.to, self.subject):
            if not line.isprintable():
                raise ValueError(f"a letter's head has no such line: {line!r}")


class Post(Protocol):
    """Sends letters in the background, and tries again where one does not get away."""

    def send(self, letter: Letter) -> None:
        """Take a letter, to be sent soon. It neither waits nor raises."""
        ...
