import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { Function } from "../../../../core/function.js";
import { ArgumentError, array, constant, GraphError, randomNormal, seed } from "../../../../core/index.js";
import type { NDArray } from "../../../../core/ndarray.js";
import { generator } from "../../../../core/rng.js";
import { constant as constantOf, type Operand, type Variable } from "../../../../core/variable.js";
import * as F from "../../../../functions/index.js";
import { loadProtobuf, schemaOf } from "../../../../nn/files/onnx/encode.js";
import * as nn from "../../../../nn/index.js";

interface File {
  irVersion: string;
  producerName: string;
  producerVersion: string;
  opsetImport: { version: string }[];
  graph: {
    name: string;
    node: { opType: string; name: string; input: string[] }[];
    initializer: { name: string; dims: string[]; rawData: string }[];
    input: { name: string; type: { tensorType: { elemType: number; shape: { dim: object[] } } } }[];
    output: { name: string; type: { tensorType: { shape: { dim: object[] } } } }[];
  };
}

async function read(bytes: Uint8Array): Promise<File> {
  const schema = schemaOf(await loadProtobuf("test"));
  const text = JSON.stringify(fromBinary(schema, bytes), (key, value: unknown) => {
    if (key.startsWith("$")) return undefined;
    if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
    return typeof value === "bigint" ? String(value) : value;
  });
  return JSON.parse(text) as File;
}

const operators = (file: File) => file.graph.node.map(({ opType }) => opType);

/** A layer of one function. */
class Lambda extends nn.Layer {
  constructor(private readonly f: (...xs: Variable[]) => unknown) {
    super();
  }

  forward(...xs: Variable[]): unknown {
    return this.f(...xs);
  }
}

const x = () =>
  constant([
    [0.5, -1, 2],
    [3, 0.25, -2],
  ]);
const failure = (f: (...xs: Variable[]) => unknown, example: unknown = x(), options: nn.ExportOnnxOptions = {}) =>
  nn.exportOnnx(new Lambda(f), example, options).then(
    () => "",
    (error: Error) => `${error.name}: ${error.message}`,
  );

beforeEach(() => seed(3));

