"""Backups of the embedded database and its files, and how they are put back."""

import asyncio
import hashlib
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import sqlalchemy as sa

from db import faultpoints
from db.base import utcnow
from resolvers.access import SYSTEM
from resolvers.audit import entries, verification
from resolvers.context import Context
from resolvers.identity import sessions
from resolvers.keys import key_id
from resolvers.writes import Transaction
from server import keyring
from server.checkpoints import set_aside
from server.disk import durable, moved, using
from server.equipment import equipped
from server.failures import Failure
from server.settings import Settings
from server.store import SCRATCH

DATABASE, FILES, MANIFEST = "heliograph.db", "files", "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup has to be, file by file."""

    taken_at: str
    audit_seq: int
    """The last entry of the audit log in it."""
    pepper_id: str
    """Which pepper its passwords were hashed with; it tells nothing of it."""
    digests: dict[str, str]
    """The SHA-256 of every file, by its path in the backup."""
    format: int = FORMAT


async def save(settings: Settings, target: Path) -> Manifest:
    """Copy database and files, while they are in use, to a folder or a .tar.

    It is checked before it takes its name, so what has the name is whole. Raises
    Failure.
    """
    source = database_file(settings)
    _free(source, target)
    pepper_id = key_id(keyring.keys(settings).pepper)
    with _aside(target) as folder:
        await asyncio.to_thread(_copy, source, settings.files, folder)
        await faultpoints.pass_by("backup.mid")
        seq = await _verified(settings, folder / DATABASE)
        digests = await asyncio.to_thread(_digests, folder)
        manifest = Manifest(utcnow().isoformat(), seq, pepper_id, digests)
        await asyncio.to_thread(_finish, folder, manifest, target)
    return manifest


async def restore(settings: Settings, source: Path) -> Manifest:
    """Put a backup in the place of the database; files it does not name stay.

    Whoever was signed in is so no longer: sessions that ended since would be back. The
    database that was there is kept beside it. Raises Failure for a backup that is
    damaged, or while a server runs.
    """
    target = database_file(settings)
    with using(settings.data, alone=True), _aside(settings.data / "restored") as folder:
        manifest = await asyncio.to_thread(_unpacked, source, folder)
        await _verified(settings, folder / DATABASE)
        await _signed_out(settings, folder / DATABASE)
        await asyncio.to_thread(_install, folder, target, settings.files)
        await asyncio.to_thread(set_aside, settings.data)
    return manifest


def database_file(settings: Settings) -> Path:
    """Where the embedded database is. Raises Failure for any other."""
    if not settings.embedded:
        raise Failure("the database is PostgreSQL: use pg_dump, see docs/operations.md")
    return Path(sa.make_url(settings.database).database or "")


def _free(source: Path, target: Path) -> None:
    if target.exists():
        raise Failure(f"{target} is there already; name a new folder or .tar file")
    if not source.is_file():
        raise Failure(f"there is no database at {source}")


