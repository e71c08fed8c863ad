import { noGrad } from "../../../core/config.js";
import { array } from "../../../core/creation.js";
import { type DType, isFloat } from "../../../core/dtype.js";
import { gradcheck } from "../../../core/gradcheck.js";
import { shapeText } from "../../../core/shape.js";
import { Variable } from "../../../core/variable.js";
import { type FloatDType, fromConfig, type Layer } from "../../../nn/index.js";
import "../../../functions/methods.js";
import { layouts } from "../../functions/table/layouts.js";
import { type GoldenLayer, LEARNING_RATE, layerRequest, readLayers } from "../../golden/layers.js";
import { type LayerCase, titleOf } from "./case.js";
import {
  compare,
  compareAll,
  compareLists,
  compareVariables,
  expectSame,
  numbers,
  numbersOf,
  ROUNDING,
} from "./compare.js";
import {
  explicit,
  forward,
  forwardWith,
  lazy,
  modesOf,
  prepared,
  run,
  STEPS,
  setMode,
  settled,
  startsOf,
  variablesOf,
} from "./run.js";

const DTYPES: readonly FloatDType[] = ["float64", "float32"];
const TOLERANCE: Readonly<Record<FloatDType, number>> = { float64: 1e-10, float32: 1e-5 };

/** Makes the tests of the rows of a family. */
export function checkLayers(family: string, cases: readonly LayerCase[]): void {
  const golden = readLayers(family);
  checkFile(family, cases, golden);
  describe.each(cases.map((lc) => [titleOf(lc), lc] as const))("%s", (title, lc) => {
    const reference = golden.get(title);
    if (lc.torch !== undefined && reference !== undefined) checkTraining(lc, reference);
    checkGradients(lc);
    checkSizes(lc);
    checkGraphs(lc);
    checkPersistence(lc);
    checkRefusals(lc);
  });
}

function checkFile(family: string, cases: readonly LayerCase[], golden: ReadonlyMap<string, GoldenLayer>): void {
  const compared = cases.filter((lc) => lc.torch !== undefined);
  const command = `npm run golden:layers ${family}`;

  test(`the golden values were made from the rows as they are: else run \`${command}\``, () => {
    const stale = compared.filter((lc) => golden.get(titleOf(lc))?.key !== layerRequest(lc).key).map(titleOf);
    if (stale.length > 0) throw new Error(`run \`${command}\`: the rows changed in ${stale.join("; ")}`);
    const titles = new Set(compared.map(titleOf));
    expect([...golden.keys()].filter((title) => !titles.has(title))).toEqual([]);
  });

  test("rows that skip a check say why", () => {
    const reasons = cases.flatMap((lc) => [lc.noTorch, lc.noGradcheck, lc.noSizes, lc.noRebuild]);
    expect(reasons.filter((reason) => reason !== undefined && reason.trim().length < 10)).toEqual([]);
  });
}

function checkTraining(lc: LayerCase, reference: GoldenLayer): void {
  test.each(DTYPES)("three training steps as in PyTorch, %s", (dtype) => {
    const layer = prepared(lc, dtype);
    const parameters = layer.namedParameters();
    const tolerance = TOLERANCE[dtype];
    const values = Object.fromEntries(parameters.map(([name, p]) => [name, Array.from(p.toTypedArray(), Number)]));
    for (const step of STEPS) {
      const golden = reference.steps[step]!;
      const what = (of: string) => `step ${step}: ${of}`;
      setMode(layer, modesOf(lc)[step]);
      const xs = variablesOf(lc, step, dtype);
      const ys = forward(lc, layer, xs);
      layer.clearGrads();
      const { starts, gradYs } = startsOf(lc, step, ys);
      starts.forEach((y, i) => {
        y.backward({ gradient: gradYs[i]! });
      });
      compareAll(what("output"), ys, golden.outputs, tolerance);
      const leaves = xs.filter((x) => x.requiresGrad);
      compareAll(what("gradient of input"), leaves.map(gradientOf), golden.inputGradients, tolerance);
      expect(Object.keys(golden.gradients)).toEqual(parameters.map(([name]) => name));
      for (const [name, p] of parameters) {
        const wanted = golden.gradients[name]!;
        compare(what(`gradient of ${name}`), gradientOf(p), wanted, tolerance);
        const gradient = numbers(wanted);
        values[name] = values[name]!.map((v, i) => v - LEARNING_RATE * gradient[i]!);
      }
      noGrad(() => {
        for (const [, p] of parameters) p.data.assign(p.sub(gradientOf(p).mul(LEARNING_RATE)).data);
      });
      for (const [name, p] of parameters) {
        compare(what(name), p, { shape: [...p.shape], values: values[name]! }, tolerance);
      }
      expect(Object.keys(golden.buffers)).toEqual(layer.namedBuffers().map(([name]) => name));
      for (const [name, buffer] of layer.namedBuffers()) {
        compare(what(name), new Variable(buffer.data, false), golden.buffers[name]!, tolerance);
      }
    }
  });
}

