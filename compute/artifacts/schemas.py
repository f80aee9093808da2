"""What a model takes and gives, as JSON Schemas of draft 2020-12."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from compute.artifacts.errors import ArtifactError

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_TEXT = 100_000
MOST = 100_000
"""Numbers in an array whose length the model leaves open."""

NUMBER: dict[str, Any] = {"type": "number"}
INTEGER: dict[str, Any] = {"type": "integer"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
TEXT: dict[str, Any] = {"type": "string", "maxLength": LONGEST_TEXT}
SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}


def record(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object that has each of these properties and no other."""
    return {
        "$schema": DRAFT,
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def array(of: Mapping[str, Any], lengths: Iterable[int | None]) -> dict[str, Any]:
    """Arrays in arrays, of these lengths from without; None is any length."""
    schema = dict(of)
    for length in reversed(list(lengths)):
        least, most = (0, MOST) if length is None else (length, length)
        schema = {
            "type": "array",
            "items": schema,
            "minItems": least,
            "maxItems": most,
        }
    return schema


def features(count: int) -> dict[str, Any]:
    """A row of so many numbers without names."""
    return record({"features": array(NUMBER, [count])})


def labelled(labels: Sequence[str], *, weighed: bool) -> dict[str, Any]:
    """One of these labels and, where it is weighed, perhaps the probability of each."""
    schema = record({"label": {"type": "string", "enum": list(labels)}})
    if weighed:
        shares = record(dict.fromkeys(labels, SHARE))
        del shares["$schema"]
        schema["properties"]["probabilities"] = shares
    return schema


def valued() -> dict[str, Any]:
    return record({"value": NUMBER})


def given(row: Mapping[str, Any], name: str) -> Any:
    """What a row has under a name. Raises ArtifactError where that is nothing."""
    if name not in row:
        raise ArtifactError(f"the input has no {name!r}")
    return row[name]
