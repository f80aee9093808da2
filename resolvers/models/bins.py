"""Shares counted in equal parts of 0 to 1."""

from typing import Any

import sqlalchemy as sa


def binned(share: Any, count: int) -> Any:
    """Which of so many parts a share is in, counted from 0; null where it is null.

    In literals: PostgreSQL groups by no expression that has parameters.
    """
    bounds = (sa.literal_column(f"{number}.0 / {count}") for number in range(1, count))
    one, none = sa.literal_column("1"), sa.literal_column("0")
    above = (sa.case((share >= bound, one), else_=none) for bound in bounds)
    return sa.case((share.is_not(None), sum(above, none)))
