import { grad } from "../../core/backward.js";
import { testMode, usingConfig } from "../../core/config.js";
import { ones, randomNormal } from "../../core/creation.js";
import { seed } from "../../core/rng.js";
import { constant, variable } from "../../core/variable.js";
import { dropout } from "../../functions/random.js";

describe("dropout", () => {
  test("sets the share p to 0 and scales the rest, so that the mean stays", () => {
    for (const p of [0.1, 0.5, 0.9]) {
      seed(1);
      const n = 20_000;
      const y = Array.from(dropout(ones([n], { dtype: "float64" }), { p, training: true }).toTypedArray());
      const dropped = y.filter((v) => v === 0).length;
      expect(y.filter((v) => v !== 0 && v !== 1 / (1 - p))).toEqual([]);
      // Five standard deviations of a binomial count.
      expect(Math.abs(dropped - n * p)).toBeLessThan(5 * Math.sqrt(n * p * (1 - p)));
    }
  });

  test("drops single elements, not whole rows or columns", () => {
    seed(2);
    const y = dropout(ones([50, 40]), { training: true }).toArray() as number[][];
    const columns = y[0]!.map((_, j) => y.map((row) => row[j]!));
    for (const line of [...y, ...columns]) expect(new Set(line)).toEqual(new Set([0, 2]));
  });

  test("backward, and backward of backward, use the mask of forward", () => {
    seed(3);
    const x = variable(randomNormal([6, 5], { dtype: "float64" }));
    const gy = variable(randomNormal([6, 5], { dtype: "float64" }));
    const y = dropout(x, { p: 0.4, training: true });
    const mask = y.toTypedArray().map((v) => (v === 0 ? 0 : 1 / 0.6));
    expect(new Set(mask).size).toBe(2);
    const [gx] = grad([y], [x], { gradYs: [gy], createGraph: true });
    expect(gx!.toTypedArray()).toEqual(gy.toTypedArray().map((v, i) => v * mask[i]!));
    const direction = randomNormal([6, 5], { dtype: "float64" });
    const [ggy] = grad([gx!], [gy], { gradYs: [direction] });
    expect(ggy!.toTypedArray()).toEqual(direction.toTypedArray().map((v, i) => v * mask[i]!));
  });

  test("repeats with the seed, and differs without", () => {
    const draw = () => dropout(ones([64]), { training: true }).toArray();
    seed(4);
    const first = draw();
    const second = draw();
    expect(second).not.toEqual(first);
    seed(4);
    expect([draw(), draw()]).toEqual([first, second]);
  });

  test("outside training, and with p = 0, it is x itself and draws nothing", () => {
    const x = variable([1, 2, 3]);
    seed(5);
    const expected = dropout(ones([32]), { training: true }).toArray();
    seed(5);
    expect(dropout(x, { p: 0, training: true })).toBe(x);
    expect(dropout(x, { training: false })).toBe(x);
    expect(dropout(ones([32]), { training: true }).toArray()).toEqual(expected);
  });

  test("follows config.train unless told", () => {
    const x = variable(ones([64]));
    expect(testMode(() => dropout(x))).toBe(x);
    expect(testMode(() => dropout(x, { training: true }))).not.toBe(x);
    expect(usingConfig({ train: true }, () => dropout(x))).not.toBe(x);
    expect(dropout(x)).not.toBe(x);
  });

  test("p = 1 gives zeros, also as gradients", () => {
    const x = variable([[3, -4]]);
    const y = dropout(x, { p: 1, training: true });
    expect(y.toArray()).toEqual([[0, -0]]);
    expect(grad([y], [x], { gradYs: [[[5, 6]]] })[0]!.toArray()).toEqual([[0, 0]]);
  });

  test("keeps float64 and makes float32 of integers", () => {
    expect(dropout(ones([3], { dtype: "float64" }), { training: true }).dtype).toBe("float64");
    expect(dropout(constant([1, 2], { dtype: "int32" }), { training: true }).dtype).toBe("float32");
  });

  test.each([-0.1, 1.5, Number.NaN])("refuses p = %p, training or not", (p) => {
    for (const training of [true, false]) {
      expect(() => dropout([1], { p, training })).toThrow(
        new Error(`dropout: p is ${p}; expected a probability from 0 to 1`),
      );
    }
  });
});
