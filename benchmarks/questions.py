"""What is asked: five operations, as clients send them, and who sends them.

Ids and cursors vary from request to request. Every owner asks; one of eight is the one
who has a tenth of all rows.
"""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from benchmarks.world import ANALYSES, ODD, RESULTS, World, arrived
from db import models
from db.base import Base, label

ASKING, VARIANTS = 8, 16
"""Owners who ask, and how many different requests each of them has of a kind."""

DOCUMENTS = {
    "Q1": """query One($id: ID!) {
  anomaly(id: $id) {
    id createdAt processOrder timestamp severity distance threshold acknowledged
  }
}""",
    "Q2": """query Flat($after: String) {
  monitorPoints(first: 100, after: $after) {
    nodes { id createdAt processOrder timestamp distance threshold }
  }
}""",
    "Q3": """query Nested($after: String) {
  datasets(first: 20, after: $after) {
    nodes {
      id name status rowCount createdAt
      anomalies(first: 5) {
        nodes { id severity distance timestamp acknowledged }
      }
    }
  }
}""",
    "Q4": """query Deep($after: String) {
  datasetVersions(first: 20, after: $after) {
    nodes {
      id number rowCount
      reductionResults(first: 3) {
        nodes {
          id cost pointCount
          analyses(first: 10) {
            nodes {
              id name status
              alerts(first: 3) {
                nodes { id severity status occurrences triggeredAt }
              }
            }
          }
        }
      }
    }
  }
}""",
    "Q5": """query Filtered($severity: Severity!, $after: String) {
  anomalies(
    first: 50
    after: $after
    filter: { acknowledged: { eq: false }, severity: { eq: $severity } }
    orderBy: { field: DISTANCE, direction: DESC }
  ) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id severity distance timestamp processOrder }
  }
}""",
}
"""One object by id with 8 fields; a flat list of 100; an owner's 20 children with 5 of
theirs each; four levels, 20 x 3 x 10 x alerts; a connection, filtered and ordered."""


@dataclass(frozen=True, slots=True)
class Question:
    """An operation asked by somebody with some variables."""

    owner: UUID
    variables: dict[str, Any]


def asked(world: World, query: str) -> list[Question]:
    """The questions of one kind, each different; neighbours are of different owners."""
    return [
        Question(world.owner(owner), variables)
        for variant in range(VARIANTS)
        for owner in range(min(ASKING, world.size.owners + 1))
        for variables in [_variables(world, query, owner, variant)]
    ]


def _variables(world: World, query: str, owner: int, variant: int) -> dict[str, Any]:
    """Those of one request: every fourth asks for a first page."""
    datasets = world.datasets(owner)
    dataset = datasets[variant * 7 % len(datasets)]
    analysis = dataset * RESULTS * ANALYSES + variant
    point = ODD[variant % len(ODD)] * world.analyses + world.turns[analysis]
    oldest = datasets[min(20 + variant % 8, len(datasets) - 1)]
    after: dict[str, tuple[type[Base], int]] = {
        "Q2": (models.MonitorPoint, point),
        "Q3": (models.Dataset, oldest),
        "Q4": (models.DatasetVersion, oldest),
    }
    first = variant % 4 == 0
    if query == "Q1":
        model = models.Anomaly
        return {"id": f"{label(model)}_{arrived(model, point).id.hex}"}
    if query == "Q5":
        severity = ("LOW", "MEDIUM", "HIGH")[variant % 3]
        place = [4.5 + 0.1 * variant, arrived(models.Anomaly, point).id.hex]
        cursor = f"anomalies.distance-{json.dumps(place).encode().hex()}"
        return {"severity": severity, "after": None if first else cursor}
    model, number = after[query]
    cursor = f"{model.__tablename__}-{arrived(model, number).id.hex}"
    return {"after": None if first else cursor}
