"""How good a version is, on what turned out to be true."""

from typing import Any

import strawberry
from strawberry.scalars import JSON

from resolvers.models import figures
from schema.nodes import Info


@strawberry.type
class LabelFigures:
    """How good a version is with one label."""

    label: str
    """The label."""
    support: int
    """Truths of this label."""
    precision: float | None
    """The share of those labelled so that are so; null where none was."""
    recall: float | None
    """The share of those that are so that were labelled so; null where none is."""
    f1: float | None
    """The harmonic mean of both."""


@strawberry.type
class LiveFigures:
    """How good a version is on the truths that are known of its predictions.

    A prediction that failed is a wrong one.
    """

    count: int
    """Truths that are known; each source counts for itself."""
    accuracy: float | None
    """The share of labels that were foretold rightly."""
    precision: float | None
    """Of two labels that of `positive`; of more the mean over the labels."""
    recall: float | None
    """As precision."""
    f1: float | None
    """As precision."""
    positive: str | None
    """The rarer of two labels."""
    calibration_error: float | None
    """How far confidences are from shares of right answers, from 0 to 1."""
    labels: list[LabelFigures]
    """Label by label."""
    confusion: JSON | None
    """By each label that was true, how often each label was said."""
    mae: float | None
    """Of numbers: how far they are from what was foretold, on average."""
    rmse: float | None
    """Of numbers: the root of the mean of these distances squared."""


async def live(root: Any, info: Info) -> LiveFigures | None:
    """How good it is on what turned out to be true; null where nothing is known.

    The figures of its training are among its metrics.
    """

    async def batch(ids: list[Any]) -> list[figures.Live]:
        return await figures.live(info.context, ids)

    found = await info.context.loaders.of(figures.live, batch).load(root.id)
    if not found.count:
        return None
    said = {name: getattr(found, name) for name in found.__dataclass_fields__}
    said["labels"] = [_label(one) for one in found.labels]
    return LiveFigures(**said)


def _label(one: figures.OfLabel) -> LabelFigures:
    return LabelFigures(
        label=one.label,
        support=one.support,
        precision=one.precision,
        recall=one.recall,
        f1=one.f1,
    )
