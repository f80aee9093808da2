"""What of a row's columns the audit says."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

LONGEST = 500
"""Characters of a value that the audit keeps; of a longer one it keeps the digest."""


def private(state: Any, key: str) -> bool:
    """Whether the audit, which outlives its row, says nothing of a column."""
    return bool(state.mapper.columns[key].info.get("private"))


def shown(state: Any, key: str, sides: list[Any]) -> list[Any]:
    """Values as the audit may keep them: of a secret only whether it is the same."""
    if not state.mapper.columns[key].info.get("secret"):
        return sides
    return [one and f"secret {_digest(str(one))[:12]}" for one in sides]


def said(value: Any) -> str | None:
    if value is None:
        return None
    text = _spelt(value)
    return text if len(text) <= LONGEST else f"sha256 {_digest(text)}"


def _spelt(value: Any) -> str:
    """A value as text: documents and truths as JSON has them."""
    if isinstance(value, bool | dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False, sort_keys=True)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
