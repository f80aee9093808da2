// GraphiQL with the tour's operations as tabs, which are signed once somebody has signed in.

import { useGraphiQL } from "@graphiql/react";
import { createGraphiQLFetcher, createLocalStorage } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createClient } from "graphql-ws";
import { useEffect } from "react";
import { createRoot } from "react-dom/client";

const tour = JSON.parse(document.getElementById("tour").textContent);
const storage = createLocalStorage({ namespace: `heliograph-${tour.digest}` });
const signsIn = /\b(login|signUp|tokenRefresh)\b/;
const written = new Set();
let token;

globalThis.MonacoEnvironment = {
  getWorker(_, label) {
    const name = ["graphql", "json"].includes(label) ? label : "editor";
    return new Worker(new URL(`${name}.js`, import.meta.url), { type: "module" });
  },
};

function lowered(headers) {
  const pairs = Object.entries(headers ?? {});
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
}

function tokenIn(answer) {
  if (!answer || typeof answer !== "object") return undefined;
  return answer.accessToken ?? Object.values(answer).map(tokenIn).find(Boolean);
}

/** Ask over HTTP, or subscribe over a socket that is greeted with the same headers. */
async function fetcher(operation, options) {
  const headers = lowered(options?.headers);
  const socket = new URL("/graphql", location.href.replace(/^http/, "ws"));
  const ask = createGraphiQLFetcher({
    url: "/graphql",
    wsClient: createClient({
      url: socket.href,
      connectionParams: headers,
      retryAttempts: 0,
    }),
    enableIncrementalDelivery: false,
  });
  const answer = await ask(operation, { ...options, headers });
  token = tokenIn(answer) ?? token;
  return answer;
}

/** Give the newest token to a tab that is opened, unless it has headers of its own.
 *
 * A tab that signs in stays without: a token that has expired would be refused.
 */
function Signature() {
  const { headers, query, tab } = useGraphiQL((state) => ({
    headers: state.headerEditor,
    query: state.queryEditor,
    tab: state.tabs[state.activeTabIndex]?.id,
  }));
  useEffect(() => {
    if (!token || !headers || !query || signsIn.test(query.getValue())) return;
    const present = headers.getValue();
    if (present.trim() && !written.has(present)) return;
    const signed = JSON.stringify({ authorization: `Bearer ${token}` }, null, 2);
    written.add(signed);
    headers.setValue(signed);
  }, [headers, query, tab]);
  return null;
}

/** The tab that was open at the last visit, else the first of the tour. */
function opening() {
  const kept = JSON.parse(storage.getItem("graphiql:tabState"));
  return kept?.tabs[kept.activeTabIndex] ?? tour.tabs[0];
}

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    defaultEditorToolsVisibility
    defaultTabs={tour.tabs.length ? tour.tabs : undefined}
    fetcher={fetcher}
    initialQuery={opening()?.query}
    initialVariables={opening()?.variables ?? undefined}
    storage={storage}
    visiblePlugin="Documentation Explorer"
  >
    <GraphiQL.Logo>Heliograph</GraphiQL.Logo>
    <Signature />
  </GraphiQL>,
);
