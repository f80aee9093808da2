"""What a person would ask PostgreSQL: parameters are the owner, then what varies."""

from collections.abc import Mapping


def moment(column: str) -> str:
    return (
        f"to_char({column} AT TIME ZONE 'UTC', "
        """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    )


def identity(prefix: str, row: str) -> str:
    return f"'{prefix}_' || replace({row}.id::text, '-', '')"


MINE = "CASE owner_id WHEN $1 THEN true END"
"""The owner of rows that a key finds, so said that nobody looks up all that they own,
and that most are taken to be theirs: else few are expected, and all of them sorted."""

ONE = f"""
SELECT json_build_object('data', json_build_object('anomaly', (
  SELECT json_build_object(
    'id', {identity("anomaly", "a")},
    'createdAt', {moment("a.created_at")},
    'processOrder', a.process_order,
    'timestamp', {moment("a.timestamp")},
    'severity', upper(a.severity),
    'distance', a.distance,
    'threshold', a.threshold,
    'acknowledged', a.acknowledged)
  FROM anomalies a WHERE a.id = $2 AND a.owner_id = $1)))::text"""

FLAT = f"""
SELECT json_build_object('data', json_build_object('monitorPoints', json_build_object(
  'nodes', coalesce(json_agg(json_build_object(
    'id', {identity("monitor_point", "p")},
    'createdAt', {moment("p.created_at")},
    'processOrder', p.process_order,
    'timestamp', {moment("p.timestamp")},
    'distance', p.distance,
    'threshold', p.threshold)), '[]'))))::text
FROM (SELECT * FROM monitor_data WHERE owner_id = $1 {{after}}
      ORDER BY id DESC LIMIT 100) p"""

NESTED = f"""
SELECT json_build_object('data', json_build_object('datasets', json_build_object(
  'nodes', coalesce(json_agg(json_build_object(
    'id', {identity("dataset", "d")},
    'name', d.name,
    'status', upper(d.status),
    'rowCount', d.row_count,
    'createdAt', {moment("d.created_at")},
    'anomalies', (
      SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', {identity("anomaly", "a")},
        'severity', upper(a.severity),
        'distance', a.distance,
        'timestamp', {moment("a.timestamp")},
        'acknowledged', a.acknowledged)), '[]'))
      FROM (SELECT * FROM anomalies WHERE dataset_id = d.id AND {MINE}
            ORDER BY id DESC LIMIT 5) a))), '[]'))))::text
FROM (SELECT * FROM datasets WHERE owner_id = $1 {{after}}
      ORDER BY id DESC LIMIT 20) d"""

DEEP = f"""
SELECT json_build_object('data', json_build_object('datasetVersions', json_build_object(
  'nodes', coalesce(json_agg(json_build_object(
    'id', {identity("dataset_version", "v")},
    'number', v.number,
    'rowCount', v.row_count,
    'reductionResults', (
      SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', {identity("reduction_result", "r")},
        'cost', r.cost,
        'pointCount', r.point_count,
        'analyses', (
          SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
            'id', {identity("analysis", "n")},
            'name', n.name,
            'status', upper(n.status),
            'alerts', (
              SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
                'id', {identity("alert", "t")},
                'severity', upper(t.severity),
                'status', upper(t.status),
                'occurrences', t.occurrences,
                'triggeredAt', {moment("t.triggered_at")})), '[]'))
              FROM (SELECT * FROM alerts WHERE analysis_id = n.id AND {MINE}
                    ORDER BY id DESC LIMIT 3) t))), '[]'))
          FROM (SELECT * FROM analyses WHERE dinsight_id = r.id AND {MINE}
                ORDER BY id DESC LIMIT 10) n))), '[]'))
      FROM (SELECT * FROM dinsight_data WHERE dataset_version_id = v.id
            AND {MINE} ORDER BY id DESC LIMIT 3) r))), '[]'))))::text
FROM (SELECT * FROM dataset_versions WHERE owner_id = $1 {{after}}
      ORDER BY id DESC LIMIT 20) v"""

CHOSEN = "owner_id = $1 AND NOT acknowledged AND severity = $2"
CURSOR = """'anomalies.distance-' || encode(convert_to(json_build_array(
  a.distance, replace(a.id::text, '-', ''))::text, 'UTF8'), 'hex')"""

FILTERED = f"""
SELECT json_build_object('data', json_build_object('anomalies', json_build_object(
  'totalCount', (SELECT count(*) FROM anomalies WHERE {CHOSEN}),
  'pageInfo', json_build_object(
    'hasNextPage', count(*) > 50,
    'hasPreviousPage', {{later}},
    'startCursor', max({CURSOR}) FILTER (WHERE a.place = 1),
    'endCursor', max({CURSOR}) FILTER (WHERE a.place = least(a.rows, 50))),
  'nodes', coalesce(json_agg(json_build_object(
    'id', {identity("anomaly", "a")},
    'severity', upper(a.severity),
    'distance', a.distance,
    'timestamp', {moment("a.timestamp")},
    'processOrder', a.process_order)) FILTER (WHERE a.place <= 50), '[]'))))::text
FROM (SELECT few.*, row_number() OVER (ORDER BY distance DESC, id DESC) AS place,
             count(*) OVER () AS rows
      FROM (SELECT * FROM anomalies WHERE {CHOSEN} {{after}}
            ORDER BY distance DESC, id DESC LIMIT 51) few
      ORDER BY place) a"""

WHOLE: Mapping[str, tuple[str, str]] = {
    "Q1": (ONE, ""),
    "Q2": (FLAT, "AND id < $2"),
    "Q3": (NESTED, "AND id < $2"),
    "Q4": (DEEP, "AND id < $2"),
    "Q5": (FILTERED, "AND (distance, id) < ($3, $4)"),
}
"""Each statement, and what it says besides of rows after a cursor."""
