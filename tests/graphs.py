"""Graphs of rows, joined as the tables allow and with anything in their columns."""

from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st

from db.base import Base
from db.models import (
    Alert,
    Anomaly,
    ApiKey,
    Invitation,
    PlanSubscription,
    ProviderReservation,
    ProviderUsage,
)
from db.types import Floats, Moment, Money, Texts, dollars
from resolvers.access import Actor
from tests.drawing import MOMENTS, NUMBERS, TEXTS, WHOLE
from tests.factories import a_graph, a_point, an_alert, an_anomaly

ROUND = {
    *(
        "id",
        "actor_id",
        "entity_id",
        "version",
        "source",
        "condition",
        "fingerprint",
        "email",
    ),
    *("number", "process_order", "file_size", "progress", "seq"),
    *("acknowledged", "x_values", "y_values", "point_count", "feature_values"),
    *("row_count", "dim", "sha256", "merged_files"),
    *("actual_label", "attempt", "failed", "label", "task", "total"),
    *("labels", "sum_ms"),
}
"""Columns whose values must be as they are, for the sake of others."""
TIED: dict[type[Base], set[str]] = {
    Alert: {"cost_alert_type", "threshold_percentage"},
    Anomaly: {"acknowledged_at"},
    ApiKey: {"last_four", "rate_limit"},
    Invitation: {"max_uses", "uses"},
    PlanSubscription: {"status", "started_at", "ends_at"},
    ProviderReservation: {"settled_at", "actual"},
    ProviderUsage: {"requests_count", "tokens_input", "tokens_output"},
}
"""The same of one model."""
POSITIVE = {"distance", "inference_time_ms", "occurrences"}
SHARES = {"accuracy", "confidence", "f1_score", "precision", "recall"}

DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | WHOLE | NUMBERS | TEXTS,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(TEXTS, below, max_size=3)
    ),
    max_leaves=4,
)
BIG = st.integers(-(2**63), 2**63 - 1)
AMOUNTS = st.integers(0, 10**14).map(dollars)


@st.composite
def some_rows(draw: st.DrawFn, owners: list[Actor]) -> list[Base]:
    """A graph of one owner's, some of it by accident another's."""
    rows = a_graph(draw(st.sampled_from(owners)))
    for row in rows:
        for column in sa.inspect(type(row)).columns:
            changed(draw, row, column)
        if draw(st.integers(0, 99)) == 50:
            row.owner_id = draw(st.sampled_from(owners)).user_id  # pyright: ignore[reportAttributeAccessIssue]
    return rows + more(draw, rows)


def more(draw: st.DrawFn, rows: list[Any]) -> list[Base]:
    """A few more points, with what was found in them."""
    by_type = {type(row).__name__: row for row in rows}
    found: list[Base] = []
    for place in range(1, draw(st.integers(1, 4))):
        distance = draw(NUMBERS.map(abs))
        point = a_point(by_type["Analysis"], by_type["ReductionResult"], place)
        point.distance = distance
        anomaly = an_anomaly(point, by_type["Dataset"], distance=distance)
        found += [point, anomaly, an_alert(by_type["AlertRule"], anomaly_id=anomaly.id)]
    return found


def changed(draw: st.DrawFn, row: Any, column: Any) -> None:
    """Put anything into a column that may have anything."""
    kept = column.key in ROUND or column.unique or column in together(row)
    if kept or (column.foreign_keys and not column.nullable):
        return
    if any(isinstance(row, of) and column.key in keys for of, keys in TIED.items()):
        return
    if column.nullable and draw(st.integers(1, 4)) == 1:
        if column.key not in {"alert_rule_id", "dataset_id"}:
            setattr(row, column.key, None)
    elif column.key in SHARES:
        setattr(row, column.key, draw(st.floats(0, 1)))
    elif not column.foreign_keys:
        value = draw(values(column))
        setattr(row, column.key, abs(value) if column.key in POSITIVE else value)


def together(row: Any) -> set[Any]:
    """Columns that no two rows may have the same values in."""
    constraints = type(row).__table__.constraints
    alone = (one for one in constraints if isinstance(one, sa.UniqueConstraint))
    return {column for constraint in alone for column in constraint.columns}


def values(column: Any) -> st.SearchStrategy[Any]:
    kind = column.type
    if isinstance(kind, sa.Enum):
        return st.sampled_from(list(kind.enum_class or []))
    if isinstance(kind, sa.JSON):
        return DOCUMENTS if column.nullable else st.just({}) | DOCUMENTS.map(boxed)
    for of, strategy in (
        (Moment, MOMENTS),
        (Texts, st.lists(TEXTS, max_size=3)),
        (Floats, st.lists(NUMBERS, min_size=1, max_size=3)),
        (Money, AMOUNTS),
        (sa.Boolean, st.booleans()),
        (sa.Float, NUMBERS),
        (sa.BigInteger, BIG),
        (sa.Date, st.dates()),
        (sa.Uuid, st.uuids()),
        (sa.Integer, WHOLE),
    ):
        if isinstance(kind, of):
            return strategy
    return TEXTS


def boxed(document: Any) -> dict[str, Any]:
    return {"is": document}
