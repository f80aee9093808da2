"""Checkpoints and exports as they are signed, and what a signature proves."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from db.models import AuditCheckpoint
from resolvers.audit import trees
from resolvers.audit.canonical import canonical, micros

CHECKPOINT = b"heliograph audit checkpoint 1\n"
EXPORT = b"heliograph audit export 1\n"
"""What signed texts begin with, so that none is taken for one of the other kind."""
UNSIGNED = {"peaks", "signature"}
Believes = Callable[[str], bool]
"""Whether a public key is one that somebody goes by."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How the log was up to an entry, as it is signed and handed out."""

    kind: str
    first: int
    size: int
    root: str
    last_hash: str
    ts: int
    peaks: list[str]
    public_key: str
    signature: str = ""

    @classmethod
    def of(cls, row: AuditCheckpoint) -> Self:
        return cls(
            kind=row.kind.value,
            first=row.first_seq,
            size=row.size,
            root=row.root,
            last_hash=row.last_hash,
            ts=micros(row.created_at),
            peaks=list(row.peaks),
            public_key=row.public_key,
            signature=row.signature,
        )

    @property
    def subtrees(self) -> trees.Peaks:
        """Raises ValueError for what is no hash."""
        return [bytes.fromhex(peak) for peak in self.peaks]

    @property
    def told(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def text(self) -> bytes:
        """What is signed. The root tells of the peaks."""
        return signable(CHECKPOINT, self.told)


def signable(purpose: bytes, told: Mapping[str, Any]) -> bytes:
    """What is signed of an object that has its signature in it."""
    kept = {name: value for name, value in told.items() if name not in UNSIGNED}
    return purpose + canonical(kept)


def sound(checkpoint: Checkpoint, believes: Believes | None) -> bool:
    """Whether a checkpoint is as it was signed, by a key that is believed.

    Without anybody to believe, keys that do not come along may have signed it.
    """
    try:
        peaks = checkpoint.subtrees
    except ValueError:
        return False
    if not trees.fits(peaks, checkpoint.size) or checkpoint.size < 1:
        return False
    if trees.root(peaks).hex() != checkpoint.root:
        return False
    if believes is not None and not believes(checkpoint.public_key):
        return False
    return verified(checkpoint.public_key, checkpoint.signature, checkpoint.text)


def verified(public_key: str, signature: str, text: bytes) -> bool:
    """Whether the holder of a key has signed a text."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True
