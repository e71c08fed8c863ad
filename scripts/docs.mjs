// Makes the documentation, a folder of plain files: guides and the API, with one navigation and one search. `npm run docs` makes site/.
// What is wrong with a link, a name or a formula is an error.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import markdownItKatex from "@vscode/markdown-it-katex";
import { build } from "esbuild";
import katex from "katex";
import { Application } from "typedoc";
import { deadLinks } from "./docs/dead-links.mjs";
import { install } from "./docs/pages.mjs";

const [OUT = "site"] = process.argv.slice(2);

/** The guides in the order in which they are read; others come behind. */
const GUIDES = [
  "getting-started",
  "engine",
  "functions",
  "double-backprop",
  "coming-from",
  "layers",
  "formulas",
  "models",
  "training",
  "scaling",
  "files",
  "onnx",
  "seeing",
  "browsers",
  "types",
  "operators",
  "performance",
  "trust",
];

const there = readdirSync("docs").flatMap((file) => (file.endsWith(".md") ? [file.slice(0, -".md".length)] : []));
const ordered = [...GUIDES.filter((name) => there.includes(name)), ...there.filter((name) => !GUIDES.includes(name))];

/** What the package exports, as sources: `./nn` is nn/index.ts. */
const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const entries = Object.keys(exports).flatMap((name) => (name.endsWith(".json") ? [] : [join(name, "index.ts")]));

/** The style of formulas, with its fonts inside, so that it works from a file too, where browsers load no fonts from others. */
async function style() {
  const { outputFiles } = await build({
    stdin: {
      contents: '@import "katex/dist/katex.css"; @import "./scripts/docs/site.css";',
      loader: "css",
      resolveDir: ".",
    },
    bundle: true,
    minify: true,
    write: false,
    loader: { ".woff2": "dataurl", ".woff": "empty", ".ttf": "empty" },
  });
  return outputFiles[0].text;
}

/** The plugin would print an error and go on. */
function renderToString(formula, options) {
  try {
    return katex.renderToString(formula, { ...options, throwOnError: true });
  } catch (error) {
    broken.push(error.message);
    return "";
  }
}

const broken = [];
const folder = mkdtempSync(join(tmpdir(), "retrograd-docs-"));
try {
  const css = join(folder, "site.css");
  writeFileSync(css, await style());
  const app = await Application.bootstrap({
    name: "retrograd",
    tsconfig: "tsconfig.build.json",
    entryPoints: entries,
    projectDocuments: [...ordered.map((name) => `docs/${name}.md`), "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"],
    readme: "README.md",
    out: OUT,
    customCss: css,
    // `npm run typecheck` is for that.
    skipErrorChecking: true,
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    sort: ["kind", "alphabetical"],
    kindSortOrder: [
      "Document",
      "Project",
      "Module",
      "Namespace",
      "Class",
      "Function",
      "Variable",
      "Interface",
      "TypeAlias",
    ],
    categorizeByGroup: false,
    navigation: { includeCategories: true, includeGroups: false, includeFolders: false },
    searchInDocuments: true,
    includeVersion: true,
    hideGenerator: true,
    highlightLanguages: ["ts", "js", "python", "sh", "json", "html", "text", "css"],
    validation: { invalidLink: true, invalidPath: true, notExported: false, notDocumented: true, rewrittenLink: true },
    // Fields of options and results may share a comment, so pages.mjs asks for those of classes only.
    requiredToBeDocumented: ["Enum", "Variable", "Function", "Class", "Interface", "Method", "Accessor", "TypeAlias"],
    // What stands inside types.
    intentionallyNotDocumented: [
      "retrograd/nn.BatchOf.__type.get",
      "retrograd/nn.BatchOf.__type.getBatch",
      "retrograd/nn.ExampleOf.__type.get",
      "retrograd/nn.SupervisedLoss.__type.forward",
      "retrograd/nn.UnaryLayer.__type.forward",
    ],
    treatWarningsAsErrors: true,
    markdownItLoader: (parser) =>
      parser.use(markdownItKatex.default, { enableFencedBlocks: true, katex: { renderToString } }),
  });
  install(app);
  const project = await app.convert();
  if (project !== undefined) {
    app.validate(project);
    if (!app.logger.hasErrors() && !app.logger.hasWarnings()) {
      await app.generateDocs(project, OUT);
      broken.push(...deadLinks(OUT));
    }
  }
  for (const message of broken) app.logger.error(message);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
