import { grad } from "../../core/backward.js";
import { array, randomNormal } from "../../core/creation.js";
import { Generator, seed } from "../../core/rng.js";
import { type Variable, variable } from "../../core/variable.js";
import { averagePool, maxPool, type PoolOptions } from "../../functions/pool.js";

const normal = (shape: number[]) => randomNormal(shape, { dtype: "float64" });
const image = (rows: number[][]) => array(rows, { dtype: "float64" }).reshape([1, rows.length, rows[0]!.length, 1]);
const flat = (x: Variable) => Array.from(x.toTypedArray());
const NONE = Number.NEGATIVE_INFINITY;

interface Drawn {
  shape: number[];
  kernelShape: [number, number];
  stride: [number, number];
  pad: [number, number, number, number];
}

/** Thirty windows with all numbers drawn; some lie in the padding altogether. */
function drawnWindows(): Drawn[] {
  const generator = new Generator(12);
  const draw = (low: number, high: number) => low + generator.integer(high - low + 1);
  return Array.from({ length: 30 }, () => {
    const kernelShape: [number, number] = [draw(1, 3), draw(1, 3)];
    const pad: Drawn["pad"] = [draw(0, 2), draw(0, 2), draw(0, 4), draw(0, 4)];
    const shape = [draw(1, 2), kernelShape[0] + draw(0, 4), kernelShape[1] + draw(0, 4), draw(1, 3)];
    return { shape, kernelShape, pad, stride: [draw(1, 3), draw(1, 3)] };
  });
}

/** The pixels that each window sees, as flat positions in the images, in row-major order. */
function windowsOf({ shape, kernelShape, stride, pad }: Drawn): number[][] {
  const [N, rows, cols, channels] = shape as [number, number, number, number];
  const outRows = Math.floor((rows + pad[0] + pad[1] - kernelShape[0]) / stride[0]) + 1;
  const outCols = Math.floor((cols + pad[2] + pad[3] - kernelShape[1]) / stride[1]) + 1;
  const windows: number[][] = [];
  for (let n = 0; n < N; n++) {
    for (let r = 0; r < outRows; r++) {
      for (let c = 0; c < outCols; c++) {
        for (let ch = 0; ch < channels; ch++) {
          const pixels: number[] = [];
          for (let i = 0; i < kernelShape[0]; i++) {
            for (let j = 0; j < kernelShape[1]; j++) {
              const row = r * stride[0] - pad[0] + i;
              const col = c * stride[1] - pad[2] + j;
              if (row < 0 || row >= rows || col < 0 || col >= cols) continue;
              pixels.push(((n * rows + row) * cols + col) * channels + ch);
            }
          }
          windows.push(pixels);
        }
      }
    }
  }
  return windows;
}

describe.each(drawnWindows())("a drawn window: $shape, $kernelShape, $stride, $pad", (w) => {
  const options: PoolOptions = { kernelShape: w.kernelShape, stride: w.stride, pad: w.pad };
  const windows = windowsOf(w);

  test("maxPool and its gradient equal their definitions", () => {
    seed(1);
    const x = variable(normal(w.shape));
    const pixels = x.toTypedArray();
    const y = maxPool(x, options);
    expect(Array.from(y.toTypedArray())).toEqual(windows.map((at) => Math.max(...at.map((i) => pixels[i]!))));
    const gy = normal([...y.shape]);
    const expected = new Float64Array(x.size);
    windows.forEach((at, k) => {
      const largest = at.reduce((best, i) => (pixels[i]! > pixels[best]! ? i : best), at[0] ?? -1);
      if (largest >= 0) expected[largest]! += gy.toTypedArray()[k]!;
    });
    expectClose(grad([y], [x], { gradYs: [gy] })[0]!.toTypedArray(), expected);
  });

  test("averagePool and its gradient equal their definitions", () => {
    seed(2);
    const x = variable(normal(w.shape));
    const pixels = x.toTypedArray();
    const taps = w.kernelShape[0] * w.kernelShape[1];
    const y = averagePool(x, options);
    expectClose(
      y.toTypedArray(),
      windows.map((at) => at.reduce((sum, i) => sum + pixels[i]!, 0) / taps),
    );
    const gy = normal([...y.shape]);
    const expected = new Float64Array(x.size);
    windows.forEach((at, k) => {
      for (const i of at) expected[i]! += gy.toTypedArray()[k]! / taps;
    });
    expectClose(grad([y], [x], { gradYs: [gy] })[0]!.toTypedArray(), expected);
  });
});

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) expect(actual[i]).toBeCloseTo(expected[i]!, 12);
}

