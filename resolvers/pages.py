"""What is said of a page besides its rows, in SQL."""

from typing import Any

import sqlalchemy as sa

from db.dialects import say
from resolvers.lists import LARGEST, Listing, value
from resolvers.shapes import About, Each, Parts


def fact(name: str, row: Any, listing: Listing) -> Any:
    """What PageInfo says by this name, of rows that know their place."""
    size = value(listing.size, sa.literal(0))
    more, surely, never = (sa.func.count() > one for one in (size, -1, LARGEST + 1))
    last = (row.c.place_ == size) | (
        (row.c.place_ == row.c.count_) & (row.c.count_ < size)
    )
    ends = [row.c.place_ == 1, last]
    if listing.backward:
        ends.reverse()
    start, end = (sa.func.max(row.c.cursor_).filter(one) for one in ends)
    after = surely if listing.after else never
    before = surely if listing.before else never
    facts = {
        "startCursor": say("quoted", start),
        "endCursor": say("quoted", end),
        "hasNextPage": _truth(before if listing.backward else more),
        "hasPreviousPage": _truth(more if listing.backward else after),
    }
    return facts[name]


def kept(row: Any, listing: Listing) -> Any:
    """Whether a row is of the page; only rows that know their place may be beyond."""
    size = value(listing.size, sa.literal(0))
    return row.c.place_ <= size if "place_" in row.c else sa.true()


def placed(parts: Parts) -> bool:
    """Whether PageInfo is asked for more than its type: how many, which are first."""
    facts = [part for part in parts.values() if isinstance(part, About)]
    return any(
        placed(one.parts) if one.parts is not None else one.name != "totalCount"
        for one in facts
    )


def of_rows(parts: Parts) -> bool:
    """Whether anything said of a page needs its rows; its total count does not."""
    return placed(parts) or any(isinstance(part, Each) for part in parts.values())


def _truth(condition: Any) -> Any:
    return say("bare", say("truth", condition))
