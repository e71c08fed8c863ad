import { array, full, ones, randomNormal, seed, testMode, variable, zeros } from "../../core/index.js";
import { sum } from "../../functions/reduce.js";
import {
  Conv2D,
  Dropout,
  Flatten,
  FullyConnected,
  heNormal,
  Pool2D,
  registerActivation,
  Sequential,
  type UnaryLayer,
} from "../../nn/index.js";

beforeEach(() => seed(11));

describe("sizes told by the input or given", () => {
  test.each<[string, () => UnaryLayer, () => UnaryLayer, number[]]>([
    [
      "FullyConnected",
      () => new FullyConnected({ nOut: 3, actFn: "relu" }),
      () => new FullyConnected({ nOut: 3, nIn: 4, actFn: "relu" }),
      [5, 4],
    ],
    [
      "Conv2D",
      () => new Conv2D({ outCh: 3, kernelShape: [2, 3], dtype: "float64" }),
      () => new Conv2D({ outCh: 3, kernelShape: [2, 3], inCh: 2, dtype: "float64" }),
      [1, 4, 4, 2],
    ],
  ])("%s: the same parameters and output", (_, lazy, explicit, shape) => {
    const [told, given] = [lazy(), explicit()];
    const dtype = given.parameters()[0]!.dtype as "float32" | "float64";
    const x = randomNormal(shape, { dtype });
    expect(told.parameters().map((p) => p.initialized)).toEqual([false, false]);
    expect(given.parameters().map((p) => p.initialized)).toEqual([true, true]);
    expect(told.parameters().map((p) => p.dtype)).toEqual([dtype, dtype]);
    // Drawn at different times, so from the same seed again.
    seed(5);
    const y = told.forward(x);
    seed(5);
    expect(explicit().forward(x).toArray()).toEqual(y.toArray());
    expect(y.dtype).toBe(dtype);
    expect(y.data.toTypedArray().some((v) => v !== 0)).toBe(true);
  });

  test("literals take the layer's dtype", () => {
    const layer = new FullyConnected({ nOut: 2, dtype: "float64" });
    expect(layer.forward([[1, 2, 3]]).dtype).toBe("float64");
  });

  test("an input that does not fit leaves a layer as it was", () => {
    const layer = new Conv2D({ outCh: 2, kernelShape: 5 });
    expect(() => layer.forward(zeros([1, 4, 9, 3]))).toThrow("Conv2D: the kernel covers 5 rows and the input has 4");
    expect(layer.W.initialized).toBe(false);
    expect(layer.forward(zeros([1, 5, 5, 7])).shape).toEqual([1, 1, 1, 2]);
  });

  test("an initializer that fails leaves a layer as it was", () => {
    const layer = new FullyConnected({ nOut: 2, init: (shape) => zeros([...shape].reverse()) });
    expect(() => layer.forward([[1, 2, 3]])).toThrow(
      "FullyConnected: init drew (2, 3), float32; expected an NDArray of shape (3, 2), float32",
    );
    expect(layer.parameters().map((p) => p.initialized)).toEqual([false, false]);
  });
});

describe("actFn and init", () => {
  test("a name in any case, a function, null", () => {
    const x = [[1, -1]];
    const run = (actFn: ConstructorParameters<typeof FullyConnected>[0]["actFn"]) =>
      new FullyConnected({
        nOut: 2,
        actFn,
        init: (s, o) =>
          array(
            [
              [1, 0],
              [0, 1],
            ],
            o,
          ).reshape(s),
      })
        .forward(x)
        .toArray();
    expect(run("ReLU")).toEqual([[1, 0]]);
    expect(run("identity")).toEqual([[1, -1]]);
    expect(run(null)).toEqual([[1, -1]]);
    expect(run((z) => variable(ones(z.shape)))).toEqual([[1, 1]]);
  });

  test("the glorot initializers draw wider before some activations", () => {
    registerActivation("wide", (x) => x, { gain: 10 });
    const width = (actFn: string | null, init?: string) => {
      seed(3);
      const W = new FullyConnected({ nOut: 50, nIn: 50, actFn, init, dtype: "float64" }).W.data.toTypedArray();
      return Math.max(...W);
    };
    const plain = width(null);
    expect(width("relu") / plain).toBeCloseTo(Math.SQRT2, 12);
    expect(width("tanh") / plain).toBeCloseTo(5 / 3, 12);
    expect(width("leakyRelu") / plain).toBeCloseTo(Math.sqrt(2 / 1.09), 12);
    expect(width("sigmoid") / plain).toBe(1);
    expect(width("wide") / plain).toBeCloseTo(10, 12);
    expect(width("wide", "he_uniform")).toBe(width(null, "he_uniform"));
  });

  test("init by function", () => {
    seed(3);
    const byName = new FullyConnected({ nOut: 2, nIn: 2, init: "he_normal" });
    seed(3);
    expect(new FullyConnected({ nOut: 2, nIn: 2, init: heNormal }).W.toArray()).toEqual(byName.W.toArray());
  });
});

