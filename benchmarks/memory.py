"""What different documents cost a server's memory: `python -m benchmarks memory`.

Each is asked once, as hostile or careless clients do that write values into the text.
What is remembered of documents, plans and statements is bounded in all, so the second
half of them should add next to nothing to what the first half took.
"""

import argparse
import itertools
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import data, servers
from benchmarks.servers import Server
from benchmarks.world import Size, World, email

DOCUMENTS = 10_000
BOUND = 280
"""Megabytes that the web process may have: what docs/performance.md states."""
FORMS = (
    "query D{n} {{ a{n}: datasets(first: {few}) {{ nodes {{ id name createdAt }} }} }}",
    """query D{n} {{ datasets(first: {few}) {{ totalCount nodes {{
      id b{n}: name
      anomalies(first: {few}) {{
        nodes {{ id severity distance dataset {{ id name status }} }}
        pageInfo {{ endCursor }}
      }}
    }} }} }}""",
    """query D{n}($s: Severity) {{
      anomalies(
        filter: {{ severity: {{ eq: $s }}, distance: {{ gte: {n}.5 }} }}, first: {few}
      ) {{ nodes {{ id c{n}: distance }} }}
    }}""",
)


def documents() -> Iterator[str]:
    """Documents without end, none like another."""
    for n in itertools.count():
        yield FORMS[n % len(FORMS)].format(n=n, few=n % 7 + 1)


def memory(server: Server) -> float:
    """Megabytes that a process has in memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [kilobytes] = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(kilobytes.split()[1]) / 1024


def main(given: Sequence[str] | None = ()) -> None:
    parser = argparse.ArgumentParser("python -m benchmarks memory", description=__doc__)
    parser.add_argument("--database", choices=data.DATABASES)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    chosen = parser.parse_args(given)
    for database in [chosen.database] if chosen.database else data.DATABASES:
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            size = Size(owners=3, datasets=30)
            url = stack.enter_context(data.populated(database, home / "data", size))
            server = stack.enter_context(servers.product(home / "product", url))
            measured(server, World(size), database, chosen.documents)


def measured(server: Server, world: World, database: str, count: int) -> None:
    bearer = f"Bearer {server.token(email(0), data.PASSWORD)}"
    asked = documents()
    weights = [memory(server)]
    for share in (100, count // 2, count - count // 2):
        for document in itertools.islice(asked, share):
            body = json.dumps({"query": document}).encode()
            said = server.post("/graphql", body, authorization=bearer)
            assert b'"errors"' not in said, said
        weights.append(memory(server))
    started, warm, half, whole = weights
    print(
        f"{database}: {started:.0f} MB at the start, {warm:.0f} MB after 100 documents"
    )
    print(f"  {half:.0f} MB after {count // 2:,}, {whole:.0f} MB after {count:,}")
    print(f"  under {BOUND} MB: {'yes' if whole < BOUND else 'NO'}")


if __name__ == "__main__":
    main(None)
