"""What part of an operation costs, and how the costs of its parts add up."""

from math import ceil
from typing import NamedTuple

CAP = 10**9
"""More than this is all the same."""


class Cost(NamedTuple):
    """What a selection set asks for, with its fragments wherever they are spread."""

    points: int = 0
    """Work, in objects."""
    objects: int = 0
    """Objects in the largest answer."""
    fields: int = 0
    aliases: int = 0
    depth: int = 0
    """Fields within each other, but for those below."""
    introspection: int = 0
    """Fields within each other from `__schema` or `__type` on."""
    described: int = 0
    """Fields that ask for the schema, and those below them."""
    width: int = 0
    """Fields directly in the set."""
    alone: int = 0
    """Fields of which an operation may have one."""
    row_points: int = 0
    """Of a connection, what each of its rows adds to the points."""
    row_objects: int = 0
    """The same for objects."""
    own: int = 0
    """Points of the fields directly in the set themselves, whatever is below them."""
    account: int = 0
    """Fields directly in the set that are about whoever's account asks."""

    @property
    def of_account(self) -> bool:
        """Whether an operation asks of one's own account, and nothing else."""
        return 0 < self.account == self.width

    def beside(self, other: "Cost") -> "Cost":
        """Both, in one selection set."""
        return Cost(
            self.points + other.points,
            self.objects + other.objects,
            self.fields + other.fields,
            self.aliases + other.aliases,
            max(self.depth, other.depth),
            max(self.introspection, other.introspection),
            self.described + other.described,
            self.width + other.width,
            self.alone + other.alone,
            self.row_points + other.row_points,
            self.row_objects + other.row_objects,
            self.own + other.own,
            self.account + other.account,
        )

    def instead(self, other: "Cost") -> "Cost":
        """Both in one selection set, for objects of two types: each has one of them."""
        points = max(self.points, other.points)
        objects = max(self.objects, other.objects)
        return self.beside(other)._replace(points=points, objects=objects)

    def actual(self, found: int) -> int:
        """Points of an operation that gave so many objects, of all that it might have.

        What its own fields cost is spent whatever comes of them.
        """
        least = min(self.own + self.width, self.points)
        share = min(found / self.objects, 1) if self.objects else 1
        return least + ceil((self.points - least) * share)

    def capped(self) -> "Cost":
        """The same without numbers that grow and grow."""
        return Cost(*(min(number, CAP) for number in self))


NOTHING = Cost()
LEAF = Cost(fields=1, depth=1, width=1)
"""A field with nothing below it."""
