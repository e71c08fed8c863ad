import { setThreads, threadCount } from "../../../core/backend/parallel";

import type { DType } from "../../../core/dtype";
import { NDArray, type NumericArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers, randomValue, type Tolerance } from "./arrays";
import { wasmKernels as kernels } from "./implementations";
import { repeated } from "./repeated";
import { imageShape, outShape, patchShape, windowOf } from "./windows";

/* Work large enough to be shared by threads, against the same on one thread. */

const before = threadCount();
afterAll(() => setThreads(before));

const EXACT: Tolerance = {};
const numbers = new Numbers(51);

function random(shape: readonly number[], dtype: DType = "float32"): NDArray {
  return filled(shape, dtype, () => randomValue(numbers, dtype));
}

/**
 * Runs `run` into numbers that are there already, on one thread, and on 3 and 4 threads, twice each, and once with every part that
 * may be done again done again. `inPlace` says that none may.
 */
function check(
  name: string,
  shape: readonly number[],
  dtype: DType,
  run: (out: NDArray) => void,
  near = EXACT,
  inPlace = false,
): void {
  test(name, () => {
    const on = (threads: number): NumericArray => {
      setThreads(threads);
      const out = filled(shape, dtype, () => 1);
      run(out);
      return out.toTypedArray();
    };
    const expected = on(1);
    for (const threads of [3, 4]) {
      const actual = on(threads);
      expectClose(actual, expected, near, `${threads} threads`);
      expectClose(on(threads), actual, EXACT, `${threads} threads again`);
      const times = repeated(() => expectClose(on(threads), actual, EXACT, `${threads} threads, parts done again`));
      expect(times > 0).toBe(!inPlace);
    }
  });
}

const n = 450_001;
const wide = [301, 1501];
const x = random([n]);
const y = random([n]);
const table = random(wide);
const row = random([1501]);
const column = random([301, 1]);

describe("elementwise", () => {
  check("add", [n], "float32", (out) => kernels.binary("add", x, y, out));
  check("a row", wide, "float32", (out) => kernels.binary("mul", table, row.broadcastTo(wide), out));
  check("a column", wide, "float32", (out) => kernels.binary("sub", column.broadcastTo(wide), table, out));
  const single = random([1]);
  check("a single element", [n], "float32", (out) => kernels.binary("div", single, x, out));
  for (const op of ["exp", "tanh", "neg"] as const) {
    check(op, [n], "float32", (out) => kernels.unary(op, x, out));
  }
  check("less", [n], "bool", (out) => kernels.compare("less", x, y, out));
  const mask = random([n], "bool");
  check("where", [n], "float32", (out) => kernels.where(mask, x, y, out));
  const masks = random(wide, "bool");
  check("where of a column", wide, "float32", (out) => kernels.where(masks, column.broadcastTo(wide), table, out));
  check("transposed copy", [1501, 301], "float32", (out) => kernels.copy(table.transpose(), out));
  check("cast", [n], "float64", (out) => kernels.copy(x, out));
  check("add to itself", [n], "float32", (out) => kernels.binary("add", out, y, out), EXACT, true);
  check("tanh of itself", [n], "float32", (out) => kernels.unary("tanh", out, out), EXACT, true);
  check("fill", [n], "float32", (out) => kernels.fill(out, 2.5));
});

describe("along an axis", () => {
  const near = { relative: 5e-7, absolute: 1e-4 };
  for (const dtype of ["float32", "float64", "int32"] as const) {
    const source = random([n], dtype);
    for (const op of ["sum", "max"] as const) {
      const run = (outer: number, length: number, inner: number) =>
        check(
          `${op} of ${dtype} over (${outer}, ${length}, ${inner})`,
          [outer * inner],
          dtype,
          (out) => kernels.reduce(op, source, { outer, length, inner }, out),
          dtype === "int32" || op === "max" ? EXACT : near,
        );
      run(1, n, 1);
      run(301, 1495, 1);
      run(1, 301, 1495);
      run(1, 40, 11_000);
      run(1, 30_000, 15);
      run(2, 100_000, 2);
      run(3, 7, 20_000);
    }
  }
  const rows = { outer: 301, length: 1501, inner: 1 };
  const columns = { outer: 1, length: 301, inner: 1501 };
  for (const view of [rows, columns]) {
    const label = view === rows ? "rows" : "columns";
    check(`argmax of ${label}`, [view.outer * view.inner], "int32", (out) =>
      kernels.argReduce("argmax", table, view, out),
    );
    check(`cumsum of ${label}`, wide, "float32", (out) => kernels.cumsum(table, view, true, out));
    check(`softmax of ${label}`, wide, "float32", (out) => kernels.softmax(table, view, out));
    check(`logSoftmax of ${label}`, wide, "float32", (out) => kernels.logSoftmax(table, view, out));
  }
  check("causalSoftmax", wide, "float32", (out) => kernels.causalSoftmax(table, out));
  check("softmaxGrad", wide, "float32", (out) => kernels.softmaxGrad(table, table, rows, out));
  check("layerNorm", wide, "float32", (out) =>
    kernels.layerNorm(table, row, row, 1e-3, NDArray.empty([301, 2], "float32"), out),
  );
  const statistics = NDArray.empty([301, 2], "float32");
  kernels.layerNorm(table, row, row, 1e-3, statistics, NDArray.emptyLike(table));
  check(
    "layerNormGrad",
    [2, 1501],
    "float32",
    (sums) => kernels.layerNormGrad(table, row, table, statistics, NDArray.emptyLike(table), sums),
    { relative: 5e-6, absolute: 1e-4 },
  );
  const sums = { relative: 5e-6, absolute: 1e-3 };
  check("columnSquares", [1501], "float32", (out) => kernels.columnSquares(table, row, out), sums);
  check("columnProducts", [2, 1501], "float32", (out) => kernels.columnProducts(table, row, table, out), sums);
  check("normalizeColumns", wide, "float32", (out) => kernels.normalizeColumns(table, row, row, row, out));
  check("normalizeColumnsGrad", wide, "float32", (out) =>
    kernels.normalizeColumnsGrad(table, row, table, row, row, row, out),
  );
  const picks = filled([301], "int32", (i) => (i * 7) % 301);
  check("takeRows", wide, "float32", (out) => kernels.takeRows(table, picks, 1501, out));
});

