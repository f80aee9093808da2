// Bundles the page and the workers of its editors: node build.mjs <folder>
import { build } from "esbuild";

const monaco = "monaco-editor/esm/vs";

await build({
  entryPoints: {
    main: "main.jsx",
    editor: `${monaco}/editor/editor.worker.js`,
    graphql: "monaco-graphql/esm/graphql.worker.js",
    json: `${monaco}/language/json/json.worker.js`,
  },
  bundle: true,
  format: "esm",
  jsx: "automatic",
  loader: { ".ttf": "dataurl" },
  logLevel: "warning",
  minify: true,
  outdir: process.argv[2],
  splitting: true,
  target: "es2022",
});
