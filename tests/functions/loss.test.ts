import { grad } from "../../core/backward.js";
import { array, randomNormal } from "../../core/creation.js";
import { DTypeError, IndexError, ShapeError } from "../../core/errors.js";
import * as numeric from "../../core/numeric.js";
import { seed } from "../../core/rng.js";
import { constant, type Operand, type Variable, variable } from "../../core/variable.js";
import { softmax } from "../../functions/activation.js";
import * as F from "../../functions/loss.js";

const normal = (shape: number[]) => randomNormal(shape, { dtype: "float64" });
const float64 = (data: number[] | number[][]) => array(data, { dtype: "float64" });

describe.each([
  ["softmaxCrossEntropy", F.softmaxCrossEntropy],
  ["softmaxCrossEntropySimple", F.softmaxCrossEntropySimple],
])("%s", (name, loss) => {
  test("takes classes and one-hot vectors however they are given", () => {
    seed(1);
    const x = normal([3, 4]);
    const oneHot = [
      [0, 0, 1, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ];
    const expected = loss(x, array(new Int32Array([2, 0, 3]))).item();
    const targets: Operand[] = [
      [2, 0, 3],
      new Int32Array([2, 0, 3]),
      new Uint8Array([2, 0, 3]),
      constant([2, 0, 3], { dtype: "int32" }),
      oneHot,
      oneHot.map((row) => row.map(Boolean)),
      array(oneHot, { dtype: "int32" }),
      array(oneHot, { dtype: "float32" }),
      variable(oneHot, { dtype: "float64" }),
    ];
    for (const t of targets) expect(loss(x, t).item()).toBeCloseTo(expected, 14);
  });

  test("probabilities in nested arrays take the dtype of the logits", () => {
    const x = float64([[1, 2]]);
    const expected = -0.1 * Math.log(1 / (1 + Math.E)) - 0.9 * Math.log(Math.E / (1 + Math.E));
    expect(loss(x, [[0.1, 0.9]]).item()).toBeCloseTo(expected, 15);
  });

  test("is the mean over the batch", () => {
    const x = float64([
      [0, 0],
      [0, Math.log(3)],
    ]);
    expect(loss(x, [0, 1]).item()).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 15);
  });

  test.each(["float32", "float64"] as const)("is exact for logits of +-1000, with its gradient, in %s", (dtype) => {
    const x = variable([[1000, -1000], [1000, -1000], [60, 0]], { dtype }); // biome-ignore format: one line
    const y = loss(x, [1, 0, 1]);
    expect(y.dtype).toBe(dtype);
    expect(y.item()).toBeCloseTo((2000 + 0 + 60) / 3, dtype === "float32" ? 3 : 12);
    const [gx] = grad([y], [x], { gradYs: [1.5] });
    const rounded = (gx!.toArray() as number[][]).map((row) => row.map((v) => Number(v.toFixed(6))));
    expect(rounded).toEqual([
      [0.5, -0.5],
      [0, 0],
      [0.5, -0.5],
    ]);
  });

  test("its gradient is (softmax - one-hot) / N", () => {
    seed(2);
    const x = variable(normal([2, 3, 4]));
    const classes = [[3, 0, 1], [2, 2, 0]]; // biome-ignore format: one line
    const [gx] = grad([loss(x, classes)], [x], { gradYs: [-0.7] });
    const p = softmax(x).toTypedArray();
    classes.flat().forEach((id, i) => {
      p[i * 4 + id]! -= 1;
    });
    gx!.toTypedArray().forEach((g, i) => {
      expect(g).toBeCloseTo((-0.7 * p[i]!) / 6, 14);
    });
  });

  test("of an empty batch is NaN, as any mean of nothing", () => {
    expect(loss(normal([0, 3]), new Int32Array(0)).item()).toBeNaN();
  });

  test("computes integer logits as float32", () => {
    const y = loss(array([[1, 2]], { dtype: "int32" }), [1]);
    expect(y.dtype).toBe("float32");
    expect(y.item()).toBeCloseTo(Math.log1p(Math.exp(-1)), 6);
  });

  test.each([
    [
      [3, 4],
      new Int32Array([1, 4, 0]),
      IndexError,
      "class 4 at position 1 is out of range for 4 classes; expected 0 to 3",
    ],
    [[2, 4], [0, -1], IndexError, "class -1 at position 1 is out of range for 4 classes; expected 0 to 3"],
    [
      [2, 3],
      [0, 1, 2],
      ShapeError,
      "the prediction has shape (2, 3) and the target (3,); expected classes of shape (2,) or probabilities of shape (2, 3)",
    ],
    [
      [2, 3],
      [[0], [1]],
      ShapeError,
      "the prediction has shape (2, 3) and the target (2, 1); expected classes of shape (2,) or probabilities of shape (2, 3)",
    ],
    [
      [2, 3],
      new Float32Array([0, 1]),
      DTypeError,
      "a target of shape (2,) holds classes and is float32; expected int32",
    ],
    [[2, 3], [0.5, 1], DTypeError, "a target of shape (2,) holds classes and is float64; expected int32"],
    [[], [], ShapeError, "the prediction is a scalar; expected shape (..., classes)"],
  ] as [number[], Operand, typeof ShapeError, string][])(
    "refuses for logits %j the target %j",
    (shape, t, kind, message) => {
      const x = normal(shape);
      const spies = [jest.spyOn(numeric, "softmax"), jest.spyOn(numeric, "reduce"), jest.spyOn(numeric, "unary")];
      expect(() => loss(x, t)).toThrow(kind);
      expect(() => loss(x, t)).toThrow(new Error(`${name}: ${message}`));
      for (const spy of spies) {
        expect(spy).not.toHaveBeenCalled();
        spy.mockRestore();
      }
    },
  );
});

