// PostGraphile 5 on the same tables, as it is served in production. The owner is a
// condition that each level of the documents states, of a unique key where it is one.

import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/node";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";

const tags = {
  version: 1,
  config: {
    class: { "public.anomalies": { tags: { unique: "owner_id,id" } } },
    attribute: { "public.events.row_id": { tags: { name: "subject_id" } } },
  },
};

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [jsonPgSmartTags(tags)],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE,
      schemas: ["public"],
      poolConfig: { max: 10 },
      pubsub: false,
    }),
  ],
  grafast: { explain: false },
  grafserv: { graphiql: false, graphiqlOnGraphQLGET: false, watch: false },
};

const service = postgraphile(preset).createServ(grafserv);
const server = createServer();
server.on("error", (error) => {
  throw error;
});
await service.addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
