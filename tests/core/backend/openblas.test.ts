import * as openBlasModule from "../../../core/backend/openblas";
import { setGrain, setThreads, threadCount } from "../../../core/backend/parallel";
import * as wasmMatmul from "../../../core/backend/wasm/matmul";
import { bytesOf, type DType } from "../../../core/dtype";
import { NDArray } from "../../../core/ndarray";
import { expectClose, filled, LAYOUTS, laidOut, Numbers, randomValue } from "./arrays";
import { jsKernels } from "./implementations";

/* Products by OpenBLAS; where there is none they are WebAssembly's. */

const available = typeof openBlasModule.openBlas() !== "string";
const before = threadCount();
/** With another backend the workers know nothing of the library. */
const THREADS = ["js", "wasm"].includes(process.env.RETROGRAD_BACKEND ?? "") ? [1] : [1, 3];
/** Rows, length of the sums and columns: each more multiplications than OpenBLAS takes at least. */
const SIZES = [
  [64, 33, 40],
  [40, 33, 64],
  [300, 1, 200],
  [2, 300, 90],
] as const;
const PLACES = [...LAYOUTS, "rows that lie apart", "rows that overlap"] as const;

beforeEach(() => setThreads(1));

afterEach(() => {
  jest.restoreAllMocks();
  setThreads(before);
  setGrain(null);
});

function random(shape: readonly number[], dtype: DType, numbers: Numbers): NDArray {
  return filled(shape, dtype, () => randomValue(numbers, dtype));
}

/** A matrix in some layout; rows that overlap begin one number after each other. */
function placed(rows: number, cols: number, dtype: DType, place: (typeof PLACES)[number], numbers: Numbers): NDArray {
  if (place !== "rows that lie apart" && place !== "rows that overlap")
    return laidOut([rows, cols], dtype, place, numbers);
  const memory = random([rows, cols + 3], dtype, numbers);
  const step = place === "rows that overlap" ? 1 : cols + 3;
  return memory.view(memory.address + 2 * bytesOf(dtype), [rows, cols], [step, 1]);
}

describe.each(["float32", "float64"] as const)("products of %s", (dtype) => {
  const unit = dtype === "float32" ? 3e-6 : 5e-15;
  const near = (k: number) => ({ relative: unit, absolute: unit * (k + 1) });

  test.each(THREADS)("any layouts, on %i threads", (threads) => {
    const numbers = new Numbers(71);
    setThreads(threads);
    setGrain(1);
    for (const [m, k, n] of SIZES) {
      for (const left of PLACES) {
        for (const right of PLACES) {
          const [a, b] = [placed(m, k, dtype, left, numbers), placed(k, n, dtype, right, numbers)];
          const [actual, expected] = [filled([m, n], dtype, () => 77), filled([m, n], dtype, () => 78)];
          openBlasModule.matmul(a, b, actual);
          jsKernels.matmul(a, b, expected);
          const context = `${m} x ${k} x ${n}, ${left} @ ${right}`;
          expectClose(actual.toTypedArray(), expected.toTypedArray(), near(k), context);
        }
      }
    }
  });

  test("batches, into what is there, with and without a bias, in rows that lie apart", () => {
    const numbers = new Numbers(72);
    for (const [shape, other, out] of [
      [
        [60, 33],
        [33, 40],
        [60, 40],
      ],
      [
        [3, 60, 33],
        [33, 40],
        [3, 60, 40],
      ],
      [
        [60, 33],
        [3, 33, 40],
        [3, 60, 40],
      ],
      [
        [2, 1, 60, 33],
        [3, 33, 40],
        [2, 3, 60, 40],
      ],
    ] as const) {
      const [a, b] = [random(shape, dtype, numbers), random(other, dtype, numbers)];
      for (const bias of [null, random([40], dtype, numbers)]) {
        for (const accumulate of [false, true]) {
          const [actual, expected] = [openBlasModule.matmul, jsKernels.matmul].map((matmul) => {
            const memory = filled([...out.slice(0, -1), 43], dtype, (i) => i % 7);
            const strides = [...memory.strides.slice(0, -1), 1];
            matmul(a, b, memory.view(memory.address, out, strides), bias, accumulate);
            return memory.toTypedArray();
          });
          expectClose(actual!, expected!, near(33), `${shape} @ ${other}, ${bias === null}, ${accumulate}`);
        }
      }
    }
  });
});

/** Products, and whether OpenBLAS does them. */
const BOUNDS: readonly [
  what: string,
  m: number,
  k: number,
  n: number,
  dtype: DType,
  left: Layout,
  byOpenBlas: boolean,
][] = [
  ["as many multiplications as it takes", 50, 20, 50, "float32", "contiguous", true],
  ["a row less", 49, 20, 50, "float64", "contiguous", false],
  ["a vector on the left", 1, 300, 300, "float32", "contiguous", false],
  ["a vector on the right", 300, 300, 1, "float32", "contiguous", false],
  ["integers", 50, 40, 50, "int32", "contiguous", false],
  ["a transposed matrix", 50, 40, 50, "float64", "transposed", true],
  ["rows that are repeated", 50, 40, 50, "float32", "rows repeated", false],
  ["elements that lie apart", 50, 40, 50, "float32", "stepped", false],
];
type Layout = (typeof LAYOUTS)[number];

(available ? describe : describe.skip)("who computes", () => {
  test.each(BOUNDS)("%s", (_, m, k, n, dtype, layout, byOpenBlas) => {
    const numbers = new Numbers(73);
    const other = jest.spyOn(wasmMatmul, "matmul").mockReturnValue();
    const [a, b] = [laidOut([m, k], dtype, layout, numbers), random([k, n], dtype, numbers)];
    openBlasModule.matmul(a, b, NDArray.empty([m, n], dtype));
    expect(other).toHaveBeenCalledTimes(byOpenBlas ? 0 : 1);
    if (layout === "contiguous") return;
    other.mockClear();
    openBlasModule.matmul(b.transpose(), a.transpose(), NDArray.empty([n, m], dtype));
    expect(other).toHaveBeenCalledTimes(byOpenBlas ? 0 : 1);
  });
});
