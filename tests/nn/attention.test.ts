import { eye, grad, ones, randomNormal, seed, slice, testMode, variable, zeros } from "../../core/index.js";
import { add } from "../../functions/arithmetic.js";
import { scaledDotProductAttention } from "../../functions/attention.js";
import { square } from "../../functions/math.js";
import { sum } from "../../functions/reduce.js";
import { DotProductAttention } from "../../nn/index.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

beforeEach(() => seed(3));

const draw = (...shape: number[]) => variable(randomNormal(shape));
const numbers = (x: { toTypedArray(): ArrayLike<number> }) => Array.from(x.toTypedArray());

describe("masks", () => {
  const [q, k, v] = [draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 2)];
  const NONE = Number.NEGATIVE_INFINITY;
  const layer = new DotProductAttention();

  test("what may not be attended to does not matter", () => {
    const other = variable(v.data.copy());
    other.data.slice(0, 1).assign(ones([2]));
    const mask = [[true, false, true, true, true]];
    expect(layer.forward(q, k, other, { mask }).toArray()).toEqual(layer.forward(q, k, v, { mask }).toArray());
    expect(layer.forward(q, k, other).toArray()).not.toEqual(layer.forward(q, k, v).toArray());
  });

  test("false and -Infinity are the same", () => {
    const bool = layer.forward(q, k, v, {
      mask: [[true, false, true, false, true], Array(5).fill(false), Array(5).fill(true)],
    });
    const added = layer.forward(q, k, v, { mask: [[0, NONE, 0, NONE, 0], Array(5).fill(NONE), Array(5).fill(0)] });
    expect(numbers(added)).toEqual(numbers(bool));
  });

  test("a number that is none is not taken for one that forbids", () => {
    expect(numbers(layer.forward(q, k, v, { mask: [Number.NaN, 0, 0, 0, 0] })).every(Number.isNaN)).toBe(true);
  });

  test.each([
    ["bool", [[true], [false], [true]]],
    ["added", [[0], [NONE], [1]]],
  ])("a query that may attend to nothing gets zeros and gives zeros, to the second order: %s", (_, mask) => {
    const [query, key, value] = [draw(3, 4), draw(5, 4), draw(5, 2)];
    const y = layer.forward(query, key, value, { mask });
    expect(numbers(y.data.slice(1))).toEqual([0, 0]);
    expect(numbers(y.data.slice(0)).every((n) => n !== 0)).toBe(true);
    const firsts = grad([sum(square(y))], [query, key, value], { createGraph: true });
    expect(numbers(firsts[0]!.data.slice(1))).toEqual([0, 0, 0, 0]);
    const seconds = grad([firsts.map((g) => sum(square(g))).reduce((a, b) => add(a, b))], [query, key, value]);
    expect(numbers(seconds[0]!.data.slice(1))).toEqual([0, 0, 0, 0]);
    for (const g of [...firsts, ...seconds]) {
      expect(numbers(g).every(Number.isFinite)).toBe(true);
      expect(numbers(g).some((n) => n !== 0)).toBe(true);
    }
  });
});

describe("causal", () => {
  const layer = new DotProductAttention({ causal: true });
  const x = draw(6, 4);

  test("no query sees what is later", () => {
    const later = variable(x.data.copy());
    later.data.slice(4).assign(ones([4]));
    const [before, after] = [layer.forward(x, x, x), layer.forward(x, later, later)];
    expect(after.data.slice(0, 1).toArray()).toEqual(before.data.slice(0, 1).toArray());
    for (let t = 0; t < 6; t++) {
      const same = JSON.stringify(after.data.slice(t).toArray()) === JSON.stringify(before.data.slice(t).toArray());
      expect(same).toBe(t < 4);
    }
  });

  test("the last queries alone get what they get among all", () => {
    const all = numbers(layer.forward(x, x, x));
    for (const last of [1, 2, 5]) {
      const part = numbers(layer.forward(x.data.slice(slice(6 - last, null)), x, x));
      expect(part.length).toBe(4 * last);
      for (const [i, n] of part.entries()) expect(n).toBeCloseTo(all[all.length - part.length + i]!, 5);
    }
  });
});

