import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { instance } from "@viz-js/viz";
import { DOMParser } from "linkedom";
import {
  ArgumentError,
  array,
  constant,
  Function,
  type Graph,
  grad,
  graph,
  MissingPackageError,
  type NDArray,
  Parameter,
  type Variable,
  variable,
} from "../../core/index.js";
import * as F from "../../functions/index.js";
import { FullyConnected, Sequential } from "../../nn/index.js";

/** The texts of a drawn node, line by line. */
function drawnLines(svg: string, id: string): string[] {
  new Resvg(svg);
  const document = new DOMParser().parseFromString(svg, "image/svg+xml");
  const node = [...document.querySelectorAll("g.node")].find((g) => g.querySelector("title")!.textContent === id)!;
  return [...node.querySelectorAll("text")].map(({ textContent }) => textContent ?? "");
}

function countOf(items: readonly { name: string | null }[], name: string): number {
  return items.filter((item) => item.name === name).length;
}

test("DOT of a small graph", () => {
  const x = variable([[1, 2]], { name: "x" });
  const W = new Parameter(array([[1], [2]], { dtype: "float32" }), "W");
  const y = F.tanh(x.matmul(W)).mul(0.1);
  expect(graph(y).toDot()).toMatchInlineSnapshot(`
"digraph {
  graph [bgcolor="white"]
  node [fontname="Helvetica,Arial,sans-serif", fontsize=11, style="filled", color="#666666", margin="0.15,0.07", ordering="in"]
  edge [fontname="Helvetica,Arial,sans-serif", fontsize=11, color="#666666"]
  v0 [label="x\\n(1, 2) float32\\ninput, generation 0", shape=ellipse, fillcolor="#d9ead3", class="input"]
  v1 [label="W\\n(2, 1) float32\\nparameter, generation 0", shape=ellipse, fillcolor="#ffe0b2", class="parameter"]
  v2 [label="(1, 1) float32\\ngeneration 1", shape=ellipse, fillcolor="#ffffff", class="computed"]
  v3 [label="(1, 1) float32\\ngeneration 2", shape=ellipse, fillcolor="#ffffff", class="computed"]
  v4 [label="0.1\\n() float32\\nconstant, generation 0", shape=ellipse, fillcolor="#eeeeee", class="constant"]
  v5 [label="(1, 1) float32\\noutput, generation 3", shape=ellipse, fillcolor="#ffffff", class="computed output", peripheries=2]
  f0 [label="MatMul\\ngeneration 0", shape=box, fillcolor="#cfe2f3", class="function"]
  f1 [label="tanh\\ngeneration 1", shape=box, fillcolor="#cfe2f3", class="function"]
  f2 [label="Mul\\ngeneration 2", shape=box, fillcolor="#cfe2f3", class="function"]
  v0 -> f0
  v1 -> f0
  f0 -> v2
  v2 -> f1
  f1 -> v3
  v3 -> f2
  v4 -> f2
  f2 -> v5
}
"
`);
});

test("several outputs; what they share, and they themselves, are there once", () => {
  const x = variable([1, 2, 3], { name: "x" });
  const shared = F.exp(x);
  const a = shared.mul(shared);
  const b = a.add(shared);
  const { functions, variables } = graph([a, b, b, x]);
  expect(functions.map(({ name }) => name)).toEqual(["exp", "Mul", "Add"]);
  expect(variables.map(({ kind, output }) => [kind, output])).toEqual([
    ["input", true],
    ["computed", false],
    ["computed", true],
    ["computed", true],
  ]);
  const [exp, mul, add] = functions;
  expect(exp!.inputs).toEqual(["v0"]);
  expect(mul!.inputs).toEqual(["v1", "v1"]);
  expect(add!.inputs).toEqual([mul!.outputs[0]!.id, "v1"]);
  expect(
    graph([a, b])
      .toDot()
      .match(/v1 -> f1/g),
  ).toHaveLength(2);
});

