"""Documents of a user's own: kept as they are, so they must be such as can be kept."""

from typing import Any

import orjson

from db.dialects import sound_document
from resolvers.errors import Invalid


def described(document: Any, most: int, *field: str) -> dict[str, Any]:
    """An object of at most so many bytes as JSON, or an empty one for none.

    Raises Invalid, naming the argument.
    """
    noun = field[-1].replace("_", " ")
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise Invalid(f"{noun} is an object", *field)
    try:
        size = len(orjson.dumps(sound_document(document)))
    except (ValueError, TypeError) as error:
        raise Invalid(f"this cannot be kept: {error}", *field) from error
    if size > most:
        raise Invalid(f"{noun} has at most {most} bytes, not {size}", *field)
    return document