describe("dropout", () => {
  const [q, k] = [zeros([40, 3]), zeros([50, 3])];
  const values = () => variable(eye(50));

  test("acts on the weights: some become 0, the rest grows, and the gradient has the same mask", () => {
    const v = values();
    const y = new DotProductAttention({ dropoutP: 0.2 }).forward(q, k, v);
    const weights = numbers(y);
    const dropped = weights.filter((w) => w === 0).length;
    // Five standard deviations of a binomial number of 2,000.
    expect(Math.abs(dropped - 400)).toBeLessThan(90);
    for (const w of weights) if (w !== 0) expect(w).toBeCloseTo(1 / 50 / 0.8, 7);
    sum(y).backward();
    const columns = Array.from({ length: 50 }, (_, key) => weights.filter((_, i) => i % 50 === key));
    columns.forEach((column, key) => {
      expect(numbers(v.grad!)[key * 50]).toBeCloseTo(
        column.reduce((a, b) => a + b, 0),
        5,
      );
    });
  });

  test("does nothing in use, in test mode and unless asked for", () => {
    const layer = new DotProductAttention({ dropoutP: 0.9 });
    const plain = numbers(new DotProductAttention().forward(q, k, values()));
    expect(plain.every((w) => Math.abs(w - 0.02) < 1e-7)).toBe(true);
    expect(numbers(testMode(() => layer.forward(q, k, values())))).toEqual(plain);
    expect(numbers(layer.forward(q, k, values()))).not.toEqual(plain);
    expect(numbers(layer.eval().forward(q, k, values()))).toEqual(plain);
  });

  test("of everything leaves nothing", () => {
    const y = new DotProductAttention({ dropoutP: 1 }).forward(q, k, values());
    expect(numbers(y).every((w) => w === 0)).toBe(true);
  });
});

refusesOptions("DotProductAttention", [
  [
    () => new DotProductAttention({ heads: 3 } as never),
    "DotProductAttention: unknown option heads; expected some of scale, dropoutP, causal",
  ],
  [() => new DotProductAttention({ scale: 2 as never }), "DotProductAttention: scale is 2; expected true or false"],
  [() => new DotProductAttention({ causal: 1 as never }), "DotProductAttention: causal is 1; expected true or false"],
  [
    () => new DotProductAttention({ dropoutP: -0.1 }),
    "DotProductAttention: dropoutP is -0.1; expected a probability from 0 to 1",
  ],
]);

refusesCalls(
  "DotProductAttention",
  () => new DotProductAttention(),
  (layer) => layer.forward(ones([3, 4]), ones([5, 4]), ones([5, 2])),
  [
    [
      (layer) => layer.forward([1, 2], ones([5, 4]), ones([5, 2])),
      "DotProductAttention: the input has shape (2,); expected at least 2 axes (..., Tq, dk)",
    ],
    [
      (layer) => layer.forward(ones([3, 4]), ones([5, 4]), ones([5])),
      "DotProductAttention: the input has shape (5,); expected at least 2 axes (..., Tk, dv)",
    ],
    [
      (layer) => layer.forward(ones([3, 4]), ones([5, 3]), ones([5, 2])),
      "DotProductAttention: the query (3, 4) has 4 features and the key (5, 3) has 3; expected as many",
    ],
    [
      (layer) => layer.forward(ones([3, 4]), ones([5, 4]), ones([4, 2])),
      "DotProductAttention: the key (5, 4) has 5 positions and the value (4, 2) has 4; expected as many",
    ],
    [
      (layer) => layer.forward(ones([2, 3, 4]), ones([3, 5, 4]), ones([3, 5, 2])),
      "DotProductAttention: shapes (2,) and (3,) do not broadcast",
    ],
    [
      (layer) => layer.forward(ones([2, 3, 4]), ones([5, 4]), ones([3, 5, 2])),
      "DotProductAttention: shapes (2,) and (3,) do not broadcast",
    ],
    [
      (layer) => layer.forward(ones([3, 4]), ones([5, 4], { dtype: "float64" }), ones([5, 2])),
      "DotProductAttention: the keys are float64 and the queries float32; expected one dtype (astype)",
    ],
    [
      (layer) => layer.forward(ones([3, 4]), ones([5, 4]), ones([5, 2]), { mask: ones([5, 3]) }),
      "DotProductAttention: mask: (5, 3) does not broadcast to (3, 5)",
    ],
    [
      (layer) => layer.forward(ones([3, 4]), ones([5, 4]), ones([5, 2]), { mask: ones([2, 3, 5]) }),
      "DotProductAttention: mask: (2, 3, 5) has more axes than (3, 5)",
    ],
    [
      (layer) => layer.forward(ones([3, 4]), ones([5, 4]), ones([5, 2]), { mask: ones([3, 5], { dtype: "int32" }) }),
      "DotProductAttention: the mask is int32; expected bool (true may attend) or floating-point (added to the scores)",
    ],
    [
      (layer) => layer.forward(ones([3, 4]), ones([5, 4]), ones([5, 2]), { causal: true } as never),
      "DotProductAttention: unknown option causal; expected some of mask",
    ],
  ],
);

test.each([
  [{ scale: Number.NaN }, "scaledDotProductAttention: scale is NaN; expected a finite number"],
  [{ dropoutP: 2 }, "scaledDotProductAttention: dropoutP is 2; expected a probability from 0 to 1"],
])("scaledDotProductAttention refuses %j", (options, message) => {
  expect(() => scaledDotProductAttention(ones([3, 4]), ones([5, 4]), ones([5, 2]), options)).toThrow(message);
});