test("parameters, inputs, constants and their values are told apart", () => {
  const model = new Sequential(new FullyConnected({ nOut: 2 }), new FullyConnected({ nOut: 1 }));
  const unset = graph(model.parameters(), { names: model.namedParameters() });
  expect(unset.variables.map(({ name, shape }) => [name, shape])).toEqual([
    ["0.W", null],
    ["0.b", null],
    ["1.W", null],
    ["1.b", null],
  ]);
  expect(unset.toDot()).toContain('"0.W\\n(?) float32\\nparameter, output, generation 0"');

  const x = variable([[1, 2, 3]]);
  const y = model
    .forward(x)
    .mul(constant(2.5, { dtype: "float32" }))
    .add(constant([1]));
  const names = { x, y, ...Object.fromEntries(model.namedParameters()) };
  const found = graph(y, { names }).variables.filter(({ kind, output }) => kind !== "computed" || output);
  expect(found.map(({ name, kind }) => [name, kind])).toEqual([
    ["x", "input"],
    ["0.W", "parameter"],
    ["0.b", "parameter"],
    ["1.W", "parameter"],
    ["1.b", "parameter"],
    ["2.5", "constant"],
    [null, "constant"],
    ["y", "computed"],
  ]);
});

test("the graph of a gradient of a gradient shows the gradients and the functions that made them", async () => {
  const x = variable([[0.5, -1]], { name: "x" });
  const W = new Parameter(array([[1], [2]]), "W");
  const y = F.tanh(x.matmul(W)).sum();
  const forward = graph(y);
  y.backward({ createGraph: true });
  const first = x.grad!;
  const second = grad(first.mul(first).sum(), W, { createGraph: true })[0]!;
  second.name = "second";

  const once = graph([y, first]);
  expect(countOf(once.functions, "tanhGrad")).toBe(1);
  expect(countOf(once.variables, "x.grad")).toBe(1);
  for (const name of forward.functions.map((fn) => fn.name)) expect(countOf(once.functions, name)).toBeGreaterThan(0);

  const twice = graph(second);
  expect(countOf(twice.functions, "tanhGrad")).toBeGreaterThan(1);
  expect(countOf(twice.variables, "x.grad")).toBe(1);
  expect(countOf(twice.variables, "W")).toBe(1);
  expect(twice.functions.length).toBeGreaterThan(once.functions.length);
  for (const { generation, inputs } of twice.functions) {
    const of = inputs.map((id) => twice.variables.find((v) => v.id === id)!.generation);
    expect(Math.max(...of)).toBe(generation);
  }
  const svg = await twice.toSvg();
  expect(svg.match(/class="node function"/g)).toHaveLength(twice.functions.length);
  expect(drawnLines(svg, twice.variables.find(({ name }) => name === "x.grad")!.id)).toEqual([
    "x.grad",
    "(1, 2) float32",
    `generation ${first.generation}`,
  ]);
});

test("a gradient that two leaves share is named after both, and looking at it does not count as reading it", () => {
  const [a, b] = [variable([1, 2], { name: "a" }), variable([1, 2])];
  const y = a.add(b).sum();
  y.backward({ createGraph: true });
  const gradient = a.peekGrad()!;
  expect(gradient).toBe(b.peekGrad());
  expect(graph([y, gradient]).variables.at(-1)!.name).toBe("a.grad, grad");

  const x = variable(array(new Float32Array(1000)));
  const z = x.mul(x).sum();
  z.backward();
  const { storage } = x.peekGrad()!;
  graph([x, z]);
  x.clearGrad();
  expect(storage.released).toBe(true);
});

test("edges of functions with several outputs say which; an output that nobody holds is not there", () => {
  const x = variable([[1, 2, 3, 4]], { name: "x" });
  const parts = F.split(x, 4, { axis: 1 });
  const { functions } = graph([parts[2]!, parts[0]!]);
  expect(functions[0]!.outputCount).toBe(4);
  expect(functions[0]!.outputs.map(({ index }) => index).sort()).toEqual([0, 2]);
  expect(graph(parts[2]!).toDot()).toContain('f0 -> v1 [label="2"]');
});