@contextmanager
def _aside(target: Path) -> Generator[Path]:
    """A folder on the same disk, which is gone afterwards unless it was moved."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as name:
        folder = Path(name) / "backup"
        folder.mkdir(mode=0o700)
        yield folder


def _copy(source: Path, files: Path, folder: Path) -> None:
    """Files before and after: what a row of the copy names was there at one time."""
    _copy_new(files, folder / FILES)
    with (
        closing(sqlite3.connect(source)) as original,
        closing(sqlite3.connect(folder / DATABASE)) as copy,
    ):
        original.backup(copy)
    _copy_new(files, folder / FILES)


def _copy_new(source: Path, target: Path) -> None:
    """Copy what is not there yet. A file never changes under its key."""
    for path in source.rglob("*"):
        place = path.relative_to(source)
        copy = target / place
        if place.parts[0] == SCRATCH or not path.is_file() or copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        aside = copy.with_name(f"{copy.name}.part")
        try:
            shutil.copyfile(path, aside)
        except FileNotFoundError:
            continue  # it was removed at this moment, and with it its row
        durable(aside)
        aside.replace(copy)


async def _verified(settings: Settings, database: Path) -> int:
    """See that a database is whole, and so is its chain; where the chain ends."""
    await asyncio.to_thread(_intact, database)
    async with equipped(_apart(settings, database)) as equipment:
        verdict = await verification.verify(Context(equipment, SYSTEM), signed=False)
    if verdict.damage:
        raise Failure(
            f"the audit log is damaged at entry {verdict.broken_seq}: {verdict.damage}"
        )
    return verdict.last_seq


async def _signed_out(settings: Settings, database: Path) -> None:
    """End every session of a database, and write that down in it."""

    async def work(write: Transaction) -> None:
        await sessions.end_all(write, "restored")
        await entries.append(write, "restore")

    async with equipped(_apart(settings, database)) as equipment:
        await Context(equipment, SYSTEM).written(work)
    await asyncio.to_thread(_settle, database)


def _apart(settings: Settings, database: Path) -> Settings:
    """The same with another database, and without word to others."""
    return settings.model_copy(
        update={
            "data": database.parent.parent,
            "database_url": f"sqlite+aiosqlite:///{database}",
            "redis_url": None,
        }
    )


def _intact(database: Path) -> None:
    try:
        with closing(sqlite3.connect(database)) as connection:
            [(said,)] = connection.execute("PRAGMA integrity_check(1)")
    except sqlite3.DatabaseError as error:
        raise Failure(f"the database is damaged: {error}") from error
    if said != "ok":
        raise Failure(f"the database is damaged: {said}")


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _finish(folder: Path, manifest: Manifest, target: Path) -> None:
    """Write the manifest, and give the backup its name once it is on the disk."""
    written = folder / MANIFEST
    written.write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    for path in (written, folder / DATABASE, folder):
        durable(path)
    if target.suffix == ".tar":
        packed = folder.with_suffix(".tar")
        with tarfile.open(packed, "w") as tar:
            tar.add(folder, ".")
        packed.chmod(0o600)
        durable(packed)
        folder = packed
    moved(folder, target)


def _unpacked(source: Path, folder: Path) -> Manifest:
    """A backup's files, each as the manifest has it. Raises Failure."""
    try:
        if source.is_dir():
            shutil.copytree(source, folder, dirs_exist_ok=True)
        else:
            _untar(source, folder)
        said = orjson.loads((folder / MANIFEST).read_bytes())
        manifest = Manifest(**said)
    except (OSError, ValueError, TypeError, tarfile.TarError) as error:
        raise Failure(f"{source} is not a backup: {error}") from error
    if manifest.format != FORMAT:
        raise Failure(f"{source} has format {manifest.format}; we read {FORMAT}")
    found = _digests(folder)
    for name in sorted({*found, *manifest.digests}):
        if found.get(name) != manifest.digests.get(name):
            raise Failure(f"{source} is damaged: {name} is not as it was saved")
    if DATABASE not in found:
        raise Failure(f"{source} is damaged: it has no database")
    return manifest


def _untar(source: Path, folder: Path) -> None:
    """Unpack plain files and folders, and refuse whatever else a .tar may hold."""
    with tarfile.open(source) as tar:
        for member in tar:
            target = (folder / member.name).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise ValueError(f"{member.name} would leave the folder")
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif data := tar.extractfile(member) if member.isfile() else None:
                with target.open("wb") as file:
                    shutil.copyfileobj(data, file)
            else:
                raise ValueError(f"{member.name} is not a plain file")


def _install(folder: Path, target: Path, files: Path) -> None:
    """Put the files in place, then the database whose rows name them."""
    _copy_new(folder / FILES, files)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        _set_aside(target)
    durable(folder / DATABASE)
    moved(folder / DATABASE, target)


def _set_aside(target: Path) -> None:
    """Give the database a second name, under which it is kept; it may be damaged."""
    with suppress(sqlite3.DatabaseError):
        _settle(target)
    kept = target.with_name(f"{target.name}.replaced")
    kept.unlink(missing_ok=True)
    kept.hardlink_to(target)
    for suffix in ("-wal", "-shm"):
        rest = target.with_name(target.name + suffix)
        if rest.exists():
            rest.replace(kept.with_name(kept.name + suffix))


def _settle(database: Path) -> None:
    """Have all of a database in its one file."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
