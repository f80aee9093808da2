"""Heliograph beside PostGraphile 5 and Mercurius with graphql-jit: `make bench-peers`.

Each is one process, on the same PostgreSQL and the same rows, asked by 16 connections.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import data, load, reads, servers, sides
from benchmarks.peers import asking
from benchmarks.peers.node import Missing, installed
from benchmarks.peers.statistics import informed
from benchmarks.questions import DOCUMENTS
from benchmarks.sides import Side
from benchmarks.world import Size, World

PEERS = ("postgraphile", "mercurius")


def options(given: Sequence[str] | None) -> Any:
    parser = reads.options_of("peers", __doc__)
    parser.add_argument("--peer", choices=PEERS, help="one of them")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = ()) -> None:
    chosen = options(given)
    with ExitStack() as stack:
        kept = chosen.kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            home, node = installed(kept)
        except Missing as error:
            sys.exit(f"the peers cannot be measured: {error}")
        measured(chosen, kept, home, node)


def measured(chosen: argparse.Namespace, kept: Path, home: Path, node: str) -> None:
    size = Size(chosen.owners, chosen.datasets)
    with ExitStack() as stack:
        url = stack.enter_context(data.populated("postgresql", kept, size))
        stack.enter_context(informed(url))
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(servers.product(place / "data", url))
        world = World(size)
        tokens = reads.signed_in(ours, world)
        load.undisturbed()
        print(reads.heading(), flush=True)
        for peer in [chosen.peer] if chosen.peer else PEERS:
            script, given = str(home / f"{peer}.mjs"), asking.environment(url)
            with servers.script(node, script, **given) as server:
                ask = asking.ASKING[peer](server)
                for query in [chosen.query] if chosen.query else DOCUMENTS:
                    mine = sides.product("heliograph", ours, tokens)
                    mine.meant = asking.plainly
                    theirs = Side(peer, server, ask, asking.plainly)
                    reads.row(chosen, world, query, mine, theirs)
