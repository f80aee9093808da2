"""What somebody has used, and what they may use."""

from typing import Annotated, Any

import strawberry

from db.models import UsageMetric
from resolvers.billing import stocks, usage
from resolvers.providers import totals
from schema.limits import Limit, limit_of
from schema.nodes import Info

Months = Annotated[
    int, strawberry.argument(description="How many months up to now: 1 to 24.")
]


@strawberry.type
class UsageMonth:
    """What somebody used in a month, of UTC."""

    month: str
    """The month, such as 2026-11."""
    datasets: int
    """Datasets that were made. To delete one does not give it back."""
    ai_messages: int
    """Messages to an AI provider."""
    reports: int
    """Reports that were made."""
    api_calls: int
    """Operations that were asked."""
    predictions: int
    """Answers that models were asked for."""
    analyses: int
    """Analyses that were begun."""


async def used(root: Any, info: Info, months: Months = 12) -> list[UsageMonth]:
    """What was used in each of the last months, the present one first."""
    told = await usage.months(info.context, root.id, months)
    return [
        UsageMonth(
            month=key, **{metric.value: counts[metric] for metric in UsageMetric}
        )
        for key, counts in told
    ]


async def limits(root: Any, info: Info) -> list[Limit]:
    """Every limit that holds, and how far it is used, in the order of their checks.

    How often somebody may ask is told to themselves alone.
    """
    sources = totals.of_quota, stocks.of_stocks
    told = await usage.limits(info.context, root.id, *sources)
    return [limit_of(one) for one in told]
