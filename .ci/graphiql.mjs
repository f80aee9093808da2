// Drives GraphiQL in a headless Chromium that reaches nothing but this server.
//
// Needs Debian's `chromium` and `npm install playwright-core` in the folder it is started in:
//   node <repository>/.ci/graphiql.mjs http://127.0.0.1:8000 <e-mail> <password> \
//     "subscription Drive { … }" [screenshot.png]
// The subscription is one that streams without anybody's help. Ends with 1 at any failure.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const { chromium } = createRequire(join(process.cwd(), "x"))("playwright-core");
const [base, email, password, subscription, picture] = process.argv.slice(2);
const troubles = [];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
  ],
});

try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 800 } });
  page.setDefaultTimeout(20_000);
  watch(page);
  await page.addInitScript(() => {
    globalThis.held = (end) =>
      globalThis.__MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith(end));
  });
  await drive(page);
  if (picture) await page.screenshot({ path: picture });
  assert.deepEqual(troubles, []);
  console.log("GraphiQL works");
} finally {
  await browser.close();
}

function watch(page) {
  const note = (trouble) => troubles.push(trouble);
  const answers = `${base}/graphql`; // may refuse a query, which GraphiQL then shows
  page.on("pageerror", (error) => note(`error: ${error}`));
  page.on("requestfailed", (request) => note(`failed: ${request.url()}`));
  page.on("console", (said) => {
    const loud = ["error", "warning"].includes(said.type());
    if (loud && said.location().url !== answers) note(`console: ${said.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    const local = ["data:", "blob:"].includes(url.protocol) || url.origin === base;
    if (!local) note(`foreign: ${url}`);
  });
  page.on("response", (response) => {
    const status = response.status();
    if (status >= 400 && response.url() !== answers) note(`${status}: ${response.url()}`);
  });
}

async function drive(page) {
  await page.goto(`${base}/graphql`);
  await page.waitForSelector(".graphiql-query-editor .view-line");
  assert.equal(await page.title(), "Heliograph");
  const names = await page.locator(".graphiql-tab-button").allTextContents();
  assert.ok(names.length > 1, `the tour is not there: ${names}`);
  console.log(`tabs: ${names.join(", ")}`);
  const opened = await value(page, "operation.graphql");
  assert.match(opened, /^# /, "the first tab is not the tour's");

  await documentation(page);
  await signIn(page);
  await open(page, "query Who { viewer { email } }");
  await headersHaveBearer(page);
  await run(page, email);
  await open(page, "query Wrong { thereIsNoSuchField }");
  await run(page, '"errors"');
  await open(page, subscription);
  await run(page, '"data"');
  await streams(page);
}

async function documentation(page) {
  if (!(await page.locator(".graphiql-doc-explorer").isVisible())) {
    await page.getByLabel("Show Documentation Explorer").click();
  }
  await page.locator(".graphiql-doc-explorer").getByText("Query", { exact: true }).click();
  await page.getByText("viewer", { exact: true }).first().waitFor();
}

/** Run the tour's login with the e-mail and password that were given. */
async function signIn(page) {
  const count = await page.locator(".graphiql-tab-button").count();
  for (let index = 0; index < count; index += 1) {
    await page.locator(".graphiql-tab-button").nth(index).click();
    if (/\blogin\b/.test(await value(page, "operation.graphql"))) break;
  }
  const given = JSON.parse(await value(page, "variables.json"), (name, each) =>
    ({ email, password })[name] ?? each,
  );
  await fill(page, "variables.json", JSON.stringify(given, null, 2));
  await run(page, '"accessToken"');
}

async function open(page, query) {
  await page.getByLabel("New tab").click();
  await page.waitForFunction(() => held("response.json").getValue() === "");
  await fill(page, "operation.graphql", query);
}

async function headersHaveBearer(page) {
  await page.locator('[data-name="headers"]').click();
  assert.match(await value(page, "request-headers.json"), /"authorization": "Bearer /);
}

async function run(page, expected) {
  await page.waitForTimeout(500); // the editor tells GraphiQL what it holds a moment later
  await page.locator(".graphiql-execute-button").click();
  const arrived = (text) => held("response.json").getValue().includes(text);
  await page.waitForFunction(arrived, expected);
}

/** The answer changes while the subscription runs. */
async function streams(page) {
  const first = await value(page, "response.json");
  assert.doesNotMatch(first, /"errors"/);
  const changed = (before) => held("response.json").getValue() !== before;
  await page.waitForFunction(changed, first);
}

function value(page, name) {
  return page.evaluate((end) => held(end).getValue(), name);
}

function fill(page, name, text) {
  return page.evaluate(([end, given]) => held(end).setValue(given), [name, text]);
}
