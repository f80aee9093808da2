"""Zip archives of strangers: how far they may grow."""

import io
import warnings
import zipfile

import pytest

from compute.artifacts import zips
from compute.artifacts.errors import ArtifactError
from tests.compute.artifacts import made

MIB = 1024**2
DEFLATED = zipfile.ZIP_DEFLATED


def doubled() -> bytes:
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("schema.json", b"{}")
        archive.writestr("schema.json", b"[]")
    return target.getvalue()


def understated(said: int) -> bytes:
    """An archive whose listing says less than what its entry unpacks to."""
    true = (20 * MIB).to_bytes(4, "little")
    content = made.zipped({"schema.json": bytes(20 * MIB)}, DEFLATED)
    return content.replace(true, said.to_bytes(4, "little"))


def encrypted() -> bytes:
    content = bytearray(made.zipped({"a": b"b"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def flipped() -> bytes:
    content = bytearray(made.zipped({"a": b"b" * 100}))
    content[50] ^= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            made.zipped({str(number): b"" for number in range(1001)}),
            "has 1,001 entries",
        ),
        (made.zipped({"zeros": bytes(20 * MIB)}, DEFLATED), "more than 100 times"),
        (made.zipped({"a": b"b"}, zipfile.ZIP_LZMA), "packed in a way that is not"),
        (made.zipped({"a": b"b"}, zipfile.ZIP_BZIP2), "packed in a way that is not"),
        (doubled(), "names an entry twice"),
        (understated(100), "is damaged at 'schema.json'"),
        (encrypted(), "is encrypted"),
        (flipped(), "is damaged at 'a'"),
        (made.zipped({"a": b"b"})[:-1], "cannot be read"),
    ],
    ids=lambda given: given if isinstance(given, str) else "archive",
)
def test_an_archive_that_will_not_do_is_told_why(content: bytes, why: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        zips.opened(content)
    assert why in str(caught.value)


def test_an_archive_of_a_small_and_very_regular_entry_will_do() -> None:
    content = made.zipped({"zeros": bytes(MIB)}, DEFLATED)
    with zips.opened(content) as archive:
        assert archive.namelist() == ["zeros"]
