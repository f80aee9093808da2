"""How good a version is on what turned out to be true of its predictions."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.dialects import say
from db.models import Prediction, PredictionFeedback
from db.types import Several
from resolvers.access import Actor, visible
from resolvers.batches import IDS, text_of
from resolvers.context import Context
from resolvers.errors import patient
from resolvers.models.bins import binned

BINS = 15
"""Equal parts of the confidences, in which it is compared with what was true."""


@dataclass(frozen=True, slots=True)
class OfLabel:
    """Of one label."""

    label: str
    support: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Live:
    """Of a version, on the truths that are known."""

    count: int
    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    positive: str | None = None
    calibration_error: float | None = None
    labels: Sequence[OfLabel] = ()
    confusion: Mapping[str, Mapping[str, int]] | None = None
    """How often each label was true, and of these how often each was said."""
    mae: float | None = None
    rmse: float | None = None


@dataclass(frozen=True, slots=True)
class Truths:
    """How often what was said of what was true, of versions by their ids."""

    def statement(self, actor: Actor, _: str) -> Any:
        of = PredictionFeedback
        ids = sa.bindparam(IDS, type_=Several(sa.Uuid()))
        rows = visible(actor, of, by_key=True)
        rows = rows.where(say("among", of.model_version_id, ids))
        rows = rows.join(Prediction, Prediction.id == of.prediction_id)
        error = of.actual_value - Prediction.output_data["value"].as_float()
        part = binned(Prediction.confidence, BINS)
        group = (of.model_version_id, of.predicted_label, of.actual_label, part)
        return rows.with_only_columns(
            *group,
            sa.func.count(),
            sa.func.sum(Prediction.confidence),
            sa.func.count(error),
            sa.func.sum(sa.func.abs(error)),
            sa.func.sum(error * error),
        ).group_by(*group)


@dataclass(frozen=True, slots=True)
class Group:
    """Truths that have in common what was said, what was true, and how surely."""

    said: str | None
    true: str | None
    bin: int | None
    count: int
    confidence: float | None
    numbers: int
    absolute: float | None
    squared: float | None


async def live(context: Context, ids: Sequence[UUID]) -> list[Live]:
    """The figures of versions, by one statement."""
    asked: Any = Truths()
    text, reads = text_of(asked, context.actor, context.database.speech)
    given = {"viewer": context.actor.user_id, IDS: ids}
    with patient():
        found = [*map(list, await context.database.direct.rows(text, given))]
    of: dict[UUID, list[Group]] = {id_: [] for id_ in ids}
    for row in found:
        for place, read in reads:
            row[place] = read(row[place])
        of[row[0]].append(Group(*row[1:]))
    return [figures(of[id_]) for id_ in ids]


def figures(groups: Sequence[Group]) -> Live:
    """What groups of truths say together. A prediction that failed is a wrong one."""
    labelled = [one for one in groups if one.true is not None]
    numbers = sum(one.numbers for one in groups)
    return Live(
        count=sum(one.count for one in groups),
        **(_of_labels(labelled) if labelled else {}),
        **(_of_numbers(groups, numbers) if numbers else {}),
    )


def _of_labels(groups: Sequence[Group]) -> dict[str, Any]:
    pairs = Counter[tuple[str | None, str | None]]()
    for one in groups:
        pairs[one.true, one.said] += one.count
    names = sorted({name for pair in pairs for name in pair if name is not None})
    labels = [_of_label(name, pairs) for name in names]
    total = sum(pairs.values())
    positive = min(labels, key=lambda one: one.support) if len(labels) == 2 else None
    chosen = [positive] if positive else labels
    return {
        "accuracy": sum(pairs[name, name] for name in names) / total,
        **{name: _mean(getattr(one, name) for one in chosen) for name in MEANS},
        "positive": positive and positive.label,
        "calibration_error": _miscalibrated(groups),
        "labels": labels,
        "confusion": {
            true: {said: pairs[true, said] for said in names} for true in names
        },
    }


MEANS = ("precision", "recall", "f1")


def _of_label(name: str, pairs: Counter[tuple[str | None, str | None]]) -> OfLabel:
    right = pairs[name, name]
    support = sum(count for (true, _), count in pairs.items() if true == name)
    said = sum(count for (_, said), count in pairs.items() if said == name)
    both = support + said
    return OfLabel(
        name,
        support,
        right / said if said else None,
        right / support if support else None,
        2 * right / both if both else None,
    )


def _of_numbers(groups: Sequence[Group], count: int) -> dict[str, Any]:
    absolute = sum(one.absolute or 0 for one in groups)
    squared = sum(one.squared or 0 for one in groups)
    return {"mae": absolute / count, "rmse": math.sqrt(squared / count)}


def _miscalibrated(groups: Iterable[Group]) -> float | None:
    """How far confidences are from shares of right answers, bin by bin, on average."""
    surely = [one for one in groups if one.confidence is not None]
    total = sum(one.count for one in surely)
    gaps: dict[int | None, float] = {}
    for one in surely:
        right = one.count if one.said == one.true else 0
        gaps[one.bin] = gaps.get(one.bin, 0.0) + right - (one.confidence or 0)
    return sum(map(abs, gaps.values())) / total if total else None


def _mean(values: Iterable[float | None]) -> float | None:
    """The mean; what has no figure counts as 0, as it does in training."""
    known = [value or 0.0 for value in values]
    return sum(known) / len(known) if known else None
