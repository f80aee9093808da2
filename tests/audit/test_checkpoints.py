"""What was signed cannot be written anew, whoever runs the database."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from db.models import AuditCheckpoint, AuditEntry, AuditHead, CheckpointKind
from db.session import Database
from resolvers.access import SYSTEM, BaseRole, visible
from resolvers.audit import checkpoints, entries, trees, verification
from resolvers.audit.signing import Checkpoint, sound, verified
from resolvers.audit.walking import Damage
from resolvers.equipment import Equipment
from resolvers.errors import Conflict
from tests.audit.conftest import LENGTH, MIDDLE, Chain, Tamper, one, sealed
from tests.conftest import As, Ask, Someone

CREATE = """mutation { auditCheckpointCreate {
  auditCheckpoint { kind firstSeq size root lastHash publicKey signature createdAt }
  userErrors { code message }
} }"""
CHANGES = ["UPDATE {} SET root = 'x'", "DELETE FROM {}", "TRUNCATE {}"]
LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


async def made(database: Database) -> list[AuditCheckpoint]:
    rows = visible(SYSTEM, AuditCheckpoint).order_by(AuditCheckpoint.size)
    async with database.read() as session:
        return list(await session.scalars(rows))


async def more(as_: As, count: int = 1) -> None:
    for _ in range(count):
        async with as_().transaction() as write:
            await entries.append(write, "jobCancel")


async def rewritten(tamper: Tamper, written: list[AuditEntry], seq: int) -> None:
    """Change an entry, and make all that come after it right again."""
    steps, before = list[Any](), written[seq - 1].prev_hash
    for entry in written[seq - 1 :]:
        entry.action, entry.prev_hash = "jobMakf", before
        entry.signature = before = sealed(entry)
        values = {"action": "jobMakf", "prev_hash": entry.prev_hash}
        edit = sa.update(AuditEntry).where(one(entry.seq))
        steps.append(edit.values(signature=entry.signature, **values))
    await tamper(*steps, sa.update(AuditHead).values(hash=before))


def whole(leaves: list[bytes]) -> bytes:
    """The root as RFC 6962 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return trees.node(whole(leaves[:split]), whole(leaves[split:]))


@given(LEAVES)
def test_a_tree_that_grew_has_the_root_of_the_whole(leaves: list[bytes]) -> None:
    peaks: trees.Peaks = []
    for size, leaf in enumerate(leaves):
        trees.grow(peaks, size, leaf)
        assert trees.fits(peaks, size + 1)
        assert trees.root(peaks) == whole(leaves[: size + 1])


async def test_a_checkpoint_is_signed_and_covers_every_entry(
    as_: As, ask: Ask, someone: Someone, database: Database, equipment: Equipment
) -> None:
    await more(as_, 5)
    admin = await someone(BaseRole.ADMIN)
    payload = (await ask(CREATE, admin))["auditCheckpointCreate"]
    assert payload["userErrors"] == []
    [row] = await made(database)
    told = payload["auditCheckpoint"]
    assert (told["kind"], told["firstSeq"], told["size"]) == ("ASKED", "1", "5")
    assert told["publicKey"] == equipment.notary.public_key
    assert sound(Checkpoint.of(row), equipment.notary.believes)
    text = Checkpoint.of(row).text
    assert verified(told["publicKey"], told["signature"], text)
    [line] = await equipment.notary.remembered()
    assert Checkpoint(**orjson.loads(line)) == Checkpoint.of(row)
    verdict = await verification.verify(as_())
    assert (verdict.damage, verdict.checked, verdict.signed_seq) == (None, 6, 5)


async def test_only_administrators_have_checkpoints_made(
    as_: As, ask: Ask, database: Database
) -> None:
    await more(as_)
    with pytest.raises(AssertionError, match=r"takes the permission SIGN_AUDIT"):
        await ask(CREATE)
    assert await made(database) == []


async def test_a_checkpoint_goes_on_from_the_one_before(
    as_: As, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 3)
    for count, sizes in ((1, [1]), (1, [1]), (1, [1]), (1, [1, 4]), (4, [1, 4, 8])):
        await more(as_, count)
        await checkpoints.due(as_(SYSTEM))
        assert [row.size for row in await made(database)] == sizes
    assert [row.first_seq for row in await made(database)] == [1, 2, 5]
    assert (await verification.verify(as_())).signed_seq == 8


