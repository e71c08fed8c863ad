import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { Comment, CommentTag, Converter, ReflectionKind } from "typedoc";
import { formulas } from "./formulas.mjs";
import { linkNames } from "./links.mjs";

/** What the exports of a module are grouped by in the navigation: the beginnings of their files' paths. */
const CATEGORIES = [
  ["nn/layers/activation.ts", "Activations"],
  ["nn/activations", "Activations"],
  ["nn/layers/", "Layers"],
  ["nn/modules/", "Modules"],
  ["nn/wrappers/", "Wrappers"],
  ["nn/models/", "Models"],
  ["nn/losses/", "Losses"],
  ["nn/initializers", "Initializers"],
  ["nn/data/", "Data"],
  ["nn/files/", "Files"],
  ["nn/nlp/", "Text"],
  ["nn/training/", "Training"],
  ["nn/trainer.ts", "Training"],
  ["nn/", "Layers"],
  ["functions/arithmetic", "Elementary functions"],
  ["functions/math", "Elementary functions"],
  ["functions/power", "Elementary functions"],
  ["functions/comparison", "Comparison and selection"],
  ["functions/selection", "Comparison and selection"],
  ["functions/norm.", "Reductions"],
  ["functions/prod", "Reductions"],
  ["functions/reduce", "Reductions"],
  ["functions/statistics", "Reductions"],
  ["functions/arrangement", "Shapes"],
  ["functions/dtype", "Shapes"],
  ["functions/joining", "Shapes"],
  ["functions/shape", "Shapes"],
  ["functions/indexing", "Indexing"],
  ["functions/diagonal", "Linear algebra"],
  ["functions/einsum", "Linear algebra"],
  ["functions/linalg", "Linear algebra"],
  ["functions/conv", "Convolution"],
  ["functions/padding", "Convolution"],
  ["functions/pool", "Convolution"],
  ["functions/window", "Convolution"],
  ["functions/activation", "Activations"],
  ["functions/loss", "Losses"],
  ["functions/attention", "Sequences"],
  ["functions/gru", "Sequences"],
  ["functions/lstm", "Sequences"],
  ["functions/recurrent", "Sequences"],
  ["functions/rnn", "Sequences"],
  ["functions/", "Parts of layers"],
  ["optim/schedulers/", "Schedulers"],
  ["optim/", "Optimizers"],
  ["core/graph", "Seeing"],
  ["core/profile", "Seeing"],
  ["core/anomaly.ts", "Differentiation"],
  ["core/backward.ts", "Differentiation"],
  ["core/gradcheck.ts", "Differentiation"],
  ["core/function.ts", "Differentiation"],
  ["core/variable.ts", "Differentiation"],
  ["core/errors.ts", "Errors"],
  ["core/config.ts", "Settings"],
  ["core/backend/", "Settings"],
  ["core/heap.ts", "Settings"],
  ["core/rng.ts", "Settings"],
  ["core/", "Arrays"],
];

/**
 * Brings to TypeDoc's pages what the sources know: guides are called by their headings, modules as they are imported, exports are
 * in categories by their folders, and the page of a class that has a formula shows it, and its source. The guides
 * stay in the order in which they were given.
 */
export function install(app) {
  const known = formulas();
  const documents = [];
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    documents.push(document);
    titled(document);
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => putInOrder(project, documents), -1000);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // The page has the project's name for a title.
    if (project.readme !== undefined) project.readme[0].text = project.readme[0].text.replace(/^\s*# .+\n/, "");
    for (const module of project.children ?? []) module.name = importName(module.name);
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Parameter)) {
      if (reflection.name === "__namedParameters") reflection.name = "options";
    }
    describeMethods(project);
    describeSetters(project);
    linkNames(project, documents);
    for (const field of project.getReflectionsByKind(ReflectionKind.Property)) {
      const path = fileOf(project, field);
      // Errors have fields of ECMAScript's.
      if (!field.parent?.kindOf(ReflectionKind.Class) || path?.includes("node_modules")) continue;
      if (!field.overwrites && !hasDocstring(field))
        app.logger.error(`${path}: ${field.parent.name}.${field.name} has no docstring`);
    }
    for (const reflection of project.getReflectionsByKind(ReflectionKind.SomeModule | ReflectionKind.SomeExport)) {
      const path = fileOf(project, reflection);
      if (path === null || reflection.kindOf(ReflectionKind.SomeModule)) continue;
      if (!hasDocstring(reflection)) app.logger.error(`${path}: ${reflection.name} is exported and has no docstring`);
      tag(reflection, "@category", categoryOf(path));
      if (!reflection.kindOf(ReflectionKind.Class) || !known.has(reflection.name)) continue;
      tag(reflection, "@formula", known.get(reflection.name));
      tag(reflection, "@source", sourceText(path));
    }
  });
}

