"""How fast the audit log is verified, signed, exported and searched.

`python -m benchmarks audit --entries 100000 --database sqlite`
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from benchmarks import data, servers
from db import migrating
from db.base import utcnow
from db.models import ActorKind, AuditEntry, AuditHead, CheckpointKind, Outcome
from db.models.audit import ORIGIN
from resolvers.access import SYSTEM, visible
from resolvers.audit import checkpoints, exports, reading, verification, words
from resolvers.audit.canonical import digest, fields, sealed
from resolvers.context import Context
from resolvers.lists import Condition, Listing, matching
from server.equipment import equipped
from server.settings import Settings

AT_ONCE = 5_000
SEARCHES = 20
T = TypeVar("T")


def chained(count: int) -> list[dict[str, Any]]:
    """Entries as mutations leave them, each sealed with the one before."""
    made, before, now = list[dict[str, Any]](), ORIGIN, utcnow()
    someone, id_ = uuid7(), uuid7()
    for seq in range(1, count + 1):
        payload = {f"alert_{uuid7().hex}": {"status": ["active", "acknowledged"]}}
        entry = SimpleNamespace(
            id=uuid7(),
            created_at=now + timedelta(microseconds=seq),
            action="alertAcknowledge",
            status=Outcome.SUCCESS,
            entity="Alert",
            entity_id=id_,
            actor_id=someone,
            actor_kind=ActorKind.USER,
            ip_address="192.0.2.1",
            user_agent=f"a client, number {seq}",
            request_id=uuid7().hex,
            payload=payload,
            salt=uuid7().hex,
            prev_hash=before,
            seq=seq,
        )
        entry.payload_digest = digest(entry.salt, payload)
        told = fields(entry) | {"seq": seq, "prev_hash": before}
        entry.signature = before = sealed(told)
        made.append(vars(entry))
    return made


async def filled(context: Context, count: int) -> None:
    rows = chained(count)
    async with context.database.write.begin() as session:
        if context.database.dialect == "postgresql":
            await session.execute(sa.text("SET LOCAL statement_timeout = 0"))
        for start in range(0, count, AT_ONCE):
            await session.execute(sa.insert(AuditEntry), rows[start : start + AT_ONCE])
        if context.database.dialect == "sqlite":
            await session.execute(words.adding(sa.true()))
        end = {"seq": count, "hash": rows[-1]["signature"]}
        await session.execute(sa.update(AuditHead).values(end))


async def timed(what: str, count: int, work: Awaitable[T]) -> T:
    """Say how many entries a second some work is, by the clock and by our processor."""
    began, busy = time.perf_counter(), time.process_time()
    came = await work
    spent, worked = time.perf_counter() - began, time.process_time() - busy
    rates = f"{count / spent:12,.0f} entries/s  {count / worked:12,.0f} by processor"
    print(f"  {what:24} {spent:7.2f} s {rates}", flush=True)
    return came


async def exported(context: Context, part: exports.Span) -> bytes:
    return b"".join([text async for text in exports.lines(context, part)])


async def searched(context: Context) -> None:
    """Searches that find one entry each."""
    for number in range(1_000, 1_000 + SEARCHES):
        asked = Listing(conditions=(Condition("payload", "words", f"client {number}"),))
        rows = matching(visible(SYSTEM, AuditEntry), AuditEntry, asked)
        async with context.database.read() as session:
            assert len(list(await session.scalars(rows))) == 1


async def measured(url: str, count: int, folder: Path) -> None:
    await migrating.upgrade(url)
    async with equipped(Settings(data=folder, database_url=url)) as equipment:
        context = Context(equipment, SYSTEM)
        await filled(context, count)
        verdict = await timed("verified", count, verification.verify(context))
        assert (verdict.damage, verdict.checked) == (None, count)
        sign = checkpoints.prepared(context, CheckpointKind.ASKED)
        row = await timed("signed the first time", count, sign)
        async with context.transaction() as write:
            await write.add(row)
        sign = checkpoints.prepared(context, CheckpointKind.ASKED)
        await timed("signed again", count, sign)
        text = await timed("exported", count, exported(context, (1, count)))
        lines = text.splitlines(keepends=True)
        apart = asyncio.to_thread(reading.examined, lines)
        found = await timed("the export verified", count, apart)
        assert (found.verdict.damage, found.verdict.checked) == (None, count)
        await timed(f"{SEARCHES} searches", count * SEARCHES, searched(context))


def main(given: Sequence[str] | None = ()) -> None:
    parser = argparse.ArgumentParser("python -m benchmarks audit", description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--database", choices=data.DATABASES, help="one of them")
    chosen = parser.parse_args(given)
    for database in [chosen.database] if chosen.database else data.DATABASES:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)  # PostgreSQL may run as another user
            url = f"sqlite+aiosqlite:///{folder / 'audit.db'}"
            if database != "sqlite":
                url = stack.enter_context(servers.postgresql(folder / "cluster"))
            print(f"{database}: {chosen.entries:,} entries", flush=True)
            asyncio.run(measured(url, chosen.entries, folder / "data"))


if __name__ == "__main__":
    main(None)