function checkGradients(lc: LayerCase): void {
  if (lc.noGradcheck !== undefined) return;
  const order = lc.order ?? 2;

  test(`passes gradcheck of order ${order} with respect to inputs and parameters`, () => {
    const layer = settled(lc, "float64");
    const inputs = variablesOf(lc, 2, "float64");
    const differentiated = inputs.filter((x) => x.requiresGrad);
    const leaves = [...differentiated, ...layer.parameters()];
    const f = (...vs: Variable[]) => {
      const given = vs.slice(0, differentiated.length);
      const xs = inputs.map((x) => (x.requiresGrad ? given.shift()! : x));
      return forwardWith(lc, layer, xs, vs.slice(differentiated.length)).filter((y) => y.requiresGrad);
    };
    Object.defineProperty(f, "name", { value: lc.layer });
    expect(gradcheck(f, leaves, { order, samples: 16 })).toBe(true);
  });
}

function checkSizes(lc: LayerCase): void {
  test.each(DTYPES)("sizes told by the input give what sizes given do, %s", (dtype) => {
    const [told, given] = [lazy(lc, dtype), explicit(lc, dtype)];
    const state = (layer: Layer) => [...layer.namedParameters(), ...layer.namedBuffers()];
    if (lc.noSizes === undefined) {
      expect(state(given).filter(([, entry]) => !entry.initialized)).toEqual([]);
    } else {
      expect(state(told).filter(([, entry]) => !entry.initialized)).not.toEqual([]);
    }
    if (lc.sizes !== undefined) expect(state(told).map(([, entry]) => entry.initialized)).toContain(false);
    const ys = [told, given].map((layer) => forward(lc, layer, variablesOf(lc, 0, dtype)));
    const shapes = [told, given].map((layer) => state(layer).map(([name, { shape }]) => `${name} ${shapeText(shape)}`));
    expect(shapes[0]).toEqual(shapes[1]);
    expect(told.namedParameters().map(([, p]) => p.dtype)).toEqual(told.parameters().map(() => dtype));
    if (lc.noSizes === undefined) {
      expect(ys[0]!.map((y) => y.toArray())).toEqual(ys[1]!.map((y) => y.toArray()));
      expect(valuesOf(told)).toEqual(valuesOf(given));
    }
  });

  test("parameters and outputs have the dtype of the layer", () => {
    for (const dtype of DTYPES) {
      const other = dtype === "float64" ? "float32" : "float64";
      const { ys, gradients, inputGradients } = run(lc, settled(lc, dtype), 2, dtype);
      const found = [...ys, ...inputGradients, ...Object.values(gradients)].map((y) => y.dtype);
      expect(found).not.toContain(other);
      expect(ys.some((y) => y.dtype === dtype)).toBe(true);
    }
  });

  test("summary has the layer, the shapes of its outputs and the number of its parameters", () => {
    const layer = lazy(lc, "float32");
    layer.summary();
    const ys = noGrad(() => forward(lc, layer, variablesOf(lc, 0, "float32")));
    const summary = layer.summary();
    for (const [, inner] of layer.namedLayers()) expect(summary).toContain(inner.constructor.name);
    if (lc.call === undefined) for (const y of ys) expect(summary).toContain(shapeText(y.shape));
    const count = layer.parameters().reduce((sum, p) => sum + p.size, 0);
    expect(summary).toContain(`Parameters: ${count.toLocaleString("en-US")} `);
  });
}

