"""Zip archives of strangers, whose listing is read before anything in them."""

import io
import zipfile

from compute.artifacts.errors import ArtifactError

ENTRIES = 1_000
UNPACKED = 500 * 1024**2
RATIO = 100
SMALL = 1024**2
"""Bytes that may come of whatever ratio."""
PLAIN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def opened(content: bytes) -> zipfile.ZipFile:
    """An archive that does not grow beyond measure, all of which can be read.

    Raises ArtifactError.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        _measured(archive.infolist())
        damaged = archive.testzip()
    except (ArtifactError, MemoryError):
        raise
    except Exception as error:
        raise ArtifactError(f"the zip archive cannot be read: {error}") from error
    if damaged is not None:
        raise ArtifactError(f"the zip archive is damaged at {damaged!r}")
    return archive


def _measured(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > ENTRIES:
        raise ArtifactError(
            f"the zip archive has {len(entries):,} entries; "
            f"at most {ENTRIES:,} are accepted"
        )
    if len({entry.filename for entry in entries}) < len(entries):
        raise ArtifactError("the zip archive names an entry twice")
    total = sum(entry.file_size for entry in entries)
    if total > UNPACKED:
        raise ArtifactError(
            f"the zip archive unpacks to {total / 1024**2:,.0f} MiB; "
            f"at most {UNPACKED // 1024**2} MiB are accepted"
        )
    for entry in entries:
        _packed(entry)


def _packed(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if entry.flag_bits & 1:
        raise ArtifactError(f"the entry {name!r} is encrypted")
    if entry.compress_type not in PLAIN:
        raise ArtifactError(
            f"the entry {name!r} is packed in a way that is not accepted; "
            "stored and deflated entries are"
        )
    if entry.file_size > max(SMALL, RATIO * entry.compress_size):
        raise ArtifactError(
            f"the entry {name!r} unpacks to more than {RATIO} times its size"
        )
