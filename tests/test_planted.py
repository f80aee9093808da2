"""A fault in one execution is found by comparing it with the other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from db.dialects import as_text, say
from db.types import Moment
from resolvers import statements
from resolvers.access import SYSTEM, Actor, visible
from resolvers.equipment import Equipment
from resolvers.lists import Listing, windowed
from schema import documents
from tests.differences import asking, search

ENOUGH = 300
"""Operations among which there must be one that shows a fault."""


def as_the_database_does(column: Any) -> Any:
    """An encoder that leaves it to the database how a moment is written."""
    kept = isinstance(column.type, Moment)
    return say("escaped", sa.cast(column, sa.Text)) if kept else as_text(column)


def page_turned_round(rows: Any, model: Any, listing: Listing, **named: Any) -> Any:
    """A page after a cursor that is taken for one before it."""
    turned = replace(listing, after=listing.before, before=listing.after)
    return windowed(rows, model, turned, **named)


def filter_forgotten(rows: Any, model: Any, listing: Listing, **named: Any) -> Any:
    """A page that heeds no conditions."""
    return windowed(rows, model, replace(listing, conditions=()), **named)


def everybodys(actor: Actor, model: Any, *, by_key: bool = False) -> Any:
    """What is visible at the root, whoever owns it."""
    return visible(actor if by_key else SYSTEM, model, by_key=by_key)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("as_text", as_the_database_does),
        ("windowed", page_turned_round),
        ("windowed", filter_forgotten),
        ("visible", everybodys),
    ],
)
def test_a_planted_fault_is_found(
    database_url: str,
    equipment: Equipment,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    fault: Callable[..., Any],
) -> None:
    monkeypatch.setattr(documents, "SHELF", documents.Shelf())  # a plan is kept
    monkeypatch.setattr(statements, name, fault)
    with asking(database_url, equipment) as (run, both), pytest.raises(AssertionError):
        search(run, both, ENOUGH, lambda: None)