async def test_an_entry_waits_an_hour_for_a_checkpoint_at_most(
    as_: As, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await more(as_)
    await checkpoints.due(as_(SYSTEM))
    await more(as_)
    await checkpoints.due(as_(SYSTEM))
    now = (await made(database))[0].created_at + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(checkpoints, "utcnow", lambda: now)
    for _ in range(2):
        await checkpoints.due(as_(SYSTEM))
        assert [row.size for row in await made(database)] == [1, 2]


async def test_a_month_that_is_over_has_a_checkpoint(
    as_: As, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await more(as_)
    await checkpoints.due(as_(SYSTEM))
    await more(as_)
    now = (await made(database))[0].created_at
    later = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
    for module in (checkpoints, entries):
        monkeypatch.setattr(module, "utcnow", lambda: later)
    await more(as_)
    await checkpoints.due(as_(SYSTEM))
    kinds = [(row.size, row.kind) for row in await made(database)]
    ends = [(1, CheckpointKind.PERIOD), (2, CheckpointKind.MONTH)]
    assert kinds == [*ends, (3, CheckpointKind.PERIOD)]
    assert (await verification.verify(as_())).damage is None


@pytest.mark.parametrize("change", CHANGES)
async def test_the_database_refuses_to_change_or_remove_a_checkpoint(
    as_: As, database: Database, change: str
) -> None:
    await more(as_)
    await checkpoints.due(as_(SYSTEM))
    with pytest.raises(DBAPIError):
        async with database.write.begin() as session:
            await session.execute(sa.text(change.format("audit_checkpoints")))
    assert len(await made(database)) == 1


async def test_a_chain_that_was_written_anew_is_found(
    as_: As, written: list[AuditEntry], tamper: Tamper
) -> None:
    await checkpoints.due(as_(SYSTEM))
    await rewritten(tamper, written, MIDDLE)
    verdict = await verification.verify(as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.REWRITTEN, 1)


async def test_what_was_signed_before_it_was_written_anew_is_told_apart(
    as_: As, written: list[AuditEntry], tamper: Tamper, chain: Chain
) -> None:
    await checkpoints.due(as_(SYSTEM))
    await more(as_, 4)
    now = await chain()
    row = await checkpoints.prepared(as_(SYSTEM), CheckpointKind.ASKED)
    async with as_(SYSTEM).transaction() as write:
        await write.add(row)
    await rewritten(tamper, now, LENGTH + 2)
    verdict = await verification.verify(as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.REWRITTEN, LENGTH + 1)
    assert verdict.signed_seq == LENGTH


@pytest.mark.parametrize("kept", [True, False])
async def test_a_tail_that_was_cut_off_with_its_head_is_found_by_what_was_signed(
    as_: As,
    equipment: Equipment,
    written: list[AuditEntry],
    tamper: Tamper,
    kept: bool,  # noqa: FBT001
) -> None:
    """Also where the checkpoint is gone from the database: a file has it."""
    await checkpoints.due(as_(SYSTEM))
    last = written[MIDDLE - 1]
    await tamper(
        sa.delete(AuditEntry).where(AuditEntry.seq > MIDDLE),
        sa.update(AuditHead).values(seq=last.seq, hash=last.signature),
        *([] if kept else [sa.delete(AuditCheckpoint)]),
    )
    verdict = await verification.verify(as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.TRUNCATED, MIDDLE + 1)


@pytest.mark.parametrize("column", ["root", "last_hash", "size", "peaks", "signature"])
async def test_a_checkpoint_that_was_edited_is_found(
    as_: As, written: list[AuditEntry], tamper: Tamper, column: str
) -> None:
    await checkpoints.due(as_(SYSTEM))
    now: Any = {"size": LENGTH - 1, "peaks": ["0" * 64]}.get(column, "0" * 64)
    await tamper(sa.update(AuditCheckpoint).values({column: now}))
    assert (await verification.verify(as_())).damage is Damage.FORGED


async def test_a_checkpoint_of_anothers_key_is_found(
    as_: As, database: Database, written: list[AuditEntry], equipment: Equipment
) -> None:
    row = await checkpoints.prepared(as_(SYSTEM), CheckpointKind.DROP)
    row.public_key = "0" * 64
    async with database.write.begin() as session:
        session.add(row)
    verdict = await verification.verify(as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.FORGED, LENGTH)


async def test_nothing_is_signed_that_is_not_whole(
    as_: As, written: list[AuditEntry], tamper: Tamper
) -> None:
    await tamper(sa.update(AuditEntry).where(one()).values(action="x"))
    with pytest.raises(Conflict, match=f"broken at entry {MIDDLE}: edited"):
        await checkpoints.prepared(as_(SYSTEM), CheckpointKind.ASKED)
