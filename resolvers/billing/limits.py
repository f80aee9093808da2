"""What is refused because there is no more of it."""

from resolvers.allowances import Allowance, LimitScope
from resolvers.errors import Exhausted


class LimitReached(Exhausted):
    """There is no more of something for now; the allowance says of what."""

    def __init__(self, allowance: Allowance, *field: str) -> None:
        super().__init__(sentence(allowance), *field)
        self.allowance = allowance


def sentence(of: Allowance) -> str:
    """What is wrong, and what can be done about it."""
    thing = of.metric.replace("_", " ")
    stock = of.scope is LimitScope.STOCK
    period = "" if stock else f" a {of.scope.rpartition('_')[2]}"
    said = f"{of.tier} has {of.limit} {thing}{period}, and there are {of.used}"
    if of.resets_at is not None:
        said = f"{said}; they are counted anew at {of.resets_at:%Y-%m-%dT%H:%MZ}"
    return f"{said}; {of.upgrade_to} has more" if of.upgrade_to else said
