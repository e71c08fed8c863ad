import { array, ones, randomNormal, seed, testMode, type Variable, variable, zeros } from "../../core/index.js";
import { cat } from "../../functions/index.js";
import {
  Add,
  Conv2D,
  Dropout,
  FullyConnected,
  heNormal,
  Identity,
  Layer,
  Multiply,
  registerActivation,
  Sequential,
} from "../../nn/index.js";

beforeEach(() => seed(11));

describe("the first input", () => {
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

describe("a fused weight", () => {
  const dtype = "float64";

  test("computes and learns what weight and bias apart do", () => {
    const apart = new FullyConnected({ nOut: 3, nIn: 4, actFn: "tanh", dtype });
    const fused = new FullyConnected({ nOut: 3, actFn: "tanh", fused: true, dtype });
    apart.loadStateDict({ W: randomNormal([4, 3], { dtype }), b: randomNormal([3], { dtype }) });
    fused.loadStateDict({ W: cat([apart.W, apart.b!.reshape(1, 3)]).data });
    const [x, gy] = [randomNormal([2, 5, 4], { dtype }), randomNormal([2, 5, 3], { dtype })];
    const [y, z] = [apart, fused].map((layer) => layer.forward(x));
    expectClose(z!, y!);
    for (const output of [y!, z!]) output.backward({ gradient: gy });
    expectClose(fused.W.grad!, cat([apart.W.grad!, apart.b!.grad!.reshape(1, 3)]));
  });

  test("is one parameter: the weight as it is drawn without the bias, above a row of zeros", () => {
    seed(3);
    const apart = new FullyConnected({ nOut: 2, nIn: 3, actFn: "relu" });
    seed(3);
    const fused = new FullyConnected({ nOut: 2, nIn: 3, actFn: "relu", fused: true });
    expect(fused.namedParameters()).toEqual([["W", fused.W]]);
    expect(fused.b).toBeNull();
    expect(fused.W.toArray()).toEqual([...(apart.W.toArray() as number[][]), [0, 0]]);
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

test("Sequential hands on what is not one Variable", () => {
  class Pair extends Layer {
    override forward(x: Variable): Variable {
      return [x, x] as never;
    }
  }
  expect(new Sequential(new Pair(), new Add() as never).forward(variable([1, 2])).toArray()).toEqual([2, 4]);
});

describe("Add and Multiply", () => {
  test("take one by one what they take in a list; numbers are one input", () => {
    const [a, b] = [variable([1, 2]), array([3, 5])];
    expect(new Add().forward(a, b).toArray()).toEqual([4, 7]);
    expect(new Add().forward([a, b]).toArray()).toEqual([4, 7]);
    expect(new Multiply().forward(a, b, [2, 3]).toArray()).toEqual([6, 30]);
    expect(new Multiply().forward([a, b, [2, 3]]).toArray()).toEqual([6, 30]);
    expect(new Add().forward([1, 2]).toArray()).toEqual([1, 2]);
    expect(new Add().forward([1, 2], [3, 4]).toArray()).toEqual([4, 6]);
  });

  test("literals take the dtype of the arrays beside them", () => {
    const x = array([1, 2], { dtype: "float64" });
    expect(new Add().forward([1, 1], x).dtype).toBe("float64");
  });
});

test("Identity takes anything", () => {
  const ids = array([1, 2], { dtype: "int32" });
  expect(new Identity().forward(ids).data).toBe(ids);
  const x = variable([1]);
  expect(new Identity().forward(x)).toBe(x);
  expect(new Identity().forward([]).shape).toEqual([0]);
});

function expectClose(actual: Variable, expected: Variable): void {
  expect(actual.shape).toEqual(expected.shape);
  const wanted = expected.toTypedArray();
  for (const [i, value] of actual.toTypedArray().entries()) expect(value).toBeCloseTo(wanted[i]!, 12);
}
