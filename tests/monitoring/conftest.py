"""A machine that is watched: a map of it, and rows that are usual and unusual."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from compute import maps
from compute.parameters import Parameters
from compute.results import Fitted
from compute.tables.limits import Limits
from compute.tables.process import process
from db.models import Analysis, Dataset
from resolvers.access import Actor
from schema.ids import spell
from tests.compute.spectra import spectra
from tests.conftest import Ask, Save
from tests.factories import a_dataset, a_result, a_version, an_analysis, an_upload
from tests.journeys import INGEST, csv, errors
from tests.web import bearer, web

__all__ = ["bearer", "web"]

WIDTH = 16
NAMES = [f"f_{n}" for n in range(WIDTH)]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULE = """mutation ($input: AlertRuleCreateInput!) { alertRuleCreate(input: $input) {
  alertRule { id version name severity isActive openAlerts condition { metric operator
    threshold window minimumSeverity for keepFiringFor severityBands } }
  userErrors { code message field } } }"""
ALERTS = """{ alerts(orderBy: {field: CREATED_AT, direction: ASC}) { totalCount nodes {
  id version status severity occurrences triggeredAt lastFiredAt resolvedAt data note
  rule { id openAlerts } analysis { id } anomaly { processOrder } } } }"""


@dataclass(frozen=True)
class Known:
    """A map of a machine, and rows of which it is known what it says of them."""

    content: bytes
    fitted: Fitted
    usual: list[list[float]]
    unusual: list[list[float]]


@dataclass(frozen=True)
class Machine:
    """One that is watched by an analysis, which is running."""

    ask: Ask
    known: Known
    row: Analysis
    dataset_row: Dataset

    @property
    def analysis(self) -> str:
        return spell(self.row)

    @property
    def dataset(self) -> str:
        return spell(self.dataset_row)

    def values(self, pattern: str) -> list[list[float]]:
        """Rows of measurements: `.` is a usual one, and `x` an anomaly."""
        rows = {".": self.known.usual, "x": self.known.unusual}
        return [list(rows[one][n % len(rows[one])]) for n, one in enumerate(pattern)]

    def points(
        self, pattern: str, first: int | None = None, at: float = 0, every: float = 1
    ) -> list[dict[str, Any]]:
        """The same as points: some seconds after noon, and each so much later."""
        orders = [None if first is None else first + n for n in range(len(pattern))]
        return [
            {
                "values": values,
                "processOrder": order,
                "timestamp": moment(at + n * every),
            }
            for n, (order, values) in enumerate(
                zip(orders, self.values(pattern), strict=True)
            )
        ]

    async def ingest(self, points: Sequence[dict[str, Any]], **given: Any) -> Any:
        """What the mutation answers."""
        asked = {"analysis": self.analysis, "points": list(points), **given}
        return (await self.ask(INGEST, input=asked))["monitorPointsIngest"]

    async def see(self, pattern: str, at: float = 0, every: float = 1) -> None:
        """Be sent points that are accepted."""
        payload = await self.ingest(self.points(pattern, None, at, every))
        assert payload["userErrors"] == []

    async def rule(self, **condition: Any) -> str:
        """The id of a rule; by default it fires for two anomalies of four points."""
        usual = {"metric": "ANOMALY_COUNT", "threshold": 2, "window": 4}
        payload = await self.ruled(condition={**usual, **condition})
        assert errors(payload) == []
        return payload["alertRule"]["id"]

    async def ruled(self, **given: Any) -> Any:
        usual = {"dataset": self.dataset, "name": "Anomalies", "severity": "HIGH"}
        return (await self.ask(RULE, input={**usual, **given}))["alertRuleCreate"]

    async def alerts(self) -> list[Any]:
        """All alerts, oldest first."""
        return (await self.ask(ALERTS))["alerts"]["nodes"]


def moment(seconds: float) -> str:
    """A moment as clients spell it, some seconds after noon."""
    return f"{NOON + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%fZ}"


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    home = tmp_path_factory.mktemp("known")
    rows, table, target = home / "rows.csv", home / "table", home / "reference"
    rows.write_bytes(csv(NAMES, spectra(80, width=WIDTH).tolist()))
    process([str(rows)], str(table), Limits())
    fitted = maps.fit(str(table), NAMES, Parameters(), str(target))
    usual = _scored(target, fitted, wear=0.0, anomalous=False)
    unusual = _scored(target, fitted, wear=2.0, anomalous=True)
    return Known(target.read_bytes(), fitted, usual, unusual)


def _scored(
    target: Path, fitted: Fitted, *, wear: float, anomalous: bool
) -> list[list[float]]:
    rows = spectra(60, wear=wear, seed=1, width=WIDTH).tolist()
    scores = maps.scored(str(target), fitted.sha256, rows, 3.0)
    pairs = zip(rows, scores.severity, strict=True)
    return [row for row, one in pairs if (one is not None) is anomalous]


@pytest.fixture
async def machine(
    ask: Ask, save: Save, analyst: Actor, known: Known, tmp_path: Path
) -> Machine:
    return await a_machine(ask, save, analyst, known, tmp_path)


async def a_machine(
    ask: Ask, save: Save, owner: Actor, known: Known, tmp_path: Path, **columns: Any
) -> Machine:
    """A machine of somebody's; the columns are its analysis's."""
    dataset = await save(a_dataset(owner))
    upload = await save(an_upload(owner, dataset_id=dataset.id, columns=NAMES))
    version = await save(a_version(dataset, upload))
    fitted = known.fitted
    shape = {"x_values": fitted.x, "y_values": fitted.y, "point_count": len(fitted.x)}
    shape["feature_count"] = len(NAMES)
    kept = {"reference_path": "references/known", "reference_sha256": fitted.sha256}
    result = await save(a_result(version, **shape, **kept))
    path = tmp_path / "files" / "references" / "known"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(known.content)
    about = {"dinsight_id": result.id, "dataset_version_id": version.id}
    analysis = await save(an_analysis(dataset, **{**about, **columns}))
    return Machine(ask, known, analysis, dataset)