test("a chain of 100,000 functions, whole and the end of it", async () => {
  let y = variable([1]);
  for (let i = 0; i < 100_000; i++) y = y.neg();
  const whole = graph(y);
  expect([whole.functions.length, whole.variables.length]).toEqual([100_000, 100_001]);
  expect(whole.leftOut).toEqual({ functions: 0, variables: 0 });
  expect(whole.toDot().split("\n").length).toBeGreaterThan(400_000);

  const end = graph(y, { maxFunctions: 3 });
  expect(end.functions.map(({ generation }) => generation)).toEqual([99_997, 99_998, 99_999]);
  expect(end.leftOut).toEqual({ functions: 99_997, variables: 99_997 });
  expect(end.variables.map(({ cut }) => cut)).toEqual([true, false, false, false]);
  expect(end.toDot()).toContain('label="99,997 functions\\nand 99,997 variables left out"');
  expect(drawnLines(await end.toSvg(), "more")).toEqual(["99,997 functions", "and 99,997 variables left out"]);
});

test("what is left out is counted in words", () => {
  const end = (length: number) => {
    let y = variable([1]);
    for (let i = 0; i < length; i++) y = y.neg();
    return graph(y, { maxFunctions: 1 }).toDot();
  };
  expect(end(2)).toContain('label="1 function\\nand 1 variable left out"');
  expect(end(3)).toContain('label="2 functions\\nand 2 variables left out"');
});

test("what is left out is what lies furthest back, also on side branches", () => {
  const x = variable([1]);
  const early = F.exp(x);
  let y = x;
  for (let i = 0; i < 5; i++) y = y.neg();
  const { functions, leftOut } = graph(y.add(early), { maxFunctions: 2 });
  expect(functions.map(({ name }) => name)).toEqual(["Neg", "Add"]);
  expect(leftOut).toEqual({ functions: 5, variables: 4 });
});

describe("names mean nothing to Graphviz", () => {
  test.each([
    ['"]; v9 -> f9; subgraph { "', undefined],
    ["\\N \\G \\l \\\\ ends with \\", undefined],
    ["&amp; &#946; <b>&lt;</b>", undefined],
    ["<script>alert(1)</script>", undefined],
    ["]]> --> */ // #", undefined],
    ["νόμος 面 😀", undefined],
    ["a\nb\0c\td", "a␊b␀c␉d"],
    ["\ud800 alone", "\uFFFD alone"],
    [`${"x".repeat(200)}`, `${"x".repeat(79)}…`],
  ])("%j", async (name, shown = name) => {
    class Named extends Function {
      override get name() {
        return name;
      }
      override forward(x: NDArray) {
        return x;
      }
      override backward(gy: Variable) {
        return gy;
      }
    }
    const x = variable([1], { name });
    const g = graph(new Named().apply(x));
    const { objects, edges } = (await instance()).renderJSON(g.toDot()) as { objects: unknown[]; edges: unknown[] };
    expect([objects.length, edges.length]).toEqual([3, 2]);
    const svg = await g.toSvg();
    expect(drawnLines(svg, "v0")[0]).toBe(shown);
    expect(drawnLines(svg, "f0")[0]).toBe(shown);
    expect(svg).not.toMatch(/<script|<b>/);
  });
});

