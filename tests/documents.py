"""Documents, and what they are asked by."""

import hashlib
from typing import Any


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def id_of(text: str) -> str:
    return f"sha256:{digest(text)}"


def apollo(text: str, **more: Any) -> dict[str, Any]:
    """The parameters by which Apollo's clients ask a document."""
    said = {"version": 1, "sha256Hash": digest(text), **more}
    return {"extensions": {"persistedQuery": said}}
