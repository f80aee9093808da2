"""What is said of calls of AI providers, by whoever makes them."""

from dataclasses import dataclass, replace
from decimal import Decimal

from db.types import dollars, millionths
from resolvers.errors import Invalid

PROVIDER, MODEL = 100, 255
"""The most characters of each."""
COST = 1_000_000
"""The most that is said of a cost at once, in USD."""
LIMIT = 99_999_999
"""The most that a limit says, in USD."""
DECIMALS = 6
MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Called:
    """Whom a call is of."""

    provider: str
    model: str

    def checked(self) -> "Called":
        """The same as it is kept. Raises Invalid."""
        provider = _named(self.provider, PROVIDER, "provider")
        return Called(provider, _named(self.model, MODEL, "model"))


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls came to."""

    cost: Decimal
    tokens_input: int = 0
    tokens_output: int = 0
    requests: int = 1

    def checked(self) -> "Spent":
        """The same as it is kept. Raises Invalid."""
        for name in ("tokens_input", "tokens_output", "requests"):
            number(getattr(self, name), name)
        return replace(self, cost=money(self.cost, COST, "cost"))


def money(amount: Decimal, most: int, field: str) -> Decimal:
    """An amount of USD as it is kept, from nothing to the most. Raises Invalid."""
    exponent = amount.as_tuple().exponent
    fine = isinstance(exponent, int) and exponent >= -DECIMALS
    if not fine or not 0 <= amount <= most:
        said = f"it is from 0 to {most} USD with at most {DECIMALS} decimals"
        raise Invalid(f"{said}, not {amount:.40}", field)
    return dollars(millionths(amount))


def number(given: int, field: str) -> int:
    """A number of things. Raises Invalid for one that is negative."""
    if not 0 <= given <= MOST:
        raise Invalid(f"it is from 0 to {MOST}, not {given}", field)
    return given


def _named(name: str, most: int, field: str) -> str:
    if not 1 <= len(name := name.strip()) <= most:
        said = f"a {field} has from 1 to {most} characters"
        raise Invalid(f"{said}, not {len(name)}", field)
    return name
