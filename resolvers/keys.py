"""Keys, all made from one secret: what is derived for one purpose opens no other."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The server's secret, and the one before it while that still has to be read."""

    secret: bytes
    pepper: bytes
    former: bytes | None = None

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose."""
        return _derived(self.secret, purpose)

    def verifying(self, purpose: str) -> dict[str, bytes]:
        """The keys that may have signed what is shown now, each by its id."""
        secrets = filter(None, (self.secret, self.former))
        keys = (_derived(secret, purpose) for secret in secrets)
        return {key_id(key): key for key in keys}

    def fingerprints(self, purpose: str, text: str) -> list[str]:
        """The same by each key that may have made what is shown now."""
        keys = self.verifying(purpose).values()
        return [_fingerprint(key, text) for key in keys]

    def fingerprint(self, purpose: str, text: str) -> str:
        """A hash that nobody can make who has not the secret, in hex."""
        return _fingerprint(self.derived(purpose), text)


def key_id(key: bytes) -> str:
    """A name for a key that tells nothing of it."""
    return hashlib.sha256(b"key id" + key).hexdigest()[:16]


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def _fingerprint(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
