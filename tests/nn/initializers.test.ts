import { type NDArray, seed } from "../../core/index.js";
import {
  calculateFan,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  stdNormal,
  truncatedNormal,
  truncNormal,
} from "../../nn/index.js";

beforeEach(() => seed(13));

/** Mean, standard deviation and largest magnitude. */
function moments(x: NDArray): { mean: number; std: number; largest: number } {
  const values = Float64Array.from(x.toTypedArray());
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  return { mean, std, largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
}

test("calculateFan counts the kernel's taps", () => {
  expect(calculateFan([3, 4])).toEqual({ fanIn: 3, fanOut: 4 });
  expect(calculateFan([5, 3, 4])).toEqual({ fanIn: 15, fanOut: 20 });
  expect(calculateFan([2, 5, 3, 4])).toEqual({ fanIn: 30, fanOut: 40 });
  expect(() => calculateFan([3])).toThrow("calculateFan: a weight of shape (3,) has no fan; expected (..., in, out)");
});

/** How far out a normal distribution of standard deviation 1 reaches once cut off at two of its own before the cut. */
const REACH = 2 / 0.8796256610342398;

// The weight (2, 3, 30, 500) has fanIn 180 and fanOut 3000.
test.each<[string, Initializer, number, number]>([
  ["glorotUniform", glorotUniform, Math.sqrt(2 / 3180), Math.sqrt(3)],
  ["glorotNormal", glorotNormal, Math.sqrt(2 / 3180), REACH],
  ["heUniform", heUniform, Math.sqrt(2 / 180), Math.sqrt(3)],
  ["heNormal", heNormal, Math.sqrt(2 / 180), REACH],
  ["truncNormal", truncNormal, 1, REACH],
  ["stdNormal", stdNormal, 1, 6],
])("%s has its standard deviation and bounds", (_, initializer, std, reach) => {
  const x = initializer([2, 3, 30, 500], { dtype: "float64" });
  expect(x.shape).toEqual([2, 3, 30, 500]);
  expect(x.dtype).toBe("float64");
  const found = moments(x);
  expect(Math.abs(found.mean)).toBeLessThan(0.02 * std);
  expect(Math.abs(found.std / std - 1)).toBeLessThan(0.01);
  expect(found.largest).toBeLessThanOrEqual(reach * std * (1 + 1e-12));
  // Uniform and truncated draws come close to their bound; the normal one passes the truncated one's.
  expect(found.largest).toBeGreaterThan(initializer === stdNormal ? REACH : 0.99 * reach * std);
});

test("only the glorot initializers take the gain", () => {
  const draw = (initializer: Initializer, gain?: number) => {
    seed(1);
    return initializer([3, 2], { dtype: "float64", gain }).toTypedArray()[4]!;
  };
  for (const initializer of [glorotUniform, glorotNormal]) {
    expect(draw(initializer, 3) / draw(initializer)).toBeCloseTo(3, 12);
  }
  for (const initializer of [heUniform, heNormal, stdNormal, truncNormal]) {
    expect(draw(initializer, 3)).toBe(draw(initializer));
  }
});

test("float32 unless told, repeated by the seed", () => {
  for (const initializer of [glorotUniform, glorotNormal, heUniform, heNormal, stdNormal, truncNormal]) {
    seed(1);
    const first = initializer([4, 4]);
    expect(first.dtype).toBe("float32");
    const second = initializer([4, 4]);
    seed(1);
    expect(initializer([4, 4]).toArray()).toEqual(first.toArray());
    expect(second.toArray()).not.toEqual(first.toArray());
  }
});

test("truncatedNormal has the mean and standard deviation asked for, of any shape", () => {
  const { mean, std, largest } = moments(truncatedNormal([10000], { mean: 5, std: 0.1, dtype: "float64" }));
  expect(mean).toBeCloseTo(5, 2);
  expect(std).toBeCloseTo(0.1, 2);
  expect(largest).toBeLessThanOrEqual(5 + 0.1 * REACH);
  expect(truncatedNormal([]).shape).toEqual([]);
});