describe("save", () => {
  const folder = mkdtempSync(join(tmpdir(), "retrograd-graph-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  let g: Graph;
  beforeAll(() => {
    g = graph(F.exp(variable([1, 2], { name: "x" })));
  });

  test("DOT and SVG, into folders that are made", async () => {
    for (const name of ["a/graph.dot", "graph.GV"]) {
      await g.save(join(folder, name));
      expect(readFileSync(join(folder, name), "utf8")).toBe(g.toDot());
    }
    await g.save(join(folder, "graph.svg"));
    expect(drawnLines(readFileSync(join(folder, "graph.svg"), "utf8"), "f0")).toEqual(["exp", "generation 0"]);
  });

  test("another name is refused", async () => {
    await expect(g.save(join(folder, "graph.png"))).rejects.toThrow(
      /graph\.save: the file is ".*graph\.png"; expected a name that ends in \.svg, \.dot or \.gv/,
    );
    expect(existsSync(join(folder, "graph.png"))).toBe(false);
  });

  test("without Graphviz the error says what to install, and DOT works", async () => {
    await jest.isolateModulesAsync(async () => {
      jest.doMock("@viz-js/viz", () => {
        throw new Error("Cannot find package '@viz-js/viz'");
      });
      await expect(g.toSvg()).rejects.toThrow(MissingPackageError);
      await expect(g.save(join(folder, "missing.svg"))).rejects.toThrow(
        "graph.toSvg: the optional package @viz-js/viz cannot be loaded (Cannot find package '@viz-js/viz'); " +
          "expected it installed: npm install @viz-js/viz",
      );
      jest.dontMock("@viz-js/viz");
    });
    expect(existsSync(join(folder, "missing.svg"))).toBe(false);
  });
});

test("what is no Variable, and options that there are not, are refused", () => {
  const x = variable([1]);
  const bad = (ys: unknown, options?: object) => () => graph(ys as Variable, options);
  expect(bad([])).toThrow(new ArgumentError("graph: expected a Variable or a list of Variables, got []"));
  expect(bad([x, 1])).toThrow("graph: expected a Variable or a list of Variables, got [a Variable, 1]");
  expect(bad(undefined)).toThrow("got undefined");
  expect(bad(x, { verbose: true })).toThrow("graph: unknown option verbose; expected some of names, maxFunctions");
  expect(bad(x, { maxFunctions: 0 })).toThrow("graph: maxFunctions is 0; expected a whole number of at least 1");
  expect(bad(x, variable(2))).toThrow("graph: options is a Variable; expected several Variables in one list");
});

test("names that are no texts, or name nothing, are refused", () => {
  const x = variable(1);
  const bad = (names: unknown) => () => graph(x, { names: names as never });
  const expected = "expected { x, y } of Variables, or pairs of a name and a Variable";
  expect(bad({ x: 1 })).toThrow(new ArgumentError('graph: names says that "x" is 1; expected a Variable'));
  expect(bad([[3, x]])).toThrow("graph: names calls a Variable 3; expected a text as its name");
  expect(bad(new Map([[x, "x"]]))).toThrow('graph: names calls "x" a Variable; expected a text as its name');
  expect(bad([x])).toThrow(`graph: names has a Variable; ${expected}`);
  expect(bad([["x"]])).toThrow(`graph: names has ["x"]; ${expected}`);
  for (const names of [null, 5, "x"])
    expect(bad(names)).toThrow(`graph: names is ${JSON.stringify(names)}; ${expected}`);
  expect(bad(x)).toThrow(`graph: names is a Variable; ${expected}`);
  expect(bad(new FullyConnected({ nOut: 1 }))).toThrow(
    "graph: names is a FullyConnected; expected what its namedParameters() returns",
  );
});

test("a Variable whose own name is no text", () => {
  const name = 5 as never;
  expect(() => variable(1, { name })).toThrow(new ArgumentError("variable: name is 5; expected a text"));
  expect(() => new Parameter(array([1]), name)).toThrow(new ArgumentError("Parameter: name is 5; expected a text"));
  const x = variable(1);
  x.name = name;
  expect(() => graph(x.mul(2))).toThrow("graph: the name of a Variable is 5; expected a text or null");
  x.name = undefined as never;
  expect(graph(x.mul(2)).variables.map(({ name }) => name)).toContain(null);
});
