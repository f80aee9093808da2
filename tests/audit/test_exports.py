"""An export is verified anywhere, by whoever knows the key that signed it."""

import asyncio
import gzip
import random
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest

from db.models import AuditEntry
from resolvers.access import SYSTEM
from resolvers.audit import checkpoints, exports, reading
from resolvers.audit.canonical import canonical
from resolvers.audit.walking import Damage, Verdict
from resolvers.equipment import Equipment
from tests.audit.conftest import LENGTH, MIDDLE, Tamper
from tests.audit.test_checkpoints import rewritten
from tests.conftest import As

Exported = Callable[..., Awaitable[list[bytes]]]
HEAD = 2
"""Lines before the first entry: who signs, and a checkpoint."""
AT = HEAD + MIDDLE - 1
"""The line of an entry in the middle."""
BYTES = 40
"""Bytes of each line that are changed, one at a time."""


@pytest.fixture
def exported(as_: As) -> Exported:
    """The lines of an export."""

    async def exported(
        first: int | None = None, last: int | None = None
    ) -> list[bytes]:
        context = as_(SYSTEM)
        part = await exports.span(context, first, last)
        lines = [text async for text in exports.lines(context, part)]
        return b"".join(lines).splitlines(keepends=True)

    return exported


@pytest.fixture
async def lines(as_: As, written: list[AuditEntry], exported: Exported) -> list[bytes]:
    """Of an export of all that was written, with a checkpoint of it."""
    await checkpoints.due(as_(SYSTEM))
    return await exported()


def judged(
    lines: list[bytes], key: str | None = None
) -> tuple[Damage | None, int | None]:
    verdict = reading.examined(lines, key).verdict
    return verdict.damage, verdict.broken_seq


async def test_an_export_that_nobody_touched_is_whole(
    lines: list[bytes], equipment: Equipment
) -> None:
    found = reading.examined(lines, equipment.notary.public_key)
    assert found.verdict == Verdict(LENGTH, LENGTH, signed_seq=LENGTH)
    assert (found.first, found.last) == (1, LENGTH)
    assert len(lines) == HEAD + LENGTH


async def test_an_edit_of_any_byte_is_found_and_where(lines: list[bytes]) -> None:
    chance = random.Random(7)  # noqa: S311  which bytes are tried
    for place, line in enumerate(lines):
        for at in chance.sample(range(len(line)), BYTES):
            other = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
            changed = [*lines[:place], other, *lines[place + 1 :]]
            try:
                damage, seq = judged(changed)
            except reading.NoExport:
                assert place == 0
                continue
            assert damage, (place, at)
            if place >= HEAD:
                assert damage in {Damage.EDITED, Damage.INSERTED, Damage.TRUNCATED}
                assert seq in {place - HEAD + 1, place - HEAD}


async def test_a_line_that_is_spelt_otherwise_was_edited(lines: list[bytes]) -> None:
    lines[AT] = lines[AT].replace(b":", b": ", 1)
    assert judged(lines) == (Damage.EDITED, MIDDLE)


@pytest.mark.parametrize("further", [1, 3])
async def test_lines_that_changed_places_are_found(
    lines: list[bytes], further: int
) -> None:
    lines[AT], lines[AT + further] = lines[AT + further], lines[AT]
    assert judged(lines) == (Damage.REORDERED, MIDDLE)


async def test_a_line_that_was_removed_is_found(lines: list[bytes]) -> None:
    del lines[AT]
    assert judged(lines) == (Damage.REMOVED, MIDDLE)


@pytest.mark.parametrize("place", [AT, HEAD + LENGTH - 1])
async def test_a_line_that_was_inserted_is_found(
    lines: list[bytes], place: int
) -> None:
    lines.insert(place, lines[place])
    assert judged(lines) == (Damage.INSERTED, place - HEAD + 1)


async def test_an_entry_beyond_the_end_was_inserted(lines: list[bytes]) -> None:
    last = orjson.loads(lines[-1])
    lines.append(canonical(last | {"seq": LENGTH + 1}) + b"\n")
    assert judged(lines) == (Damage.INSERTED, LENGTH + 1)


@pytest.mark.parametrize("cut", [0, 1, 100])
async def test_a_file_that_was_cut_off_is_found(lines: list[bytes], cut: int) -> None:
    left = [*lines[:AT], lines[AT][:cut]] if cut else lines[:AT]
    assert judged(left) == (Damage.TRUNCATED, MIDDLE)


async def test_an_export_of_another_key_is_forged(lines: list[bytes]) -> None:
    assert judged(lines, "0" * 64) == (Damage.FORGED, 1)


async def test_what_is_no_export_is_told_apart() -> None:
    for text in (b"", b"{}\n", b"not JSON\n", b"\x00\xff\n", b'{"export": []}\n'):
        with pytest.raises(reading.NoExport):
            judged([text])


async def test_a_part_begins_behind_a_checkpoint(
    as_: As, written: list[AuditEntry], exported: Exported
) -> None:
    row = await checkpoints.prepared(as_(SYSTEM), checkpoints.CheckpointKind.ASKED, 3)
    async with as_(SYSTEM).transaction() as write:
        await write.add(row)
    found = reading.examined(await exported(6, 7))
    assert (found.first, found.last) == (4, 7)
    assert found.verdict == Verdict(4, 7, signed_seq=3)


async def test_what_was_written_anew_in_the_database_is_found_in_an_export(
    as_: As, written: list[AuditEntry], tamper: Tamper, exported: Exported
) -> None:
    await checkpoints.due(as_(SYSTEM))
    await rewritten(tamper, written, MIDDLE)
    assert judged(await exported()) == (Damage.REWRITTEN, 1)


@pytest.mark.parametrize("packed", [True, False])
async def test_a_file_is_verified_where_there_is_nothing_but_a_key(
    lines: list[bytes],
    equipment: Equipment,
    tmp_path: Path,
    packed: bool,  # noqa: FBT001
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    write = gzip.compress if packed else bytes
    (away / "whole").write_bytes(write(b"".join(lines)))
    del lines[AT]
    (away / "less").write_bytes(write(b"".join(lines)))
    key = equipment.notary.public_key
    code, told = await command(away, "whole", "--key", key)
    line = f"the chain is whole: {LENGTH} entries, 0 of them erased"
    assert (code, told[0]) == (0, line)
    code, told = await command(away, "less", "--key", key)
    line = f"heliograph: the chain is broken at entry {MIDDLE}: removed"
    assert (code, told) == (1, [line])
    assert sorted(one.name for one in away.iterdir()) == ["less", "whole"]


@pytest.mark.parametrize("key", ["00", "g" * 64, "0" * 63])
async def test_what_is_no_key_is_told_apart_from_another_key(
    lines: list[bytes], tmp_path: Path, key: str
) -> None:
    (tmp_path / "whole").write_bytes(b"".join(lines))
    code, told = await command(tmp_path, "whole", "--key", key)
    said = f"heliograph: --key {key!r} is no public key: it has 64 hex digits"
    assert (code, told) == (1, [said])


async def command(folder: Path, *arguments: str) -> tuple[int | None, list[str]]:
    """Verify a file in a process that knows of no server."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "audit", "verify", *arguments),
        cwd=folder,
        env={"HELIOGRAPH_DATA": str(folder / "none")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    return process.returncode, said.decode().splitlines()