describe("Flatten", () => {
  test.each<[ConstructorParameters<typeof Flatten>[0], number[]]>([
    [undefined, [2, 12]],
    [{ keepDim: "first" }, [2, 12]],
    [{ keepDim: "last" }, [6, 4]],
    [{ keepDim: -1 }, [1, 24]],
  ])("%j", (options, shape) => {
    const x = variable(randomNormal([2, 3, 4]));
    const y = new Flatten(options).forward(x);
    expect(y.shape).toEqual(shape);
    expect(y.toTypedArray()).toEqual(x.toTypedArray());
  });
});

describe("Dropout", () => {
  test("in training some entries become 0 and the rest grows; the gradient has the same mask", () => {
    const layer = new Dropout({ p: 0.2 });
    const x = variable(ones([100, 100], { dtype: "float64" }));
    const y = layer.forward(x);
    const gy = randomNormal([100, 100], { dtype: "float64" });
    y.backward({ gradient: gy });
    const [values, gx, g] = [y.toTypedArray(), x.grad!.toTypedArray(), gy.toTypedArray()];
    const kept = values.filter((v) => v !== 0).length / values.length;
    expect(Math.abs(kept - 0.8)).toBeLessThan(0.02);
    for (let i = 0; i < values.length; i++) {
      expect(values[i] === 0 || values[i] === 1.25).toBe(true);
      expect(gx[i]).toBeCloseTo(values[i]! * g[i]!, 12);
    }
    expect(layer.forward(x).toTypedArray()).not.toEqual(values);
  });

  test("in use, and in test mode, the input passes unchanged", () => {
    const model = new Sequential(new Dropout());
    const x = variable(randomNormal([5, 5]));
    expect(model.eval().forward(x)).toBe(x);
    expect(testMode(() => model.train().forward(x))).toBe(x);
    expect(model.forward(x).toArray()).not.toEqual(x.toArray());
  });

  test("p = 0 keeps and p = 1 drops everything", () => {
    const x = randomNormal([3, 3]);
    expect(new Dropout({ p: 0 }).forward(x).toArray()).toEqual(x.toArray());
    expect(
      new Dropout({ p: 1 })
        .forward(x)
        .toTypedArray()
        .some((v) => v !== 0),
    ).toBe(false);
  });
});

test("a Sequential without layers passes its input on", () => {
  expect(new Sequential().forward([1, 2]).toArray()).toEqual([1, 2]);
});

test("a layer may be called several times before backward", () => {
  const layer = new Conv2D({ outCh: 1, kernelShape: 1, bias: false, dtype: "float64" });
  const one = ones([1, 2, 2, 1], { dtype: "float64" });
  const threes = full([1, 2, 2, 1], 3, { dtype: "float64" });
  const [y, z] = [layer.forward(one), layer.forward(threes)];
  sum(y).backward();
  sum(z).backward();
  expect(layer.W.grad!.item()).toBe(4 + 12);
});

