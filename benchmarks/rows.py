"""The rows of each table of a world, as they came."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from benchmarks.world import (
    ALERTS,
    ANALYSES,
    ODD,
    POINTS,
    RESULTS,
    RULES,
    WIDTH,
    World,
    arrived,
    chance,
    email,
)
from db import models
from db.base import Base
from resolvers.access import BaseRole
from tests.factories import CONDITION, ROLES

Row = dict[str, Any]


def _row(world: World, model: type[Base], number: int, dataset: int) -> Row:
    came = arrived(model, number)
    owner = world.owner(world.owners[dataset])
    return {"id": came.id, "created_at": came.at, "owner_id": owner}


def _users(world: World) -> Iterator[Row]:
    for number in range(world.size.owners + 1):
        came = arrived(models.User, number)
        yield {
            "id": came.id,
            "created_at": came.at,
            "email": email(number),
            "password_hash": world.password_hash,
            "role_id": ROLES[BaseRole.USER],
        }


def _datasets(world: World) -> Iterator[Row]:
    for number in range(len(world.owners)):
        yield _row(world, models.Dataset, number, number) | {
            "name": f"Bearing {number * 7919 % 10_000}",
            "description": f"The bearing of line {number % 40}, at the drive end",
            "tags": ["bearing", f"line-{number % 40}"],
            "schema": _columns(),
            "status": models.DatasetStatus.PROCESSED,
            "row_count": 1_000 + number,
            "column_count": WIDTH,
            "size_bytes": 80_000 + number,
            "processed_at": arrived(models.Dataset, number).at,
        }


def _uploads(world: World) -> Iterator[Row]:
    for number in range(len(world.owners)):
        yield _row(world, models.FileUpload, number, number) | {
            "dataset_id": arrived(models.Dataset, number).id,
            "original_filename": f"bearing-{number}.csv",
            "file_size": 90_000 + number,
            "sha256": f"{number:064x}",
            "status": models.FileUploadStatus.COMPLETED,
            "row_count": 1_000 + number,
            "columns": [one["name"] for one in _columns()],
        }


def _versions(world: World) -> Iterator[Row]:
    for number in range(len(world.owners)):
        yield _row(world, models.DatasetVersion, number, number) | {
            "dataset_id": arrived(models.Dataset, number).id,
            "file_upload_id": arrived(models.FileUpload, number).id,
            "number": 1,
            "sha256": f"{number:064x}",
            "row_count": 1_000 + number,
            "column_count": WIDTH,
            "size_bytes": 80_000 + number,
            "schema": _columns(),
            "profile": [],
            "file_path": f"tables/{number}",
        }


def _results(world: World) -> Iterator[Row]:
    for number in range(len(world.owners) * RESULTS):
        version = number // RESULTS
        yield _row(world, models.ReductionResult, number, version) | {
            "file_upload_id": arrived(models.FileUpload, version).id,
            "dataset_version_id": arrived(models.DatasetVersion, version).id,
            "config_id": UUID(int=1),
            "x_values": [0.0, 1.0],
            "y_values": [0.0, 0.5],
            "point_count": 2,
            "feature_count": WIDTH,
            "cost": 0.1 / (1 + number % 9),
            "evaluations": 90 + number % 50,
            "reference_path": f"references/{number}",
            "reference_sha256": f"{number:064x}",
        }


def _analyses(world: World) -> Iterator[Row]:
    for number in range(world.analyses):
        result = number // ANALYSES
        version = result // RESULTS
        yield _row(world, models.Analysis, number, version) | {
            "name": f"Watch {number * 7919 % 100_000}",
            "dataset_id": arrived(models.Dataset, version).id,
            "dataset_version_id": arrived(models.DatasetVersion, version).id,
            "file_upload_id": arrived(models.FileUpload, version).id,
            "dinsight_id": arrived(models.ReductionResult, result).id,
            "config_id": UUID(int=1),
            "kind": models.AnalysisKind.MONITORING,
            "status": models.AnalysisStatus.RUNNING,
        }


def _rules(world: World) -> Iterator[Row]:
    severities = list(models.Severity)
    for number in range(len(world.owners) * RULES):
        dataset = number // RULES
        yield _row(world, models.AlertRule, number, dataset) | {
            "dataset_id": arrived(models.Dataset, dataset).id,
            "name": f"Rule {number * 7919 % 10_000}",
            "condition": CONDITION,
            "severity": severities[number % len(severities)],
        }


def _points(world: World) -> Iterator[Row]:
    given = chance("values").normal(10, 3, (997, WIDTH)).tolist()
    for number in range(POINTS * world.analyses):
        place, turn = divmod(number, world.analyses)
        analysis = world.order[turn]
        result = analysis // ANALYSES
        row = _row(world, models.MonitorPoint, number, result // RESULTS)
        distance = world.distances[number]
        yield row | {
            "analysis_id": arrived(models.Analysis, analysis).id,
            "dinsight_id": arrived(models.ReductionResult, result).id,
            "process_order": place,
            "timestamp": row["created_at"],
            "monitor_values": given[number % 997],
            "x": distance / 3,
            "y": distance / -7,
            "distance": distance + (3.41 if place in ODD else 0),
            "threshold": 3.41,
            "residual": distance / 11,
        }


def _anomalies(world: World) -> Iterator[Row]:
    drawn = chance("severities").random(POINTS * world.analyses).tolist()
    for point in range(POINTS * world.analyses):
        place, turn = divmod(point, world.analyses)
        if place in ODD:
            yield _anomaly(world, point, place, world.order[turn], drawn[point])


def _anomaly(world: World, number: int, place: int, analysis: int, drawn: float) -> Row:
    dataset = analysis // ANALYSES // RESULTS
    row = _row(world, models.Anomaly, number, dataset)
    distance, seen = world.distances[number], number * 7919 % 10 < 6
    return row | {
        "analysis_id": arrived(models.Analysis, analysis).id,
        "dataset_id": arrived(models.Dataset, dataset).id,
        "monitor_point_id": arrived(models.MonitorPoint, number).id,
        "process_order": place,
        "timestamp": arrived(models.MonitorPoint, number).at,
        "severity": _severity(drawn),
        "distance": 3.41 + distance,
        "threshold": 3.41,
        "features": [{"name": "f_0", "value": 12.5, "share": 0.4}],
        "acknowledged": seen,
        "acknowledged_by": row["owner_id"] if seen else None,
        "acknowledged_at": row["created_at"] if seen else None,
    }


def _alerts(world: World) -> Iterator[Row]:
    watched = [turn for turn, one in enumerate(world.order) if one % 4 == 0]
    for number in range(ALERTS * len(watched)):
        which, turn = divmod(number, len(watched))
        yield _alert(world, number, which, watched[turn])


def _alert(world: World, number: int, which: int, turn: int) -> Row:
    analysis = world.order[turn]
    dataset = analysis // ANALYSES // RESULTS
    point = ODD[which % len(ODD)] * world.analyses + turn
    row = _row(world, models.Alert, number, dataset)
    status = list(models.AlertStatus)[1 + number * 7919 % 3]
    over = status is models.AlertStatus.RESOLVED
    return row | {
        "alert_rule_id": arrived(models.AlertRule, dataset * RULES + which % RULES).id,
        "dataset_id": arrived(models.Dataset, dataset).id,
        "analysis_id": arrived(models.Analysis, analysis).id,
        "anomaly_id": arrived(models.Anomaly, point).id,
        "status": status,
        "severity": _severity(number * 7919 % 1_000 / 1_000),
        "fingerprint": f"{number:064x}",
        "occurrences": 1 + number * 31 % 17,
        "data": {"value": 3.0, "threshold": 1.0},
        "triggered_at": row["created_at"],
        "last_fired_at": row["created_at"],
        "resolved_at": row["created_at"] if over else None,
    }


def _columns() -> list[Row]:
    return [
        {"name": f"f_{place}", "type": "float", "nullable": False}
        for place in range(WIDTH)
    ]


def _severity(drawn: float) -> models.Severity:
    """Most are low, one in twenty is critical."""
    bounds = zip((0.6, 0.85, 0.95, 1.0), models.Severity, strict=True)
    return next(one for bound, one in bounds if drawn < bound)


ROWS: Mapping[type[Base], Callable[[World], Iterator[Row]]] = {
    models.User: _users,
    models.Dataset: _datasets,
    models.FileUpload: _uploads,
    models.DatasetVersion: _versions,
    models.ReductionResult: _results,
    models.Analysis: _analyses,
    models.AlertRule: _rules,
    models.MonitorPoint: _points,
    models.Anomaly: _anomalies,
    models.Alert: _alerts,
}
"""What makes the rows of a table, parents first."""
