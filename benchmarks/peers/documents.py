"""The five operations, as the schema has it that PostGraphile makes of the tables."""

from collections.abc import Mapping

POSTGRAPHILE: Mapping[str, str] = {
    "Q1": """query One($id: UUID!, $owner: UUID!) {
  anomaly: anomalyByOwnerIdAndRowId(rowId: $id, ownerId: $owner) {
    id: rowId createdAt processOrder timestamp severity distance threshold acknowledged
  }
}""",
    "Q2": """query Flat($owner: UUID!, $after: Cursor) {
  monitorPoints: allMonitorData(
    first: 100, after: $after, condition: { ownerId: $owner }, orderBy: [ROW_ID_DESC]
  ) {
    nodes { id: rowId createdAt processOrder timestamp distance threshold }
  }
}""",
    "Q3": """query Nested($owner: UUID!, $after: Cursor) {
  datasets: allDatasets(
    first: 20, after: $after, condition: { ownerId: $owner }, orderBy: [ROW_ID_DESC]
  ) {
    nodes {
      id: rowId name status rowCount createdAt
      anomalies: anomaliesByDatasetId(
        first: 5, condition: { ownerId: $owner }, orderBy: [ROW_ID_DESC]
      ) {
        nodes { id: rowId severity distance timestamp acknowledged }
      }
    }
  }
}""",
    "Q4": """query Deep($owner: UUID!, $after: Cursor) {
  datasetVersions: allDatasetVersions(
    first: 20, after: $after, condition: { ownerId: $owner }, orderBy: [ROW_ID_DESC]
  ) {
    nodes {
      id: rowId number rowCount
      reductionResults: dinsightDataByDatasetVersionId(
        first: 3, condition: { ownerId: $owner }, orderBy: [ROW_ID_DESC]
      ) {
        nodes {
          id: rowId cost pointCount
          analyses: analysesByDinsightId(
            first: 10, condition: { ownerId: $owner }, orderBy: [ROW_ID_DESC]
          ) {
            nodes {
              id: rowId name status
              alerts: alertsByAnalysisId(
                first: 3, condition: { ownerId: $owner }, orderBy: [ROW_ID_DESC]
              ) {
                nodes { id: rowId severity status occurrences triggeredAt }
              }
            }
          }
        }
      }
    }
  }
}""",
    "Q5": """query Filtered($owner: UUID!, $severity: String!, $after: Cursor) {
  anomalies: allAnomalies(
    first: 50
    after: $after
    condition: { ownerId: $owner, acknowledged: false, severity: $severity }
    orderBy: [DISTANCE_DESC, ROW_ID_DESC]
  ) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id: rowId severity distance timestamp processOrder }
  }
}""",
}


def _order(field: str, order: str) -> str:
    return (
        f"{{ page: {field}(first: 1, orderBy: [{order}])"
        " { pageInfo { endCursor } } }"
    )


ORDERS: Mapping[str, str] = {
    "Q2": _order("allMonitorData", "ROW_ID_DESC"),
    "Q3": _order("allDatasets", "ROW_ID_DESC"),
    "Q4": _order("allDatasetVersions", "ROW_ID_DESC"),
    "Q5": _order("allAnomalies", "DISTANCE_DESC, ROW_ID_DESC"),
}
"""What has a first cursor of each order."""