describe("maxPool", () => {
  test("the first of equals in row-major order gets the gradient", () => {
    const x = variable(
      image([
        [1, 2],
        [2, 2],
      ]),
    );
    const [gx] = grad([maxPool(x, { kernelShape: 2 })], [x], { gradYs: [[[[[1.5]]]]] });
    expect(flat(gx!)).toEqual([0, 1.5, 0, 0]);
  });

  test("padding is smaller than every number", () => {
    const y = maxPool(image([[-3]]), { kernelShape: 3, pad: 1 });
    expect(y.toArray()).toEqual([[[[-3]]]]);
  });

  test("a window that lies in the padding altogether is -Infinity and passes no gradient, not even twice", () => {
    const x = variable(image([[-3, 5]]));
    const gy = variable(image([[0.5, 2, -4, 8]]));
    const y = maxPool(x, { kernelShape: 1, pad: [0, 0, 1, 1] });
    expect(flat(y)).toEqual([NONE, -3, 5, NONE]);
    const [gx] = grad([y], [x], { gradYs: [gy], createGraph: true });
    expect(flat(gx!)).toEqual([2, -4]);
    const [ggy] = grad([gx!], [gy], { gradYs: [image([[3, 7]])] });
    expect(flat(ggy!)).toEqual([0, 3, 7, 0]);
  });

  test("NaN wins", () => {
    const x = variable(image([[1, Number.NaN, 3]]));
    const y = maxPool(x, { kernelShape: [1, 3] });
    expect(y.toArray()).toEqual([[[[Number.NaN]]]]);
    expect(flat(grad([y], [x], { gradYs: [[[[[2]]]]] })[0]!)).toEqual([0, 2, 0]);
  });

  test("overlapping windows add up their gradients", () => {
    const x = variable(image([[1, 9, 2]]));
    const y = maxPool(x, { kernelShape: [1, 2] });
    const [gx] = grad([y], [x], { gradYs: [image([[0.5, 4]])] });
    expect(flat(gx!)).toEqual([0, 4.5, 0]);
  });
});

describe.each([
  ["maxPool", maxPool],
  ["averagePool", averagePool],
])("%s", (name, pool) => {
  test("pad same keeps the size of the image, whatever the stride", () => {
    for (const stride of [1, 2, 3]) {
      for (const kernel of [1, 2, 3]) {
        const y = pool(normal([1, 4, 5, 2]), { kernelShape: kernel, stride, pad: "same" });
        expect(y.shape).toEqual([1, 4, 5, 2]);
      }
    }
  });

  test("computes integers as float32", () => {
    const x = array([1, 2, 3, 5], { dtype: "int32" }).reshape([1, 2, 2, 1]);
    const y = pool(x, { kernelShape: 2 });
    expect([y.dtype, y.item()]).toEqual(["float32", name === "maxPool" ? 5 : 2.75]);
  });

  test.each([
    [
      { kernelShape: 5 },
      "the kernel covers 5 rows and the input has 4 with its padding; expected a kernel that covers at most 4, or more padding",
    ],
    [{ kernelShape: [1, 2, 3] }, "kernelShape is [1, 2, 3]; expected a positive integer or [rows, cols] of them"],
    [{ kernelShape: 2, stride: -1 }, "stride is -1; expected a positive integer or [rows, cols] of them"],
    [
      { kernelShape: 2, pad: 0.5 },
      'pad is 0.5; expected a non-negative integer, [rows, cols], [top, bottom, left, right] or "same"',
    ],
  ] as [PoolOptions, string][])("refuses %j", (options, message) => {
    expect(() => pool(normal([1, 4, 4, 1]), options)).toThrow(new Error(`${name}: ${message}`));
  });

  test("refuses what is not a batch of images", () => {
    const expected = "expected (N, rows, cols, channels) with at least one row and column";
    expect(() => pool(normal([4, 4, 1]), { kernelShape: 2 })).toThrow(`${name}: x has shape (4, 4, 1); ${expected}`);
    expect(() => pool(normal([1, 0, 4, 1]), { kernelShape: 1, pad: 1 })).toThrow(
      `${name}: x has shape (1, 0, 4, 1); ${expected}`,
    );
  });
});