function checkGraphs(lc: LayerCase): void {
  test.each(layouts)("takes %s", (_, layout) => {
    const plain = run(lc, settled(lc, "float64"), 2, "float64");
    const other = run(lc, settled(lc, "float64"), 2, "float64", layout);
    expect(other.xs.map((x) => x.toArray())).toEqual(plain.xs.map((x) => x.toArray()));
    expectSame(other, plain);
  });

  test("leaves its inputs as they are", () => {
    const layer = settled(lc, "float64");
    const xs = variablesOf(lc, 2, "float64");
    const before = xs.map((x) => [x.toArray(), x.version]);
    const { starts, gradYs } = startsOf(lc, 2, forward(lc, layer, xs));
    starts.forEach((y, i) => {
      y.backward({ gradient: gradYs[i]! });
    });
    expect(xs.map((x) => [x.toArray(), x.version])).toEqual(before);
  });

  test("works inside noGrad, to the same values", () => {
    const xs = variablesOf(lc, 2, "float64");
    const ys = noGrad(() => forward(lc, settled(lc, "float64"), xs)).filter((y) => !xs.includes(y));
    expect(ys.filter((y) => y.creator !== null || y.requiresGrad)).toEqual([]);
    const graph = forward(lc, settled(lc, "float64"), xs).filter((y) => !xs.includes(y));
    expect(ys.map((y) => y.toArray())).toEqual(graph.map((y) => y.toArray()));
  });

  test("gradients of two calls before one backward add up", () => {
    const layer = settled(lc, "float64");
    const alone = ([1, 2] as const).map((step) =>
      run(lc, setMode(settled(lc, "float64"), layer.training), step, "float64"),
    );
    const inputs = ([1, 2] as const).map((step) => variablesOf(lc, step, "float64"));
    const calls = inputs.map((xs) => forward(lc, layer, xs));
    calls.forEach((ys, i) => {
      const { starts, gradYs } = startsOf(lc, i === 0 ? 1 : 2, ys);
      starts.forEach((y, k) => {
        y.backward({ gradient: gradYs[k]! });
      });
    });
    for (const [name, p] of layer.namedParameters()) {
      const [first, second] = alone.map(({ gradients }) => numbersOf(gradients[name]!));
      const sum = first!.map((v, i) => v + second![i]!);
      compare(`gradient of ${name}`, gradientOf(p), { shape: [...p.shape], values: sum }, ROUNDING.float64);
    }
    inputs.forEach((xs, call) => {
      const leaves = xs.filter((x) => x.requiresGrad);
      leaves.forEach((x, i) => {
        compareVariables(`call ${call}: gradient`, gradientOf(x), alone[call]!.inputGradients[i]!, ROUNDING.float64);
      });
    });
  });

  test("a frozen layer passes gradients on and gets none", () => {
    const free = run(lc, settled(lc, "float64"), 2, "float64");
    const layer = settled(lc, "float64").freeze();
    expect(layer.training).toBe(modesOf(lc)[2]);
    const xs = variablesOf(lc, 2, "float64");
    const ys = forward(lc, layer, xs);
    const leaves = xs.filter((x) => x.requiresGrad);
    compareLists("output", ys, free.ys, ROUNDING.float64);
    if (leaves.length === 0) {
      expect(ys.filter((y) => y.requiresGrad)).toEqual([]);
    } else {
      const { starts, gradYs } = startsOf(lc, 2, ys);
      starts.forEach((y, i) => {
        y.backward({ gradient: gradYs[i]! });
      });
      compareLists("gradient", leaves.map(gradientOf), free.inputGradients, ROUNDING.float64);
    }
    expect(layer.parameters().filter((p) => p.grad !== null)).toEqual([]);
    expectSame(run(lc, layer.unfreeze(), 2, "float64"), free);
  });

  test("frozen before its first forward it stays frozen", () => {
    const layer = lazy(lc, "float64").freeze();
    forward(lc, layer, variablesOf(lc, 0, "float64"));
    expect(layer.parameters().filter((p) => p.requiresGrad)).toEqual([]);
  });
}

