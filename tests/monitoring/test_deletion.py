"""What goes with a dataset, and what stays."""

from pathlib import Path
from typing import Any

from db.models import (
    Alert,
    AlertRule,
    Analysis,
    AnalysisKind,
    AnalysisStatus,
    Anomaly,
    Dataset,
    DatasetVersion,
    FileUpload,
    MonitorPoint,
    ReductionResult,
)
from db.session import Database
from schema.ids import spell
from tests.conftest import Ask, Save
from tests.factories import an_analysis
from tests.journeys import counted, kept
from tests.monitoring.conftest import Machine

DELETE = """mutation ($id: ID!) { datasetDelete(input: {id: $id}) {
  deletedId userErrors { code } } }"""
ANALYSIS = """query ($id: ID!) { analysis(id: $id) { results dataset { id }
  datasetVersion { id } fileUpload { id } } }"""
GONE = (
    *(Alert, AlertRule, Anomaly, MonitorPoint, ReductionResult),
    *(Dataset, DatasetVersion, FileUpload),
)


async def test_with_a_dataset_all_goes_that_means_nothing_without_it(
    ask: Ask, save: Save, machine: Machine, database: Database, tmp_path: Path
) -> None:
    done: dict[str, Any] = {"status": AnalysisStatus.COMPLETED, "results": {"gaps": {}}}
    dataset = machine.dataset_row
    given = {"dataset_version_id": machine.row.dataset_version_id, **done}
    general = await save(an_analysis(dataset, kind=AnalysisKind.GENERAL, **given))
    await save(an_analysis(dataset, kind=AnalysisKind.REDUCTION, **given))
    await machine.rule(window=1, threshold=1)
    await machine.see("..xx")
    assert len(kept(tmp_path)) == 1
    deleted = (await ask(DELETE, id=machine.dataset))["datasetDelete"]
    assert deleted == {"deletedId": machine.dataset, "userErrors": []}
    for model in GONE:
        assert await counted(database, model) == 0
    assert await counted(database, Analysis) == 1
    assert kept(tmp_path) == []
    assert (await ask(ANALYSIS, id=spell(general)))["analysis"] == {
        "results": {"gaps": {}},
        "dataset": None,
        "datasetVersion": None,
        "fileUpload": None,
    }
