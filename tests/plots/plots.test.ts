import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { DOMParser } from "linkedom";
import { MissingPackageError } from "../../core/index.js";
import { ConfusionMatrix, type History } from "../../nn/index.js";
import { confusionChart, lineChart } from "../../plots/index.js";

const epochs = Array.from({ length: 6 }, (_, i) => ({
  epoch: i + 3,
  figures: { loss: 2 ** -i, accuracy: 1 - 2 ** -i, ...(i === 2 ? {} : { valLoss: 1.5 * 2 ** -i }) },
}));
const values = Array.from({ length: 100 }, (_, i) => (i === 50 ? 0 : 1 / (1 + i)));
const matrix = [
  [8, 2, 0],
  [0, 5, 0],
  [0, 0, 0],
];

const calls = {
  history: ["lineChart", epochs, { title: "Digits" }],
  accuracy: ["lineChart", epochs, { figures: ["ACCURACY"], width: 300, height: 200 }],
  steps: ["lineChart", { SGD: values, "<b>&\u0001": values }, { log: true, xLabel: "step", yLabel: "<loss>" }],
  other: ["lineChart", { a: [1, 2] }, { x: [10, 20] }],
  matrix: ["confusionChart", matrix, { title: "a & b" }],
  labels: ["confusionChart", { matrix }, { labels: ["cat", "cat", "<dog>"], percent: true }],
  metric: ["confusionChart", { matrix, labels: ["cat", "dog"] }],
  unnamed: ["confusionChart", { matrix, labels: null }],
} as const;

const documents = {} as Record<keyof typeof calls, Document>;