describe("the file", () => {
  const network = () =>
    new nn.Sequential(
      new nn.Conv2D({ outCh: 2, kernelShape: [3, 3], inCh: 1, pad: "same", actFn: "relu" }),
      new nn.BatchNorm2D({ inCh: 2 }),
      new nn.Pool2D({ kernelShape: [2, 2], stride: 2, mode: "max" }),
      new nn.Conv2D({ outCh: 3, kernelShape: [1, 1], inCh: 2, actFn: "leakyRelu" }),
      new nn.Flatten(),
      new nn.FullyConnected({ nOut: 2, nIn: 12 }),
    );
  const images = () => randomNormal([2, 4, 4, 1]);

  test("says who made it, by which version, in which version of the format", async () => {
    const { irVersion, producerName, producerVersion, opsetImport, graph } = await read(
      await nn.exportOnnx(network(), images()),
    );
    const { version } = JSON.parse(readFileSync(join(__dirname, "../../../../package.json"), "utf8"));
    expect({ irVersion, producerName, producerVersion, opsetImport }).toEqual({
      irVersion: "8",
      producerName: "retrograd",
      producerVersion: version,
      opsetImport: [{ domain: "", version: "17" }],
    });
    expect(graph.name).toBe("Sequential");
    const newer = await read(await nn.exportOnnx(network(), images(), { opset: 21, name: "digits" }));
    expect([newer.irVersion, newer.opsetImport[0]!.version, newer.graph.name]).toEqual(["10", "21", "digits"]);
  });

  test("calls parameters and buffers by their names, kernels and weights as ONNX lays them out", async () => {
    const model = network();
    const { graph } = await read(await nn.exportOnnx(model, images()));
    const dims = Object.fromEntries(
      graph.initializer.map(({ name, dims: shape }) => [name, (shape ?? []).map(Number)]),
    );
    const state = model.stateDict();
    expect(Object.keys(dims)).toEqual(expect.arrayContaining(Object.keys(state)));
    const kernel = Object.keys(state).find((name) => state[name]!.ndim === 4)!;
    expect(state[kernel]!.shape).toEqual([3, 3, 1, 2]);
    expect(dims[kernel]).toEqual([2, 1, 3, 3]);
    const written = graph.initializer.find(({ name }) => name === kernel)!;
    const values = new Float32Array(new Uint8Array(Buffer.from(written.rawData, "base64")).buffer);
    expect([...values]).toEqual([...state[kernel]!.transpose([3, 2, 0, 1]).toTypedArray()]);
  });

  test("transposes images once on their way in and once on their way out", async () => {
    const file = await read(await nn.exportOnnx(network(), images()));
    expect(operators(file)).toEqual([
      "Transpose",
      "Conv",
      "Relu",
      "BatchNormalization",
      "MaxPool",
      "Conv",
      "LeakyRelu",
      "Transpose",
      "Reshape",
      "Gemm",
    ]);
  });

  test("leaves the batch open, and the axes that are named", async () => {
    const { graph } = await read(await nn.exportOnnx(network(), images()));
    expect(graph.input).toEqual([
      {
        name: "input",
        type: {
          tensorType: {
            elemType: 1,
            shape: { dim: [{ dimParam: "batch" }, { dimValue: "4" }, { dimValue: "4" }, { dimValue: "1" }] },
          },
        },
      },
    ]);
    expect(graph.output.map(({ name, type }) => [name, type.tensorType.shape.dim])).toEqual([
      ["output", [{ dimParam: "batch" }, { dimValue: "2" }]],
    ]);
    const flat = new Lambda((a, b) => ({
      rows: F.cat([a!, a!, b!]),
      all: F.reshape(F.matmul(a!, F.transpose(b!)), [-1]),
    }));
    const options = { inputNames: ["a", "b"], dynamicAxes: { a: { 0: "n" }, b: { 0: "n" } }, outputNames: ["p", "q"] };
    const named = await read(await nn.exportOnnx(flat, [x(), x()], options));
    expect(named.graph.output.map(({ name, type }) => [name, type.tensorType.shape.dim])).toEqual([
      ["p", [{ dimParam: "3*n" }, { dimValue: "3" }]],
      ["q", [{ dimParam: "n*n" }]],
    ]);
    const fixed = await read(await nn.exportOnnx(flat, [x(), x()], { dynamicAxes: {} }));
    expect(fixed.graph.output[1]!.type.tensorType.shape.dim).toEqual([{ dimValue: "4" }]);
  });

  test("holds what the outputs need and nothing else, and computes what is constant before", async () => {
    const weight = constantOf([[1, 2, 3]]);
    const file = await read(
      await nn.exportOnnx(
        new Lambda((a) => {
          F.softmax(a!);
          return F.add(a!, F.exp(F.mul(weight, 2)));
        }),
        x(),
      ),
    );
    expect(operators(file)).toEqual(["Add"]);
    expect(file.graph.initializer.length).toBe(1);
  });

  test("is the same to the byte each time", async () => {
    const model = network();
    const example = images();
    const first = await nn.exportOnnx(model, example);
    seed(99);
    expect(Buffer.compare(first, await nn.exportOnnx(model, example))).toBe(0);
  });

  test("is written by saveOnnx", async () => {
    const folder = mkdtempSync(join(tmpdir(), "onnx-"));
    try {
      const model = network();
      const example = images();
      await nn.saveOnnx(join(folder, "model.onnx"), model, example);
      expect(Buffer.compare(readFileSync(join(folder, "model.onnx")), await nn.exportOnnx(model, example))).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("the model, its modes, the random numbers and the example are as before", async () => {
  const model = new nn.Sequential(
    new nn.FullyConnected({ nOut: 4, nIn: 3 }),
    new nn.BatchNorm1D(),
    new nn.Dropout({ p: 0.5 }),
  );
  model.forward(x());
  model.train();
  model.layers[0]!.eval();
  const before = model.stateDict();
  const example = randomNormal([5, 3]);
  const copy = example.toArray();
  const { state } = generator;
  await nn.exportOnnx(model, example);
  expect(model.namedLayers().map(([, layer]) => layer.training)).toEqual([true, false, true, true]);
  expect(generator.state).toEqual(state);
  expect(example.toArray()).toEqual(copy);
  for (const [name, value] of Object.entries(model.stateDict()))
    expect(value.toArray()).toEqual(before[name]!.toArray());
  // @ts-expect-error: the types of shapes refuse it too
  await expect(nn.exportOnnx(new Lambda(() => F.matmul(x(), x())), x())).rejects.toThrow("inner dimensions");
  expect(generator.state).toEqual(state);
});

test("a model that does not know its sizes learns them from the example", async () => {
  const model = new nn.FullyConnected({ nOut: 2 });
  const { graph } = await read(await nn.exportOnnx(model, x()));
  expect(model.W.shape).toEqual([3, 2]);
  expect(graph.initializer.map(({ name }) => name).sort()).toEqual(["W", "b"]);
});

/** A function of a user that computes on numbers. */
class Sorted extends Function {
  forward(a: NDArray): NDArray {
    return array(Float32Array.from(a.toTypedArray()).sort()).reshape([...a.shape]);
  }

  backward(): never {
    throw new Error("not needed");
  }
}

describe("what cannot be exported is named", () => {
  test("a function without a rule, with its layer, and all of them at once", async () => {
    class Block extends nn.Layer {
      readonly inner = new Lambda((a) => new Sorted().apply(a!));
      forward(a: Variable): Variable {
        return F.dropout(this.inner.forward(a) as Variable, { p: 0.5, training: true });
      }
    }
    const model = new nn.Sequential(new nn.Identity(), new Block() as unknown as nn.UnaryLayer);
    const error = await nn.exportOnnx(model, x()).catch((e: Error) => e);
    expect(error).toBeInstanceOf(GraphError);
    expect((error as Error).message).toMatch(/ 1 \(Block\), Dropout: it drops entries at random/);
    expect((error as Error).message).toMatch(/ 1\.inner \(Lambda\), Sorted: there is no rule for it/);
  });

  test("noise, what is computed on arrays, and choices", async () => {
    const noise = await failure((a) => F.add(a!, randomNormal([...a!.shape])));
    expect(noise).toMatch(
      /GraphError: .*Lambda, Add: an array of shape .* or is random.*; the model drew random numbers/s,
    );
    const arrays = await failure((a) =>
      F.mul(a!, array(a!.toTypedArray().map(Math.abs) as Float32Array).reshape([...a!.shape])),
    );
    expect(arrays).toMatch(
      /GraphError: .*Lambda, Mul: an array of shape .* computed on arrays or numbers that were read/s,
    );
    const signs = await failure((a) => F.mul(a!, a!.data.toTypedArray()[0]! > 0 ? 1 : -1));
    expect(signs).toMatch(/GraphError: .*Lambda, Mul: an array of shape \(\) differs with the inputs/s);
    const choice = await failure((a) => (a!.data.toTypedArray()[0]! > 0 ? F.exp(a!) : F.sin(a!)));
    expect(choice).toMatch(
      /GraphError: exportOnnx: Lambda: what is computed depends on the lengths or the values of the inputs \(exp or sin/,
    );
    const loop = await failure((a) => Array.from({ length: a!.shape[0]! }).reduce<Variable>((y) => F.tanh(y), a!));
    expect(loop).toMatch(/what is computed depends on the lengths .* \(nothing or tanh|\(.*nothing/);
  });

  test("lengths that no operator expresses", async () => {
    const half = await failure((a) => F.broadcastTo(F.sum(a!), [Math.ceil(a!.shape[0]! / 2)]));
    expect(half).toMatch(/BroadcastTo: a length is .* where batch is .*, which is neither a multiple/);
    const same = await failure(
      (a) => F.conv2d(a!, constant([[[[1]]]]), null, { stride: 2, pad: [0, 0, a!.shape[1]! % 2, 0] }),
      randomNormal([1, 5, 5, 1]),
      { dynamicAxes: { input: { 1: "rows" } } },
    );
    expect(same).toMatch(/Convolve: its padLeft depends on the lengths of the inputs/);
  });

  test("an axis that cannot change", async () => {
    expect(
      await failure((a) => F.matmul(a!, constant([[1, 2]])), constant([[1], [2]]), {
        dynamicAxes: { input: { 1: "m" } },
      }),
    ).toMatch(
      /GraphError: exportOnnx: the model does not run with m 2, where the example has input \(2, 1\): matmul: .*option dynamicAxes/,
    );
  });
});

test("bad arguments are refused", async () => {
  const identity = (a: Operand) => F.add(a, 0);
  await expect(nn.exportOnnx({} as nn.Layer, x())).rejects.toThrow(
    "exportOnnx: the model is a Object; expected a layer",
  );
  const errors = await Promise.all([
    failure(identity as never, [[1, 2]]),
    failure(identity as never, x(), { opset: 16 }),
    failure(identity as never, x(), { inputNames: ["a", "b"] }),
    failure(identity as never, x(), { inputNames: [""] }),
    failure(identity as never, x(), { outputNames: ["a", "b"] }),
    failure(identity as never, x(), { outputNames: ["input"] }),
    failure(identity as never, x(), { dynamicAxes: { x: { 0: "n" } } }),
    failure(identity as never, x(), { dynamicAxes: { input: { 2: "n" } } }),
    failure(identity as never, x(), { dynamicAxes: { input: { 0: "n", 1: "n" } } }),
    failure(identity as never, x(), { dynamicAxes: { input: ["n"] } } as never),
    failure(identity as never, x(), { call: 1 } as never),
    failure(identity as never, x(), { name: "" }),
    failure(identity as never, x(), { opsets: 17 } as never),
    failure(identity as never, [x(), new Date()]),
    failure((() => "text") as never),
    failure((() => []) as never),
  ]);
  expect(errors).toMatchInlineSnapshot(`
[
  "ArgumentError: exportOnnx: the example has no inputs; expected a Variable or an NDArray, or a list of arguments with at least one",
  "ArgumentError: exportOnnx: opset is 16; expected 17 or 18 or 19 or 20 or 21",
  "ArgumentError: exportOnnx: 2 inputNames for 1 inputs (input); expected one for each",
  "ArgumentError: exportOnnx: inputNames is [""]; expected a list of different names",
  "ArgumentError: exportOnnx: 2 outputNames for 1 outputs (output); expected one for each",
  "ArgumentError: exportOnnx: an input and an output are called input; expected names of their own (option outputNames)",
  "ArgumentError: exportOnnx: dynamicAxes names the input x; expected some of input",
  "ArgumentError: exportOnnx: dynamicAxes names axis 2 of input with shape (2, 3); expected one that has elements",
  "ArgumentError: exportOnnx: the axes n have lengths 2 and 3 in the example; expected equal lengths, or two names",
  "ArgumentError: exportOnnx: dynamicAxes is a Object; expected names by input and axis, such as { input: { 0: "batch" } }",
  "ArgumentError: exportOnnx: call is 1; expected a function of the model and its inputs",
  "ArgumentError: exportOnnx: name is ""; expected a name",
  "ArgumentError: exportOnnx: unknown option opsets; expected some of inputNames, outputNames, dynamicAxes, opset, name, call",
  "ArgumentError: exportOnnx: the example holds a Date; expected Variables, NDArrays, numbers, lists and plain objects",
  "ArgumentError: exportOnnx: the model returned "text" as output; expected Variables, or lists or objects of them",
  "ArgumentError: exportOnnx: the model returned nothing; expected Variables, or lists or objects of them",
]
`);
  expect(errors.filter((text) => !/^(ArgumentError|GraphError): exportOnnx/.test(text))).toEqual([]);
  expect(ArgumentError.name).toBe("ArgumentError");
});