test("softmaxCrossEntropy and softmaxCrossEntropySimple agree on random logits, to the second derivative", () => {
  seed(3);
  const x = variable(normal([5, 7]));
  const classes = [6, 0, 3, 3, 1];
  const direction = normal([5, 7]);
  const [a, b] = [F.softmaxCrossEntropy, F.softmaxCrossEntropySimple].map((loss) => {
    const y = loss(x, classes);
    const [gx] = grad([y], [x], { gradYs: [1.3], createGraph: true });
    const [gg] = grad([gx!], [x], { gradYs: [direction] });
    return [...y.toTypedArray(), ...gx!.toTypedArray(), ...gg!.toTypedArray()];
  });
  expect(a!.length).toBe(71);
  a!.forEach((v, i) => {
    expect(v).toBeCloseTo(b![i]!, 14);
  });
});

test("softmaxCrossEntropy of classes is finite beside logits of -Infinity", () => {
  const x = variable([[0, Number.NEGATIVE_INFINITY, 0]], { dtype: "float64" });
  const y = F.softmaxCrossEntropy(x, [2]);
  expect(y.item()).toBeCloseTo(Math.LN2, 15);
  expect(grad([y], [x], { gradYs: [3] })[0]!.toArray()).toEqual([[1.5, 0, -1.5]]);
});

describe.each([
  ["meanSquaredError", F.meanSquaredError, 0.125, [1, 0]],
  ["meanAbsoluteError", F.meanAbsoluteError, 0.25, [1, 0]],
  ["sigmoidCrossEntropy", F.sigmoidCrossEntropy, (Math.log1p(Math.exp(-1)) + 0.5 + Math.LN2) / 2, null],
] as [string, (x: Operand, t: Operand) => Variable, number, number[] | null][])("%s", (name, loss, value, slopes) => {
  test("is the mean over all entries", () => {
    const x = variable([1, 0], { dtype: "float64" });
    const y = loss(x, [0.5, 0]);
    expect(y.item()).toBeCloseTo(value, 15);
    if (slopes !== null) {
      const [gx] = grad([y], [x], { gradYs: [2] });
      expect(gx!.toArray()).toEqual(slopes);
    }
  });

  test("takes targets however they are given, with gradients in the dtype of the prediction", () => {
    const x = variable([[1, -2, 0.5]]);
    const expected = loss(x, array([[1, 0, 1]])).item();
    for (const t of [
      [[1, 0, 1]],
      [[true, false, true]],
      array([[1, 0, 1]], { dtype: "int32" }),
      constant([[1, 0, 1]]),
    ]) {
      expect(loss(x, t).dtype).toBe("float32");
      expect(loss(x, t).item()).toBe(expected);
    }
    const y = loss(x, constant([[1, 0, 1]], { dtype: "float64" }));
    expect(y.dtype).toBe("float64");
    expect(grad([y], [x], { gradYs: [0.5] })[0]!.dtype).toBe("float32");
    expect(loss(array([1, 2], { dtype: "int32" }), [1, 0]).dtype).toBe("float32");
  });

  test("never broadcasts", () => {
    expect(() => loss(normal([4, 1]), normal([4]))).toThrow(
      new Error(`${name}: the prediction has shape (4, 1) and the target (4,); expected equal shapes`),
    );
    expect(() => loss(normal([4]), 1)).toThrow(ShapeError);
  });

  test("of nothing is NaN", () => {
    expect(loss(normal([0]), normal([0])).item()).toBeNaN();
  });
});