/** The classes whose methods functions are, and which of them operators are. */
const VARIABLES = ["Variable", "Parameter", "LazyParameter"];
const OPERATORS = { Plus: "add", Minus: "sub", Star: "mul", Slash: "div", StarStar: "pow", Percent: "remainder" };

/** `functions` as `retrograd/functions`, and `index` as `retrograd`. */
function importName(name) {
  if (name === "index") return "retrograd";
  return name.startsWith("retrograd") ? name : `retrograd/${name.replace(/\/index$/, "")}`;
}

/** The methods of Variable that are functions, and its operators, which their types say nothing of. */
function describeMethods(project) {
  const find = (module, name) => project.children?.find((child) => child.name === module)?.getChildByName([name]);
  for (const method of project.getReflectionsByKind(ReflectionKind.Property | ReflectionKind.Method)) {
    if (!VARIABLES.includes(method.parent?.name)) continue;
    const name = OPERATORS[/^\[operator(\w+)\]$/.exec(method.name)?.[1]] ?? method.name;
    const target = find("retrograd/functions", name) ?? find("retrograd/operators", name);
    if (target === undefined) continue;
    for (const part of method.signatures ?? [method]) {
      const link = { kind: "inline-tag", tag: "@link", text: name, target };
      part.comment ??= new Comment([
        { kind: "text", text: "The function " },
        link,
        { kind: "text", text: " of this." },
      ]);
    }
  }
}

/** Setters are described where their getters are. */
function describeSetters(project) {
  for (const { getSignature, setSignature } of project.getReflectionsByKind(ReflectionKind.Accessor)) {
    if (getSignature?.hasComment() && setSignature !== undefined) setSignature.comment ??= getSignature.comment.clone();
  }
}

/** Of a function the signatures have it. */
function hasDocstring(reflection) {
  return [reflection, ...(reflection.signatures ?? [])].some((part) => part.hasComment());
}

/** A guide's name is its heading, which then need not be there twice. */
function titled(document) {
  const [first] = document.content;
  const heading = /^\s*# (.+)\n/.exec(first?.text ?? "");
  if (heading !== null) document.name = heading[1];
}

/** TypeDoc sorts guides by name. */
function putInOrder(project, documents) {
  const place = (reflection) => (reflection.isDocument() ? documents.indexOf(reflection) : documents.length);
  const compare = (a, b) => place(a) - place(b);
  project.documents?.sort(compare);
  project.childrenIncludingDocuments?.sort(compare);
}

function fileOf(project, reflection) {
  const file = project.getSymbolIdFromReflection(reflection)?.fileName;
  return file === undefined ? null : relative(process.cwd(), file);
}

function categoryOf(path) {
  const [, name] = CATEGORIES.find(([start]) => path.startsWith(start)) ?? [];
  return name ?? words(dirname(path));
}

function tag(reflection, name, text) {
  // The comment of a function belongs to its signatures.
  for (const target of reflection.signatures ?? [reflection]) {
    target.comment ??= new Comment();
    target.comment.blockTags.push(new CommentTag(name, [{ kind: "text", text }]));
  }
}

function sourceText(path) {
  const text = readFileSync(path, "utf8").trimEnd();
  return `<details>\n<summary><code>${path}</code></summary>\n\n\`\`\`ts\n${text}\n\`\`\`\n\n</details>`;
}

/** `file-name/other` as `File name other`. */
function words(name) {
  const text = name.replaceAll(/[-/]/g, " ");
  return text[0].toUpperCase() + text.slice(1);
}
