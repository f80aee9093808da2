"""What is refused because there is no more of it."""

from db.types import dollars
from resolvers.allowances import MONEY, Allowance, LimitScope
from resolvers.errors import Exhausted


class LimitReached(Exhausted):
    """There is no more of something for now; the allowance says of what."""

    def __init__(self, allowance: Allowance, *field: str, before: str = "") -> None:
        super().__init__(before + sentence(allowance), *field)
        self.allowance = allowance


def sentence(of: Allowance) -> str:
    """What is wrong, and what can be done about it."""
    said = _reached(of)
    if of.resets_at is not None:
        said = f"{said}; they are counted anew at {of.resets_at:%Y-%m-%dT%H:%MZ}"
    return f"{said}; {of.upgrade_to} has more" if of.upgrade_to else said


def _reached(of: Allowance) -> str:
    stock = of.scope is LimitScope.STOCK
    period = "" if stock else f" a {of.scope.rpartition('_')[2]}"
    if of.scope in MONEY:
        most, used = dollars(of.limit or 0), dollars(of.used)
        return f"the quota is {most} USD{period}, and {used} are spent or set aside"
    whose = f"{of.tier} has" if of.tier else "the quota is"
    thing = of.metric.replace("_", " ")
    return f"{whose} {of.limit} {thing}{period}, and there are {of.used}"
