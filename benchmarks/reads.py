"""What a compiled read costs, beside the same by hand and beside the batched one.

`python -m benchmarks reads --database sqlite --query Q3 --seconds 2`
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks import data, load, questions, servers, sides
from benchmarks.questions import DOCUMENTS
from benchmarks.servers import Server
from benchmarks.sides import Side
from benchmarks.world import Size, World, email

BATCHED = ("Q3", "Q4")
"""What is compared with the batched execution too."""
FEW = 4
"""Connections to the batched side: more would only wait, some of them for too long."""


def options(given: Sequence[str] | None) -> Any:
    parser = options_of("reads", __doc__)
    parser.add_argument("--database", choices=data.DATABASES, help="one of them")
    return parser.parse_args(given)


def options_of(name: str, said: str | None) -> argparse.ArgumentParser:
    """What whoever compares servers may choose."""
    parser = argparse.ArgumentParser(f"python -m benchmarks {name}", description=said)
    parser.add_argument("--query", choices=DOCUMENTS, help="one of them")
    parser.add_argument("--seconds", type=float, default=2, help="of a turn")
    parser.add_argument("--rounds", type=int, default=6, help="turns of each side")
    parser.add_argument("--owners", type=int, default=Size().owners)
    parser.add_argument("--datasets", type=int, default=Size().datasets)
    parser.add_argument("--kept", type=Path, help="a folder that keeps what is filled")
    return parser


def main(given: Sequence[str] | None = ()) -> None:
    chosen = options(given)
    with ExitStack() as stack:
        kept = chosen.kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for database in [chosen.database] if chosen.database else data.DATABASES:
            measured(chosen, database, kept)


def measured(chosen: Any, database: str, kept: Path) -> None:
    """One database: a table of ratios."""
    size = Size(chosen.owners, chosen.datasets)
    with ExitStack() as stack:
        url = stack.enter_context(data.populated(database, kept, size))
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(servers.product(home / "compiled", url))
        hand = stack.enter_context(
            servers.script(sys.executable, "-m", "benchmarks.by_hand.app", DATABASE=url)
        )
        lazy = stack.enter_context(
            servers.product(home / "batched", url, testing="1", field_by_field="1")
        )
        world = World(size)
        mine, theirs = signed_in(ours, world), signed_in(lazy, world)
        load.undisturbed()
        print(f"{database}: {heading()}", flush=True)
        for query in [chosen.query] if chosen.query else DOCUMENTS:
            compiled = sides.product("compiled", ours, mine)
            row(chosen, world, query, compiled, sides.by_hand(hand))
            if query in BATCHED:
                compiled = sides.product("compiled", ours, mine)
                batched = sides.product("batched", lazy, theirs)
                batched.connections = FEW
                row(chosen, world, query, compiled, batched)


def signed_in(server: Server, world: World) -> dict[UUID, str]:
    """A token of each owner who asks."""
    count = min(questions.ASKING, world.size.owners + 1)
    return {
        world.owner(owner): server.token(email(owner), data.PASSWORD)
        for owner in range(count)
    }


def heading() -> str:
    return (
        "requests a second, and what an answer costs the server's processor\n"
        "          answer                           a second   ratio  CPU ratio"
        "   p50 ms   p99 ms  errors"
    )


def row(chosen: Any, world: World, query: str, one: Side, other: Side) -> None:
    """Compare two sides in one query, and print it."""
    asked, pair = questions.asked(world, query), (one, other)
    size = sides.agree(query, asked, *pair)
    sides.compare(query, asked, pair, rounds=chosen.rounds, seconds=chosen.seconds)
    rates = f"{one.rate:7.0f} {one.name} ÷ {other.rate:.0f} {other.name}"
    times = "  ".join(f"{1e3 * one.slowest(share):7.2f}" for share in (0.5, 0.99))
    print(
        f"  {query} {size:10,} B  {rates:32}  {sides.ratio(pair):6.2f}"
        f"  {sides.effort(pair):9.2f}  {times}  {one.errors + other.errors:6}",
        flush=True,
    )


if __name__ == "__main__":
    main(None)
