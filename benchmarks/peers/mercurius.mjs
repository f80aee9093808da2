// Mercurius with graphql-jit: the same schema, resolved by one statement a level.
// Ids are PostgreSQL's, moments its text and closed sets their stored words, since to
// change them would cost it more than it costs the product, which does it in SQL.

import Fastify from "fastify";
import mercurius from "mercurius";
import { query } from "./database.mjs";

const schema = `
  enum Direction { ASC DESC }
  enum AnomalyOrderField { DISTANCE }
  input AnomalyOrder { field: AnomalyOrderField! direction: Direction! }
  input BoolIs { eq: Boolean }
  scalar Severity
  input SeverityIs { eq: Severity }
  input AnomalyFilter { acknowledged: BoolIs severity: SeverityIs }
  type Query {
    anomaly(id: ID!): Anomaly
    anomalies(
      first: Int after: String filter: AnomalyFilter orderBy: AnomalyOrder
    ): Anomalies!
    monitorPoints(first: Int after: String): MonitorPoints!
    datasets(first: Int after: String): Datasets!
    datasetVersions(first: Int after: String): DatasetVersions!
  }
  type PageInfo {
    hasNextPage: Boolean! hasPreviousPage: Boolean!
    startCursor: String endCursor: String
  }
  type Anomaly {
    id: ID! createdAt: String! processOrder: Int! timestamp: String!
    severity: Severity! distance: Float! threshold: Float! acknowledged: Boolean!
  }
  type Anomalies { totalCount: Int! pageInfo: PageInfo! nodes: [Anomaly!]! }
  type MonitorPoint {
    id: ID! createdAt: String! processOrder: Int! timestamp: String!
    distance: Float! threshold: Float!
  }
  type MonitorPoints { nodes: [MonitorPoint!]! }
  type Dataset {
    id: ID! name: String! status: String! rowCount: Int createdAt: String!
    anomalies(first: Int): Anomalies!
  }
  type Datasets { nodes: [Dataset!]! }
  type DatasetVersion {
    id: ID! number: Int! rowCount: Int! reductionResults(first: Int): Results!
  }
  type DatasetVersions { nodes: [DatasetVersion!]! }
  type Result {
    id: ID! cost: Float! pointCount: Int! analyses(first: Int): Analyses!
  }
  type Results { nodes: [Result!]! }
  type Analysis {
    id: ID! name: String! status: String! alerts(first: Int): Alerts!
  }
  type Analyses { nodes: [Analysis!]! }
  type Alert {
    id: ID! severity: Severity! status: String! occurrences: Int! triggeredAt: String!
  }
  type Alerts { nodes: [Alert!]! }
`;

const ANOMALY = `id, created_at AS "createdAt", process_order AS "processOrder",
  timestamp, severity, distance, threshold, acknowledged`;
const POINT = `id, created_at AS "createdAt", process_order AS "processOrder",
  timestamp, distance, threshold`;
const DATASET = `id, name, status, row_count AS "rowCount", created_at AS "createdAt"`;
const VERSION = `id, number, row_count AS "rowCount"`;
const RESULT = `id, cost, point_count AS "pointCount"`;
const ALERT = `id, severity, status, occurrences, triggered_at AS "triggeredAt"`;

// A page of the owner's rows, the newest first.
const page = (table, columns) => {
  const first = `SELECT ${columns} FROM ${table} WHERE owner_id = $1
    ORDER BY id DESC LIMIT $2`;
  const later = `SELECT ${columns} FROM ${table} WHERE owner_id = $1 AND id < $3
    ORDER BY id DESC LIMIT $2`;
  return async (_, { first: size, after }, { owner }) => ({
    nodes: after
      ? await query(later, [owner, size, after])
      : await query(first, [owner, size]),
  });
};

// A page for each of many parents: those asked for in one tick share a statement.
const pages = (table, key, columns) => {
  const text = `SELECT p.n::int AS parent_, c.*
    FROM unnest($1::uuid[]) WITH ORDINALITY AS p(id, n)
    CROSS JOIN LATERAL (SELECT ${columns} FROM ${table}
      WHERE ${key} = p.id AND CASE owner_id WHEN $2 THEN true END
      ORDER BY id DESC LIMIT $3) c`;
  return (parent, { first: size }, context) => {
    const waiting = (context.waiting ??= new Map());
    let asked = waiting.get(text);
    if (!asked) {
      waiting.set(text, (asked = []));
      process.nextTick(answer, asked, waiting, context.owner, size);
    }
    return new Promise((resolve, reject) => asked.push({ parent, resolve, reject }));
  };

  async function answer(asked, waiting, owner, size) {
    waiting.delete(text);
    try {
      const ids = asked.map((one) => one.parent.id);
      const found = asked.map(() => ({ nodes: [] }));
      for (const row of await query(text, [ids, owner, size])) {
        found[row.parent_ - 1].nodes.push(row);
      }
      asked.forEach((one, place) => one.resolve(found[place]));
    } catch (error) {
      asked.forEach((one) => one.reject(error));
    }
  }
};

const ONE = `SELECT ${ANOMALY} FROM anomalies WHERE id = $1 AND owner_id = $2`;
const CHOSEN = "owner_id = $1 AND acknowledged = $2 AND severity = $3";
const COUNT = `SELECT count(*)::int AS count FROM anomalies WHERE ${CHOSEN}`;
const FIRST = `SELECT ${ANOMALY} FROM anomalies WHERE ${CHOSEN}
  ORDER BY distance DESC, id DESC LIMIT $4`;
const LATER = `SELECT ${ANOMALY} FROM anomalies WHERE ${CHOSEN}
  AND (distance, id) < ($5, $6) ORDER BY distance DESC, id DESC LIMIT $4`;

const cursor = (row) =>
  row && Buffer.from(JSON.stringify([row.distance, row.id])).toString("base64");

const filtered = async (_, { first: size, after, filter }, { owner }) => {
  const chosen = [owner, filter.acknowledged.eq, filter.severity.eq];
  const given = [...chosen, size + 1];
  if (after) given.push(...JSON.parse(Buffer.from(after, "base64")));
  const [rows, [{ count }]] = await Promise.all([
    query(after ? LATER : FIRST, given),
    query(COUNT, chosen),
  ]);
  const nodes = rows.length > size ? rows.slice(0, size) : rows;
  const pageInfo = {
    hasNextPage: rows.length > size,
    hasPreviousPage: Boolean(after),
    startCursor: cursor(nodes[0]),
    endCursor: cursor(nodes[nodes.length - 1]),
  };
  return { totalCount: count, pageInfo, nodes };
};

const resolvers = {
  Query: {
    anomaly: async (_, { id }, { owner }) => (await query(ONE, [id, owner]))[0],
    anomalies: filtered,
    monitorPoints: page("monitor_data", POINT),
    datasets: page("datasets", DATASET),
    datasetVersions: page("dataset_versions", VERSION),
  },
  Dataset: { anomalies: pages("anomalies", "dataset_id", ANOMALY) },
  DatasetVersion: {
    reductionResults: pages("dinsight_data", "dataset_version_id", RESULT),
  },
  Result: { analyses: pages("analyses", "dinsight_id", "id, name, status") },
  Analysis: { alerts: pages("alerts", "analysis_id", ALERT) },
};

const app = Fastify();
app.register(mercurius, {
  schema,
  resolvers,
  jit: 1,
  context: ({ headers }) => ({ owner: headers["x-owner"] }),
});
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