beforeAll(() => {
  const command = ["--import", "tsx", join(__dirname, "program.ts")];
  const input = JSON.stringify(Object.values(calls));
  const { stdout, stderr } = spawnSync(process.execPath, command, { input, encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  for (const [i, svg] of (JSON.parse(stdout) as string[]).entries()) {
    // It refuses what is no proper XML.
    new Resvg(svg);
    documents[Object.keys(calls)[i] as keyof typeof calls] = new DOMParser().parseFromString(
      svg,
      "image/svg+xml",
    ) as unknown as Document;
  }
});

function textsOf(document: Document): string[] {
  return [...document.querySelectorAll("text")].map(({ textContent }) => textContent ?? "");
}

function all(document: Document, selector: string): Element[] {
  return [...document.querySelectorAll(selector)];
}

describe("lineChart", () => {
  test("a history: its losses, with gaps, over the epochs", () => {
    const texts = textsOf(documents.history);
    expect(texts).toEqual(expect.arrayContaining(["Digits", "epoch", "● loss", "● valLoss", "3", "8"]));
    expect(texts.join()).not.toContain("accuracy");
    expect(all(documents.history, "circle")).toHaveLength(6 + 5);
    const lines = all(documents.history, "[aria-label=line] path").map((path) => path.getAttribute("d")!);
    expect(lines).toHaveLength(2);
    expect(lines.map((d) => d.match(/M/g)!.length).sort()).toEqual([1, 2]);
  });

  test("figures that are asked for, in any spelling, and a size", () => {
    expect(textsOf(documents.accuracy)).toContain("● accuracy");
    expect(all(documents.accuracy, "[aria-label=line] path")).toHaveLength(1);
    const svg = documents.accuracy.querySelector("svg")!;
    expect([svg.getAttribute("width"), svg.getAttribute("height")]).toEqual(["300", "200"]);
  });

  test("lists of numbers, on a logarithmic scale that has no place for zero; names are texts", () => {
    const texts = textsOf(documents.steps);
    expect(texts).toEqual(expect.arrayContaining(["step", "<loss>", "● SGD", "● <b>&␁", "0.1", "0.01"]));
    expect(all(documents.steps, "b")).toHaveLength(0);
    expect(all(documents.steps, "circle")).toHaveLength(0);
    const line = documents.steps.querySelector("[aria-label=line] path")!.getAttribute("d")!;
    expect(line.match(/M/g)).toHaveLength(2);
    expect(line).not.toContain("NaN");
  });

  test("values stand where x says", () => {
    expect(textsOf(documents.other)).toEqual(expect.arrayContaining(["10", "20"]));
  });

  test("what cannot be drawn is refused", async () => {
    const bad = (source: unknown, options?: object) => expect(lineChart(source as History, options)).rejects;
    await bad({}).toThrow("lineChart: there is nothing to draw; expected epochs, or lists of numbers by their names");
    await bad([]).toThrow("lineChart: there is nothing to draw");
    await bad({ loss: [Number.NaN] }).toThrow("lineChart: there is nothing to draw");
    await bad({ loss: [0, -1] }, { log: true }).toThrow("lineChart: there is nothing to draw");
    await bad(3).toThrow("lineChart: expected a history, or lists of numbers by their names, got 3");
    await bad({ loss: "1" }).toThrow('lineChart: loss is "1"; expected a list of numbers');
    await bad([{ loss: 1 }]).toThrow("lineChart: a Object is no epoch of a history; expected { epoch, figures }");
    await bad(epochs, { figures: ["lost"] }).toThrow(
      'lineChart: there is no figure "lost"; expected some of loss, accuracy, valLoss',
    );
    await bad({ loss: [1, 2] }, { x: [1] }).toThrow("lineChart: x is [1] and loss has 2 values; expected a number for");
    await bad(epochs, { colour: 1 }).toThrow("lineChart: unknown option colour");
    await bad(epochs, { width: 0 }).toThrow("lineChart: width is 0");
    await bad(epochs, { log: 1 }).toThrow("lineChart: log is 1; expected true or false");
  });
});

describe("confusionChart", () => {
  test("counts, darker by the share of the right class", () => {
    expect(textsOf(documents.matrix)).toEqual(expect.arrayContaining(["a & b", "actual", "predicted", "8", "5", "2"]));
    const cells = all(documents.matrix, "[aria-label=cell] rect").map((rect) => rect.getAttribute("fill")!);
    expect(cells).toHaveLength(9);
    const lightness = cells.map((fill) => /\d+/.exec(fill)!).map(Number);
    expect(lightness[4]).toBeLessThan(lightness[0]!);
    expect(lightness[0]).toBeLessThan(lightness[1]!);
    expect(lightness[1]).toBeLessThan(lightness[2]!);
    // Right classes go down: what stands beside 8 was predicted wrong.
    const [first, second, , fourth] = all(documents.matrix, "[aria-label=cell] rect");
    expect(second!.getAttribute("y")).toBe(first!.getAttribute("y"));
    expect(fourth!.getAttribute("x")).toBe(first!.getAttribute("x"));
  });

  test("shares and labels, of which two may be alike", () => {
    const texts = textsOf(documents.labels);
    expect(texts.filter((text) => text === "cat")).toHaveLength(4);
    expect(texts.filter((text) => text === "<dog>")).toHaveLength(2);
    expect(texts).toEqual(expect.arrayContaining(["80.0", "20.0", "100.0"]));
    expect(all(documents.labels, "[aria-label=cell] rect")).toHaveLength(9);
  });

  test("a metric's own labels, and numbers for classes that it has none for", () => {
    const count = (document: Document, name: string) => textsOf(document).filter((text) => text === name).length;
    for (const name of ["cat", "dog"]) expect([name, count(documents.metric, name)]).toEqual([name, 2]);
    expect(count(documents.metric, "1")).toBe(0);
    expect(count(documents.unnamed, "1")).toBe(2);
  });

  test("what is no confusion matrix is refused", async () => {
    const bad = (counts: unknown, options?: object) => expect(confusionChart(counts as number[][], options)).rejects;
    await bad([]).toThrow("confusionChart: expected rows of counts, got []");
    await bad(new ConfusionMatrix()).toThrow("confusionChart: expected rows of counts, got []");
    await bad("3").toThrow('confusionChart: expected rows of counts, got "3"');
    await bad([[1, 2]]).toThrow("confusionChart: row 0 is [1, 2]; expected 1 counts, as many as there are rows");
    await bad([[-1]]).toThrow("confusionChart: row 0 is [-1]");
    await bad([[Number.NaN]]).toThrow("confusionChart: row 0 is [NaN]");
    await bad(matrix, { labels: ["a"] }).toThrow(
      'confusionChart: labels is ["a"]; expected 3 texts, one for each class',
    );
    await bad(matrix, { normalize: true }).toThrow("confusionChart: unknown option normalize");
    await bad(matrix, { percent: 1 }).toThrow("confusionChart: percent is 1; expected true or false");
  });
});

test.each([
  ["@observablehq/plot", "lineChart", () => lineChart({ loss: [1, 2] })],
  ["linkedom", "confusionChart", () => confusionChart(matrix)],
])("without %s the error says what to install", async (name, operation, draw) => {
  await jest.isolateModulesAsync(async () => {
    jest.doMock("@observablehq/plot", () => ({}));
    jest.doMock(name, () => {
      throw new Error(`Cannot find package '${name}'`);
    });
    await expect(draw()).rejects.toThrow(MissingPackageError);
    await expect(draw()).rejects.toThrow(
      `${operation}: the optional package ${name} cannot be loaded (Cannot find package '${name}'); ` +
        `expected it installed: npm install ${name}`,
    );
  });
});