describe("errors name the layer", () => {
  const fc = () => new FullyConnected({ nOut: 2, nIn: 3 });
  const conv = () => new Conv2D({ outCh: 2, kernelShape: 3, inCh: 1 });
  const pool = () => new Pool2D({ kernelShape: 3 });
  test.each<[() => unknown, string]>([
    [() => fc().forward([1, 2, 3]), "FullyConnected: the input has shape (3,); expected at least 2 axes (N, ..., nIn)"],
    [() => fc().forward(zeros([5, 4])), "FullyConnected: the input of shape (5, 4) has 4 features; expected 3"],
    [
      () => fc().forward(zeros([0, 3])),
      "FullyConnected: the input of shape (0, 3) has no elements; expected at least one",
    ],
    [
      () => fc().forward(zeros([1, 3], { dtype: "float64" })),
      'FullyConnected: the input is float64; expected float32 (astype), or a layer made with dtype: "float64"',
    ],
    [
      () => fc().forward(zeros([1, 3], { dtype: "int32" })),
      "FullyConnected: the input is int32; expected float32 (astype)",
    ],
    [
      () => conv().forward(zeros([4, 4, 1])),
      "Conv2D: the input has shape (4, 4, 1); expected 4 axes (N, rows, cols, channels)",
    ],
    [() => conv().forward(zeros([1, 4, 4, 2])), "Conv2D: the input of shape (1, 4, 4, 2) has 2 channels; expected 1"],
    [() => conv().forward(zeros([0, 4, 4, 1])), "Conv2D: the input of shape (0, 4, 4, 1) has no elements"],
    [
      () => conv().forward(zeros([1, 4, 4, 1], { dtype: "bool" })),
      "Conv2D: the input is bool; expected float32 (astype)",
    ],
    [
      () => conv().forward(zeros([1, 2, 4, 1])),
      "Conv2D: the kernel covers 3 rows and the input has 2 with its padding",
    ],
    [
      () => pool().forward(zeros([4, 4])),
      "Pool2D: the input has shape (4, 4); expected 4 axes (N, rows, cols, channels)",
    ],
    [
      () => pool().forward(zeros([1, 4, 2, 1])),
      "Pool2D: the kernel covers 3 columns and the input has 2 with its padding",
    ],
    [
      () => pool().forward(zeros([1, 4, 4, 1], { dtype: "int32" })),
      "Pool2D: the input is int32; expected float32 or float64 (astype)",
    ],
    [() => new Flatten().forward(3), "Flatten: the input has shape (); expected at least 1 axes (N, ...)"],
    [
      () => new Dropout().forward(zeros([2], { dtype: "int32" })),
      "Dropout: the input is int32; expected float32 or float64",
    ],
    [() => new Sequential(new Flatten(), 3 as never), "Sequential: argument 1 is 3; expected a Layer"],
    [() => new Sequential([new Flatten()] as never), "Sequential: argument 0 is [a Flatten]; expected a Layer"],
    [
      () => new FullyConnected(3 as never),
      "FullyConnected: expected an object of options (nOut, nIn, actFn, init, bias, dtype), got 3",
    ],
    [
      () => new FullyConnected({ nOut: 1, units: 3 } as never),
      "FullyConnected: unknown option units; expected some of nOut, nIn, actFn, init, bias, dtype",
    ],
    [() => new FullyConnected({} as never), "FullyConnected: nOut is undefined; expected a whole number of at least 1"],
    [() => new FullyConnected({ nOut: 0 }), "FullyConnected: nOut is 0; expected a whole number of at least 1"],
    [
      () => new FullyConnected({ nOut: 1, nIn: 1.5 }),
      "FullyConnected: nIn is 1.5; expected a whole number of at least 1",
    ],
    [() => new FullyConnected({ nOut: 1, bias: 0 as never }), "FullyConnected: bias is 0; expected true or false"],
    [
      () => new FullyConnected({ nOut: 1, dtype: "int32" as never }),
      'FullyConnected: dtype is "int32"; expected "float32" or "float64"',
    ],
    [
      () => new FullyConnected({ nOut: 1, actFn: "rellu" }),
      'FullyConnected: actFn is "rellu"; expected null, a function or one of identity, relu, leakyRelu, elu, selu',
    ],
    [() => new FullyConnected({ nOut: 1, actFn: 3 as never }), "FullyConnected: actFn is 3; expected null, a function"],
    [
      () => new FullyConnected({ nOut: 1, init: "glorot" }),
      'FullyConnected: init is "glorot"; expected a function or one of glorot_uniform, glorot_normal, he_uniform, he_normal',
    ],
    [
      () => new Conv2D({ outCh: 1 } as never),
      "Conv2D: kernelShape is undefined; expected a positive integer or [rows, cols]",
    ],
    [() => new Conv2D({ outCh: 1, kernelShape: 0 }), "Conv2D: kernelShape is 0; expected a positive integer"],
    [
      () => new Conv2D({ outCh: 1, kernelShape: 3, inCh: 0 }),
      "Conv2D: inCh is 0; expected a whole number of at least 1",
    ],
    [() => new Conv2D({ outCh: 1, kernelShape: 3, stride: 0 }), "Conv2D: stride is 0; expected a positive integer"],
    [() => new Conv2D({ outCh: 1, kernelShape: 3, pad: "valid" as never }), 'Conv2D: pad is "valid"; expected'],
    [
      () => new Conv2D({ outCh: 1, kernelShape: 3, dilation: -1 }),
      "Conv2D: dilation is -1; expected a non-negative integer",
    ],
    [() => new Pool2D({ kernelShape: 2, mode: "min" as never }), 'Pool2D: mode is "min"; expected "max" or "average"'],
    [() => new Pool2D({ kernelShape: 2, mode: "toString" as never }), 'Pool2D: mode is "toString"; expected'],
    [() => new Flatten({ keepDim: 0 as never }), 'Flatten: keepDim is 0; expected "first" or "last" or -1'],
    [() => new Dropout({ p: 1.5 }), "Dropout: p is 1.5; expected a probability from 0 to 1"],
    [() => new Dropout({ p: Number.NaN }), "Dropout: p is NaN; expected a probability from 0 to 1"],
  ])("%#", (run, message) => {
    expect(run).toThrow(message);
  });
});