describe("products", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const run = (left: number[], right: number[], shape: number[]) => {
      const a = random(left, dtype);
      const b = random(right, dtype);
      const bias = random([shape[shape.length - 1]!], dtype);
      const label = `(${left}) @ (${right}) of ${dtype}`;
      check(label, shape, dtype, (out) => kernels.matmul(a, b, out));
      check(`${label} with a row, added`, shape, dtype, (out) => kernels.matmul(a, b, out, bias, true), EXACT, true);
    };
    run([129, 70], [70, 101], [129, 101]);
    run([33, 70], [70, 301], [33, 301]);
    run([65, 600], [600, 70], [65, 70]);
    run([1, 700], [700, 301], [1, 301]);
    run([701, 300], [300, 1], [701, 1]);
    run([9, 40, 30], [9, 30, 41], [9, 40, 41]);
    run([2, 101, 60], [60, 41], [2, 101, 41]);
  }
});

describe("windows", () => {
  const w = windowOf({ image: [9, 24, 25, 12], kernel: [3, 3], pad: [1, 1, 1, 1] });
  const images = random(imageShape(w));
  const W = random([3, 3, 12, 20]);
  const bias = random([20]);
  const gradient = random([9, 24, 25, 20]);
  const pooled = random(outShape(w));
  const near = { relative: 1e-5, absolute: 1e-3 };
  check("conv2d", [9, 24, 25, 20], "float32", (out) => kernels.conv2d(images, W, bias, w, out), near);
  check("conv2dGradInput", imageShape(w), "float32", (out) => kernels.conv2dGradInput(gradient, W, w, out), near);
  check("conv2dGradWeight", W.shape, "float32", (out) => kernels.conv2dGradWeight(images, gradient, w, out), near);
  const positions = NDArray.empty(outShape(w), "int32");
  check("maxPool", outShape(w), "float32", (out) => kernels.maxPool(images, w, out, positions));
  check("maxPoolGrad", imageShape(w), "float32", (out) => kernels.maxPoolGrad(pooled, positions, w, out));
  check("averagePool", outShape(w), "float32", (out) => kernels.averagePool(images, w, out));
  check("averagePoolGrad", imageShape(w), "float32", (out) => kernels.averagePoolGrad(pooled, w, out));
  check("im2col", patchShape(w), "float32", (out) => kernels.im2col(images, w, out));
  const patches = random(patchShape(w));
  check("col2im", imageShape(w), "float32", (out) => kernels.col2im(patches, w, out));
});

describe("losses", () => {
  const picks = filled([301], "int32", (i) => i * 1501 + ((i * 11) % 1501));
  const statistics = NDArray.empty([301, 2], "float32");
  check("crossEntropy", [301], "float32", (out) => kernels.crossEntropy(table, picks, statistics, out));
  check("crossEntropyGrad", wide, "float32", (out) => kernels.crossEntropyGrad(table, picks, statistics, 0.3, out));
});

test("optimizer steps, none of which may be done again", () => {
  const grad = random([n]);
  const start = random([n]);
  const step = { scale: 0.5, limit: 1, decay: 0.1, keep: 0.9 };
  const steps = [1, 4].map((threads) => {
    setThreads(threads);
    const state = [start.copy(), filled([n], "float32", () => 0.5), filled([n], "float32", () => 0.25)] as const;
    const [p, m, v] = state;
    kernels.update("adam", p, grad, null, step, [m, v, null], [0, 0.1, 0.9, 0.1, 0.99, 0.01, 2, 1e-7]);
    kernels.update("sgd", p, grad, null, step, [null], [0, 0, 0, 0.1]);
    kernels.update("sgd", p, grad, null, step, [m], [0.9, 0.1, 1, 0]);
    kernels.update("rmsprop", p, grad, null, step, [v, m, null], [0.1, 0.9, 0.1, 1e-7, 0]);
    return state.map((array) => array.toTypedArray());
  });
  for (const i of [0, 1, 2]) expectClose(steps[1]![i]!, steps[0]![i]!, EXACT);
  setThreads(4);
  const p = start.copy();
  const none = repeated(() => kernels.update("sgd", p, grad, null, step, [null], [0, 0, 0, 0.1]));
  expect(none).toBe(0);
});

test("squareSum", () => {
  const sums = [1, 3, 4].map((threads) => {
    setThreads(threads);
    return kernels.squareSum(x);
  });
  for (const sum of sums) expect(Math.abs(sum / sums[0]! - 1)).toBeLessThan(1e-12);
});
