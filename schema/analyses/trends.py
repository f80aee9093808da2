"""How what is watched wears."""

from typing import Annotated

import strawberry

from compute.trend import Direction

By = Annotated[
    str,
    strawberry.argument(
        description="A number in the metadata of every point: a share of life, a time."
    ),
]


@strawberry.type
class WearTrend:
    """How the distance from normal runs along a machine's life."""

    direction: Direction
    """Rising or falling where the p-value is under 0.01."""
    slope: float
    """The median change of distance per unit of what it runs along."""
    tau: float
    """Kendall's rank correlation: from -1, falling all along, to 1, rising."""
    p_value: float
    """How often points without a trend show as strong a tau."""
    above_from: float | None
    """From where on every point is an anomaly; null where the last one is none."""