test.each(["float32", "float64"] as const)("sigmoidCrossEntropy is exact for saturated logits in %s", (dtype) => {
  const x = variable([1000, -1000, 20, 1000], { dtype });
  const terms = [0, 0, Math.log1p(Math.exp(-20)), 1000];
  [1, 0, 1, 0].forEach((t, i) => {
    const single = F.sigmoidCrossEntropy(constant(x.data.toTypedArray().subarray(i, i + 1)), [t]).item();
    expect(single / (terms[i] || 1)).toBeCloseTo(terms[i] === 0 ? 0 : 1, 6);
  });
  const [gx] = grad([F.sigmoidCrossEntropy(x, [1, 0, 1, 0])], [x], { gradYs: [4] });
  [0, 0, 0, 1].forEach((g, i) => {
    expect(gx!.toTypedArray()[i]).toBeCloseTo(g, 6);
  });
});

describe("accuracy", () => {
  const y = variable([[0.1, 0.7, 0.2], [3, 1, 2], [0, 0, 1], [1, 1, 0]]); // biome-ignore format: one line

  test("is the share of rows whose largest entry is at the class", () => {
    expect(F.accuracy(y, [1, 0, 2, 0]).item()).toBe(1);
    expect(F.accuracy(y, [1, 0, 0, 1]).item()).toBe(0.5);
    expect(F.accuracy(y, new Uint8Array([0, 1, 0, 1])).item()).toBe(0);
    expect(F.accuracy(y, [[0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]]).item()).toBe(0.75); // biome-ignore format: one line
  });

  test("has no gradient, and says so", () => {
    const share = F.accuracy(y, [1, 0, 2, 0]);
    expect(share.requiresGrad).toBe(false);
    expect(() => share.backward()).toThrow("backward: no graph leads to this Variable of shape ()");
  });

  test("has the dtype of the prediction", () => {
    expect(F.accuracy(y, [1, 0, 2, 0]).dtype).toBe("float32");
    expect(F.accuracy(float64([[1, 2]]), [1]).dtype).toBe("float64");
    expect(F.accuracy(array([[1, 2]], { dtype: "int32" }), [1]).toArray()).toBe(1);
  });

  test("takes any number of batch axes", () => {
    expect(F.accuracy([1, 3, 2], 1).item()).toBe(1);
    expect(F.accuracy([[[1, 3], [3, 1]]], [[1, 1]]).item()).toBe(0.5); // biome-ignore format: one line
  });

  test("of nothing is NaN", () => {
    expect(F.accuracy(normal([0, 3]), new Int32Array(0)).item()).toBeNaN();
  });

  test("refuses targets that do not fit", () => {
    expect(() => F.accuracy(y, [1, 0, 3, 0])).toThrow(
      new Error("accuracy: class 3 at position 2 is out of range for 3 classes; expected 0 to 2"),
    );
    expect(() => F.accuracy(y, [1, 0])).toThrow(
      new Error(
        "accuracy: the prediction has shape (4, 3) and the target (2,); expected classes of shape (4,) or probabilities of shape (4, 3)",
      ),
    );
  });
});
