"""What is known of a plan before anything is learnt: by the schema and the profile."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from compute.learning.plans import (
    FEWEST,
    FOLDS,
    LABELS,
    Algorithm,
    Plan,
    Split,
    Task,
)
from compute.learning.ranges import ALGORITHMS, settled
from compute.tables.errors import shown
from db.models import DatasetVersion, ModelTask
from resolvers.errors import Invalid

SPAM = {"spam", "ham", "fraud", "legitimate"}
"""Labels of texts that make a model one for spam."""
NUMBERS = {"integer", "float"}


@dataclass(frozen=True, slots=True)
class Columns:
    """What a version's columns hold, by their names."""

    kinds: Mapping[str, str]
    profiles: Mapping[str, Mapping[str, Any]]
    rows: int

    def values(self, name: str) -> int | None:
        """How many different values a column has; of very many, about how many."""
        return self.profiles.get(name, {}).get("uniques")

    def filled(self, name: str) -> int:
        """How many rows have a value in a column."""
        return self.rows - self.profiles.get(name, {}).get("nulls", 0)

    def labels(self, name: str) -> set[str] | None:
        """All values of a column, if these are few and texts."""
        top = self.profiles.get(name, {}).get("top", [])
        return {one["value"] for one in top} if len(top) == self.values(name) else None


def columns_of(version: DatasetVersion) -> Columns:
    kinds = {column["name"]: column["type"] for column in version.schema}
    profiles = {column["name"]: column for column in version.profile}
    return Columns(kinds, profiles, version.row_count)


def require_sound(plan: Plan, columns: Columns) -> None:
    """Raise Invalid for what can be seen to be wrong, naming the argument."""
    _require_numbers(plan)
    _require_algorithm(plan)
    _require_known([plan.target], columns, "target")
    _require_target(plan, columns)
    _require_features(plan, columns)


def purposes(plan: Plan, columns: Columns) -> Sequence[ModelTask]:
    """What a model may be for that this is learnt for, the narrowest first."""
    if plan.task is Task.REGRESSION:
        return (ModelTask.REGRESSION,)
    labels = columns.labels(plan.target)
    if plan.task is Task.TEXT_CLASSIFICATION and labels and labels <= SPAM:
        return (ModelTask.SPAM, ModelTask.CLASSIFICATION)
    return (ModelTask.CLASSIFICATION,)


def written(plan: Plan) -> dict[str, Any]:
    """A plan as it is kept."""
    enums = {"task": plan.task, "algorithm": plan.algorithm, "split": plan.split}
    return {**asdict(plan), **{name: one.value for name, one in enums.items()}}


def read(config: Mapping[str, Any]) -> Plan:
    """The plan that was written."""
    given = {name: config[name] for name in Plan.__dataclass_fields__}
    given["task"] = Task(given["task"])
    given["algorithm"] = Algorithm(given["algorithm"])
    given["split"] = Split(given["split"])
    return Plan(**given)


def _require_numbers(plan: Plan) -> None:
    fewest, most = FOLDS
    if not fewest <= plan.folds <= most:
        said = f"there are from {fewest} to {most} folds, not {plan.folds}"
        raise Invalid(said, "folds")
    if not 0 < plan.share < 1:
        raise Invalid(f"a share is between 0 and 1, not {plan.share}", "share")
    if plan.seed < 0:
        raise Invalid(f"a seed is 0 or more, not {plan.seed}", "seed")


def _require_algorithm(plan: Plan) -> None:
    known, parameters = ALGORITHMS[plan.task], _parameters(plan)
    if plan.algorithm is Algorithm.AUTO:
        if parameters:
            name = shown(next(iter(parameters)))
            said = f"{name} is no parameter of auto, which has none"
            raise Invalid(said, "parameters")
        return
    if plan.algorithm not in known:
        said = f"{plan.algorithm} is not for {plan.task}; it is done by auto"
        raise Invalid(", ".join([said, *known]), "algorithm")
    try:
        settled(plan.algorithm, parameters)
    except ValueError as error:
        raise Invalid(str(error), "parameters") from error


def _parameters(plan: Plan) -> dict[str, Any]:
    said: Any = plan.parameters
    if not isinstance(said, dict):
        raise Invalid(f"parameters are an object, not {shown(said)}", "parameters")
    return said


def _require_target(plan: Plan, columns: Columns) -> None:
    name, count = shown(plan.target), columns.filled(plan.target)
    values, kind = columns.values(plan.target), columns.kinds[plan.target]
    if not count:
        raise Invalid(f"all cells of the target {name} are empty", "target")
    if count < FEWEST:
        said = f"there are {count} rows to learn from, and {FEWEST} are the fewest"
        raise Invalid(said, "target")
    if values == 1:
        said = f"the target {name} is the same in all rows; there is nothing to learn"
        raise Invalid(said, "target")
    if plan.task is Task.REGRESSION:
        if kind not in NUMBERS:
            said = f"the target {name} holds {kind} values; regression needs numbers"
            raise Invalid(said, "target")
    elif values and values > LABELS:
        said = f"the target {name} has more than {LABELS} different values"
        raise Invalid(f"{said}, which is the most that labels may have", "target")


def _require_features(plan: Plan, columns: Columns) -> None:
    if plan.features is not None:
        _require_known(plan.features, columns, "features")
        if not plan.features:
            raise Invalid("of no feature can anything be learnt", "features")
        if len(set(plan.features)) < len(plan.features):
            raise Invalid("each feature is named once", "features")
        if plan.target in plan.features:
            said = f"the target {shown(plan.target)} cannot be a feature as well"
            raise Invalid(said, "features")
    if plan.task is Task.TEXT_CLASSIFICATION:
        _require_text(plan, columns)
    elif len(columns.kinds) < 2:
        raise Invalid(f"there is no column beside {shown(plan.target)}", "features")


def _require_text(plan: Plan, columns: Columns) -> None:
    """One column of texts: the one that is said, or the only one there is."""
    texts = [name for name, kind in columns.kinds.items() if kind == "text"]
    found = plan.features or [name for name in texts if name != plan.target]
    if len(found) != 1:
        told = ", ".join(map(shown, found)) or "none"
        said = f"a text is one column of texts, which is named; here are {len(found)}"
        raise Invalid(f"{said}: {told}", "features")
    if found[0] not in texts:
        kind = columns.kinds[found[0]]
        said = f"the column {shown(found[0])} holds {kind} values, and texts are needed"
        raise Invalid(said, "features")


def _require_known(names: Sequence[str], columns: Columns, field: str) -> None:
    for name in names:
        if name not in columns.kinds:
            known = ", ".join(map(shown, list(columns.kinds)[:20]))
            more = ", …" if len(columns.kinds) > 20 else ""
            said = f"there is no column {shown(name)}; there are {known}{more}"
            raise Invalid(said, field)
