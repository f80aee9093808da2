"""A file lacks payloads only if it, or a later one, says whose were erased."""

import gzip
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa

from db.models import AuditEntry
from resolvers.access import SYSTEM, Actor
from resolvers.audit import expiry, exports, reading, verification
from resolvers.audit.canonical import canonical
from resolvers.audit.walking import Damage, Verdict
from resolvers.equipment import Equipment
from resolvers.errors import Conflict
from tests.audit.conftest import BLANK, Chain, Tamper, Wrote, one, purge
from tests.audit.test_expiry import Clock, clock
from tests.audit.test_exports import command
from tests.conftest import As

__all__ = ["clock"]


async def exported(as_: As, *part: int) -> list[bytes]:
    first, last = part
    lines = [text async for text in exports.lines(as_(SYSTEM), (first, last))]
    return b"".join(lines).splitlines(keepends=True)


def blanked(lines: list[bytes], seq: int, **also: str) -> list[bytes]:
    """The lines of an export without the payload of an entry."""

    def without(line: bytes) -> bytes:
        said = orjson.loads(line)
        if said.get("seq") != seq:
            return line
        return canonical(said | BLANK | also) + b"\n"

    return [without(line) for line in lines]


async def test_a_month_of_which_a_payload_is_gone_without_a_word_is_not_dropped(
    as_: As, clock: Clock, chain: Chain, wrote: Wrote, tamper: Tamper
) -> None:
    for month in (1, 2, 3):
        clock(2031, month, 3)
        await wrote()
    await tamper(sa.update(AuditEntry).where(one(1)).values(BLANK))
    clock(2033, 2, 1)
    for _ in range(2):
        with pytest.raises(Conflict, match=r"2031-01 is not dropped.* entry 1: erased"):
            await expiry.run(as_(SYSTEM))
    assert len(await chain()) == 3
    verdict = await verification.verify(as_())
    assert (verdict.damage, verdict.broken_seq) == (Damage.ERASED, 1)


async def test_a_payload_that_goes_while_its_month_is_written_is_found(
    as_: As,
    clock: Clock,
    wrote: Wrote,
    tamper: Tamper,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for month in (1, 2):
        clock(2031, month, 3)
        await wrote()
    lines = exports.lines

    def late(*given: object) -> object:
        async def gone() -> object:
            await tamper(sa.update(AuditEntry).where(one(1)).values(BLANK))
            async for text in lines(*given):  # pyright: ignore[reportArgumentType]  as it was called
                yield text

        return gone()

    monkeypatch.setattr(exports, "lines", late)
    clock(2033, 2, 1)
    with pytest.raises(Conflict, match=r"2031-01 is not dropped.* entry 1: erased"):
        await expiry.run(as_(SYSTEM))


async def test_a_month_that_was_erased_rightly_is_dropped_and_told_of_by_a_later_one(
    as_: As,
    clock: Clock,
    equipment: Equipment,
    analyst: Actor,
    wrote: Wrote,
    tmp_path: Path,
) -> None:
    for month in (1, 2):
        clock(2031, month, 3)
        await wrote(2)
    await purge(as_, analyst.user_id)
    clock(2033, 3, 1)
    assert await expiry.run(as_(SYSTEM)) == {"audit_log": 5}
    assert (await verification.verify(as_())).damage is None
    key, names = equipment.notary.public_key, ("2031-01_1-2", "2031-02_3-5")
    for name in names:
        async with equipment.store.local(f"audit/{name}.jsonl.gz") as path:
            (tmp_path / name).write_bytes(path.read_bytes())
    with gzip.open(tmp_path / names[0]) as file:
        assert reading.examined(file, key).verdict.silent == (1, 2)
    code, told = await command(tmp_path, names[0], "--key", key)
    assert (code, len(told)) == (1, 1)
    assert "has no payload of entries 1, 2, and does not say" in told[0]
    for options in (["--key", key], []):
        code, told = await command(tmp_path, *names, *options)
        whole = [line for line in told if "is whole" in line]
        said = "the chain is whole: {} entries, 2 of them erased"
        assert (code, whole) == (0, [said.format(3), said.format(2)])
    assert (await command(tmp_path, *reversed(names), "--key", key))[0] == 1


async def test_an_export_with_blanked_payloads_is_found_and_tells_which(
    as_: As, wrote: Wrote, equipment: Equipment, tmp_path: Path
) -> None:
    await wrote(30)
    lines = await exported(as_, 1, 30)
    key = equipment.notary.public_key
    for also in ({}, {"salt": ""}):
        found = reading.examined(blanked(lines, 14, **also), key).verdict
        assert (found.damage, found.broken_seq) == (Damage.ERASED, 14)
        assert found.silent == (14,)
    for seq in range(2, 28):
        lines = blanked(lines, seq)
    (tmp_path / "less").write_bytes(b"".join(lines))
    code, told = await command(tmp_path, "less", "--key", key)
    assert (code, len(told)) == (1, 1)
    assert "entries 2, 3, 4, " in told[0]
    assert "21 and 6 more" in told[0]


async def test_exports_of_another_server_explain_nothing(
    as_: As, analyst: Actor, wrote: Wrote
) -> None:
    await wrote(2)
    await purge(as_, analyst.user_id)
    part, later = await exported(as_, 1, 2), await exported(as_, 3, 3)
    key = reading.examined(later).public_key
    told = reading.examined(later, key).told
    assert reading.examined(part, key).verdict.damage is Damage.ERASED
    assert reading.examined(part, key, told).verdict == Verdict(2, 2, erased=2)
    assert reading.examined(part, "0" * 64, told).verdict.damage is Damage.FORGED
