"""What owners say of what is theirs: a name, a description, tags, metadata."""

from typing import Any

from resolvers import documents
from resolvers.errors import Invalid

NAME, DESCRIPTION, TAG = 255, 10_000, 50
"""The most characters of each."""
TAGS = 20
METADATA = 64 * 1024
"""Bytes of metadata as JSON."""


def described(**said: Any) -> dict[str, Any]:
    """What is said, by column, once it is known to be sayable. Raises Invalid."""
    return {column: CHECKS[column](value) for column, value in said.items()}


def named(name: str | None) -> str:
    if not 1 <= len(name := (name or "").strip()) <= NAME:
        raise Invalid(f"a name has from 1 to {NAME} characters", "name")
    return name


def _description(text: str | None) -> str | None:
    if text is not None and len(text) > DESCRIPTION:
        raise Invalid(
            f"a description has at most {DESCRIPTION} characters", "description"
        )
    return text


def _tags(tags: list[str] | None) -> list[str]:
    tags = list(dict.fromkeys(tag.strip() for tag in tags or []))
    if len(tags) > TAGS or not all(1 <= len(tag) <= TAG for tag in tags):
        said = f"there are at most {TAGS} tags, each from 1 to {TAG} characters"
        raise Invalid(said, "tags")
    return tags


def _meta(document: Any) -> dict[str, Any]:
    return documents.described(document, METADATA, "metadata")


CHECKS = {"name": named, "description": _description, "tags": _tags, "meta": _meta}
"""What each column may say."""
