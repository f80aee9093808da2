"""JSON Schemas of what models are asked: nothing is fetched, and none takes long."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NoReturn

import jsonschema_rs
import orjson

from db.dialects import sound_document
from resolvers.errors import Invalid
from resolvers.models.effort import Weighed, found, parts, weighed

SIZE = 64 * 1024
"""Bytes of a schema as JSON."""
PATTERN, PATTERNS = 512, 20
"""Bytes of one regular expression, and how many there may be."""
EXPANDED = 5_000
"""Schemas within a schema, where each reference stands for what it refers to."""
AUTOMATON = 2**18
"""Bytes of a regular expression when it is compiled."""
KEPT = 128
"""Schemas that are kept compiled."""
LONGEST = 300
"""Characters that a violation is told in."""
DRAFT = "https://json-schema.org/draft/2020-12/schema"
ELSEWHERE = ("$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef")
"""Words by which a schema refers in other ways than by a path within it."""
LINEAR = jsonschema_rs.RegexOptions(size_limit=AUTOMATON, dfa_size_limit=AUTOMATON)

ENDLESS = "to check so much against such a schema takes too long; send less of it"

Violation = tuple[tuple[str | int, ...], str]
"""The path to what is wrong, and what is wrong with it."""


def checked_schema(schema: Any, field: str) -> dict[str, Any] | None:
    """A schema that can be kept and asked; None stays so. Raises Invalid."""
    if schema is None:
        return None
    if not isinstance(schema, dict):
        raise Invalid("a JSON Schema is an object", field)
    try:
        text = orjson.dumps(sound_document(schema))
        _require_bounded(schema, len(text))
        _compiled(text)
    except jsonschema_rs.ValidationError as error:
        said = f"this is no JSON Schema: {error.message[:LONGEST]}"
        raise Invalid(said, field, *map(str, error.instance_path)) from error
    except RecursionError as error:
        raise Invalid("its references lead to one another too far", field) from error
    except (ValueError, TypeError) as error:
        raise Invalid(f"this JSON Schema cannot be used: {error}", field) from error
    return schema


def violation(schema: dict[str, Any], data: Any) -> Violation | None:
    """The first thing in some data that a checked schema does not allow."""
    text = orjson.dumps(schema)
    if _weighed(text).endless(data):
        return (), ENDLESS
    validator = _compiled(text)
    try:
        error = next(validator.iter_errors(data), None)
    except ValueError as error:
        return (), f"this cannot be checked: {error}"[:LONGEST]
    return error and ((*error.instance_path, *_named(error)), _said(error))


@lru_cache(KEPT)
def _compiled(text: bytes) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        orjson.loads(text), retriever=_never, pattern_options=LINEAR, mask="this"
    )


@lru_cache(KEPT)
def _weighed(text: bytes) -> Weighed:
    return weighed(orjson.loads(text))


def _never(uri: str) -> NoReturn:
    raise ValueError(f"{uri!r} is not fetched; refer to a place within the schema")


def _said(error: jsonschema_rs.ValidationError) -> str:
    return error.message[:LONGEST]


def _named(error: jsonschema_rs.ValidationError) -> tuple[str, ...]:
    """The property that is missing, or that should not be there."""
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            return (name,)
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=names):
            return (names[0],)
        case _:
            return ()


def _require_bounded(schema: dict[str, Any], size: int) -> None:
    """Raises ValueError for what would take long, or more than the schema itself."""
    if size > SIZE:
        raise ValueError(f"it has at most {SIZE} bytes, not {size}")
    if schema.get("$schema", DRAFT) != DRAFT:
        raise ValueError(f"its $schema is {DRAFT!r}, or is left out")
    patterns = list(_patterns(schema))
    if len(patterns) > PATTERNS:
        raise ValueError(f"it has at most {PATTERNS} patterns, not {len(patterns)}")
    if any(len(one.encode()) > PATTERN for one in patterns):
        raise ValueError(f"a pattern has at most {PATTERN} bytes")
    _expanded(schema, schema, {})


def _patterns(schema: Any) -> Iterator[str]:
    for word, value in parts(schema):
        if word == "pattern" and isinstance(value, str):
            yield value
        if word == "patternProperties" and isinstance(value, dict):
            yield from value
        if isinstance(value, dict | list):
            yield from _patterns(value)


def _expanded(whole: Any, schema: Any, known: dict[str, int | None]) -> int:
    """How many schemas it comes to. Raises ValueError for too many, or without end."""
    count = 1
    for word, value in parts(schema):
        if word in ELSEWHERE and isinstance(value, str):
            raise ValueError(f"a schema has no {word}; refer by '#/$defs/…'")
        if word == "$ref" and isinstance(value, str):
            count += _referred(whole, value, known)
        elif isinstance(value, dict | list):
            count += _expanded(whole, value, known)
        if count > EXPANDED:
            raise ValueError(f"with its references it has more than {EXPANDED} parts")
    return count


def _referred(whole: Any, reference: str, known: dict[str, int | None]) -> int:
    """As `_expanded`, of what is referred to. It is None while that is counted."""
    if reference not in known:
        known[reference] = None
        known[reference] = _expanded(whole, found(whole, reference), known)
    if (count := known[reference]) is None:
        raise ValueError(f"{reference!r} refers to itself")
    return count
