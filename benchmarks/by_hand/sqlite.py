"""What a person would ask SQLite: parameters are the owner, then what varies.

`json_real` is a function of Python's that gives every digit of a number: SQLite's own
`json_object` keeps fifteen. `+owner_id` has the foreign key's index be used.
"""

from collections.abc import Mapping


def moment(column: str) -> str:
    return f"replace({column}, ' ', 'T') || 'Z'"


def real(column: str) -> str:
    return f"json(json_real({column}))"


def truth(column: str) -> str:
    return f"json(CASE {column} WHEN 1 THEN 'true' ELSE 'false' END)"


ONE = f"""
SELECT json_object('data', json_object('anomaly', (
  SELECT json_object(
    'id', 'anomaly_' || a.id,
    'createdAt', {moment("a.created_at")},
    'processOrder', a.process_order,
    'timestamp', {moment("a.timestamp")},
    'severity', upper(a.severity),
    'distance', {real("a.distance")},
    'threshold', {real("a.threshold")},
    'acknowledged', {truth("a.acknowledged")})
  FROM anomalies a WHERE a.id = ?2 AND a.owner_id = ?1)))"""

FLAT = f"""
SELECT json_object('data', json_object('monitorPoints', json_object(
  'nodes', json_group_array(json_object(
    'id', 'monitor_point_' || p.id,
    'createdAt', {moment("p.created_at")},
    'processOrder', p.process_order,
    'timestamp', {moment("p.timestamp")},
    'distance', {real("p.distance")},
    'threshold', {real("p.threshold")})))))
FROM (SELECT * FROM monitor_data WHERE owner_id = ?1 {{after}}
      ORDER BY id DESC LIMIT 100) p"""

NESTED = f"""
SELECT json_object('data', json_object('datasets', json_object(
  'nodes', json_group_array(json_object(
    'id', 'dataset_' || d.id,
    'name', d.name,
    'status', upper(d.status),
    'rowCount', d.row_count,
    'createdAt', {moment("d.created_at")},
    'anomalies', (
      SELECT json_object('nodes', json_group_array(json_object(
        'id', 'anomaly_' || a.id,
        'severity', upper(a.severity),
        'distance', {real("a.distance")},
        'timestamp', {moment("a.timestamp")},
        'acknowledged', {truth("a.acknowledged")})))
      FROM (SELECT * FROM anomalies WHERE dataset_id = d.id AND +owner_id = ?1
            ORDER BY id DESC LIMIT 5) a))))))
FROM (SELECT * FROM datasets WHERE owner_id = ?1 {{after}}
      ORDER BY id DESC LIMIT 20) d"""

DEEP = f"""
WITH analysis AS (
  SELECT n.id, json_object(
    'id', 'analysis_' || n.id,
    'name', n.name,
    'status', upper(n.status),
    'alerts', (
      SELECT json_object('nodes', json_group_array(json_object(
        'id', 'alert_' || t.id,
        'severity', upper(t.severity),
        'status', upper(t.status),
        'occurrences', t.occurrences,
        'triggeredAt', {moment("t.triggered_at")})))
      FROM (SELECT * FROM alerts WHERE analysis_id = n.id AND +owner_id = ?1
            ORDER BY id DESC LIMIT 3) t)) AS node
  FROM analyses n),
result AS (
  SELECT r.id, '{{{{"id":"reduction_result_' || r.id
    || '","cost":' || json_real(r.cost)
    || ',"pointCount":' || r.point_count
    || ',"analyses":{{{{"nodes":[' || coalesce((
      SELECT group_concat(analysis.node)
      FROM (SELECT id FROM analyses WHERE dinsight_id = r.id AND +owner_id = ?1
            ORDER BY id DESC LIMIT 10) few
      CROSS JOIN analysis ON analysis.id = few.id), '')
    || ']}}}}}}}}' AS node
  FROM dinsight_data r)
SELECT '{{{{"data":{{{{"datasetVersions":{{{{"nodes":[' || coalesce(group_concat(
    '{{{{"id":"dataset_version_' || v.id
    || '","number":' || v.number
    || ',"rowCount":' || v.row_count
    || ',"reductionResults":{{{{"nodes":[' || coalesce((
      SELECT group_concat(result.node)
      FROM (SELECT id FROM dinsight_data WHERE dataset_version_id = v.id
            AND +owner_id = ?1 ORDER BY id DESC LIMIT 3) few
      CROSS JOIN result ON result.id = few.id), '')
    || ']}}}}}}}}'), '') || ']}}}}}}}}}}}}'
FROM (SELECT * FROM dataset_versions WHERE owner_id = ?1 {{after}}
      ORDER BY id DESC LIMIT 20) v"""
"""Its parser has a stack of 100: levels stand beside each other, not within. Between
them goes text, for which `json_object` would ask whether it is JSON."""

CHOSEN = "owner_id = ?1 AND NOT acknowledged AND severity = ?2"
CURSOR = f"""'anomalies.distance-' ||
  lower(hex(json_array({real("a.distance")}, a.id)))"""

FILTERED = f"""
SELECT json_object('data', json_object('anomalies', json_object(
  'totalCount', (SELECT count(*) FROM anomalies WHERE {CHOSEN}),
  'pageInfo', json_object(
    'hasNextPage', json(CASE WHEN count(*) > 50 THEN 'true' ELSE 'false' END),
    'hasPreviousPage', json('{{later}}'),
    'startCursor', max({CURSOR}) FILTER (WHERE a.place = 1),
    'endCursor', max({CURSOR}) FILTER (WHERE a.place = min(a.rows, 50))),
  'nodes', json_group_array(json_object(
    'id', 'anomaly_' || a.id,
    'severity', upper(a.severity),
    'distance', {real("a.distance")},
    'timestamp', {moment("a.timestamp")},
    'processOrder', a.process_order)) FILTER (WHERE a.place <= 50))))
FROM (SELECT few.*, row_number() OVER (ORDER BY distance DESC, id DESC) AS place,
             count(*) OVER () AS rows
      FROM (SELECT * FROM anomalies WHERE {CHOSEN} {{after}}
            ORDER BY distance DESC, id DESC LIMIT 51) few
      ORDER BY place) a"""

WHOLE: Mapping[str, tuple[str, str]] = {
    "Q1": (ONE, ""),
    "Q2": (FLAT, "AND id < ?2"),
    "Q3": (NESTED, "AND id < ?2"),
    "Q4": (DEEP, "AND id < ?2"),
    "Q5": (FILTERED, "AND (distance, id) < (?3, ?4)"),
}
"""Each statement, and what it says besides of rows after a cursor."""
