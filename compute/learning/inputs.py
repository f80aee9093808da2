"""What a model of rows is given and what it gives, as JSON Schemas."""

from collections.abc import Sequence
from typing import Any

from compute.learning.columns import Column
from compute.learning.models import Examples
from compute.tables.arrow import pc
from compute.tables.cells import Cell, cells

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "boolean": {"type": "boolean"},
    "timestamp": {"type": "string", "format": "date-time"},
    "text": {"type": "string"},
}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}


def input_schema(columns: Sequence[Column]) -> dict[str, Any]:
    """A row: all columns, of which those that had gaps may be null or left out."""
    properties = {one.name: _kind(one) for one in columns}
    required = [one.name for one in columns if not one.gaps]
    return {"$schema": DRAFT, **_object(properties, required)}


def output_schema(labels: Sequence[str] | None) -> dict[str, Any]:
    """A label and the probability of each, or a value."""
    if labels:
        properties = {
            "label": {"type": "string", "enum": list(labels)},
            "probabilities": _object(dict.fromkeys(labels, SHARE), list(labels)),
        }
    else:
        properties = {"value": {"type": "number"}}
    return {"$schema": DRAFT, **_object(properties, list(properties))}


def example(columns: Sequence[Column], examples: Examples) -> dict[str, Cell]:
    """A row of the first values that there are of each column."""
    return {one.name: _first(one, examples) for one in columns}


def _kind(column: Column) -> dict[str, Any]:
    kind = TYPES[column.kind]
    return {**kind, "type": [kind["type"], "null"]} if column.gaps else kind


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _first(column: Column, examples: Examples) -> Cell:
    values = examples.columns[column.name]
    if column.kind == "float":
        values = values.filter(pc.is_finite(values))
    found = cells(values.drop_null()[:1])
    if not found:
        return None
    return f"{str(found[0]).rstrip('Z')}Z" if column.kind == "timestamp" else found[0]