function checkPersistence(lc: LayerCase): void {
  test.each(DTYPES)("its state makes any layer of its kind compute the same, %s", (dtype) => {
    const layer = settled(lc, dtype);
    const state = layer.stateDict();
    const wanted = run(lc, layer, 2, dtype);
    const others = [lazy(lc, dtype), explicit(lc, dtype)];
    if (lc.noRebuild === undefined) others.push(fromConfig(inJSON(layer)), fromConfig(inJSON(lazy(lc, dtype))));
    for (const other of others) {
      other.loadStateDict(state);
      expectSame(run(lc, setMode(other, modesOf(lc)[2]), 2, dtype), wanted, dtype);
    }
  });

  if (lc.noRebuild !== undefined) return;
  test("its config in JSON makes the same layer, before and after a forward", () => {
    const layer = lazy(lc, "float64");
    const rebuild = () => {
      const config = inJSON(layer);
      expect(config.layer).toBe(lc.layer);
      const rebuilt = fromConfig(config);
      expect(rebuilt.constructor).toBe(layer.constructor);
      expect(inJSON(rebuilt)).toEqual(config);
      return rebuilt;
    };
    const state = ({ namedParameters }: Layer, of: Layer) =>
      namedParameters.call(of).map(([name, p]) => `${name} ${p.initialized} ${shapeText(p.shape)} ${p.dtype}`);
    const before = rebuild();
    expect(state(before, before)).toEqual(state(layer, layer));
    noGrad(() => forward(lc, layer, variablesOf(lc, 0, "float64")));
    const after = rebuild();
    for (const rebuilt of [before, after]) {
      noGrad(() => forward(lc, rebuilt, variablesOf(lc, 0, "float64")));
      expect(state(rebuilt, rebuilt)).toEqual(state(layer, layer));
    }
  });
}

function checkRefusals(lc: LayerCase): void {
  const bad: [what: string, input: number, change: (x: Variable) => Variable][] = [];
  lc.inputs.forEach((_, i) => {
    const { dtype, shape } = variablesOf(lc, 0, "float32")[i]!;
    const empty = (x: Variable) => new Variable(array([], { dtype: x.dtype }).reshape([0, ...shape.slice(1)]), false);
    if (shape.length > 0 && !lc.anySize?.includes(i)) bad.push(["empty", i, empty]);
    if (lc.anyDType?.includes(i)) return;
    if (isFloat(dtype)) bad.push(["integer", i, as("int32")]);
    if (dtype === "int32") bad.push(["fractional", i, as("float32")]);
    if (isFloat(dtype) && explicit(lc, "float32").parameters().length > 0) bad.push(["float64", i, as("float64")]);
  });
  if (bad.length === 0) return;

  test.each(bad)("refuses an %s input %i, naming itself, and changes nothing", (_what, i, change) => {
    for (const layer of [lazy(lc, "float32"), settled(lc, "float32")]) {
      const before = valuesOf(layer);
      const xs = variablesOf(lc, 2, "float32").map((x, k) => (k === i ? change(x) : x));
      const names = layer.namedLayers().map(([, inner]) => inner.constructor.name);
      expect(() => forward(lc, layer, xs)).toThrow(new RegExp(`^(${names.join("|")}): `));
      expect(valuesOf(layer)).toEqual(before);
      forward(lc, layer, variablesOf(lc, 2, "float32"));
    }
  });
}

function as(dtype: DType): (x: Variable) => Variable {
  return (x) => new Variable(array(Array.from(x.toTypedArray(), Math.round), { dtype }).reshape(x.shape), false);
}

/** The config of a layer as it comes out of a file. */
function inJSON(layer: Layer) {
  return JSON.parse(JSON.stringify(layer.config()));
}

/** The values of parameters and buffers; null for those that have none yet. */
function valuesOf(layer: Layer): Record<string, unknown> {
  const entries = [...layer.namedParameters(), ...layer.namedBuffers()];
  return Object.fromEntries(entries.map(([name, entry]) => [name, entry.initialized ? entry.data.toArray() : null]));
}

function gradientOf(x: Variable): Variable {
  return x.grad ?? new Variable(array(new Array<number>(x.size).fill(0), { dtype: x.dtype }).reshape(x.shape), false);
}
