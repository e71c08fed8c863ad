import * as dispatch from "../../../core/backend/dispatch";
import * as jsColumns from "../../../core/backend/js/columns";
import * as jsConv from "../../../core/backend/js/conv";
import * as jsCopy from "../../../core/backend/js/copy";
import * as jsElementwise from "../../../core/backend/js/elementwise";
import * as jsMatmul from "../../../core/backend/js/matmul";
import * as jsNormalize from "../../../core/backend/js/normalize";
import * as jsOptimizers from "../../../core/backend/js/optimizers";
import * as jsRecurrent from "../../../core/backend/js/recurrent";
import * as jsReduce from "../../../core/backend/js/reduce";
import * as jsRows from "../../../core/backend/js/rows";
import * as jsWindow from "../../../core/backend/js/window";
import * as openBlas from "../../../core/backend/openblas";
import * as blasConv from "../../../core/backend/openblas-conv";
import * as blasRecurrent from "../../../core/backend/openblas-recurrent";
import { type BackendName, backend, forceBackend } from "../../../core/backend/select";
import * as wasmAxes from "../../../core/backend/wasm/axes";
import * as wasmColumns from "../../../core/backend/wasm/columns";
import * as wasmConv from "../../../core/backend/wasm/conv";
import * as wasmElementwise from "../../../core/backend/wasm/elementwise";
import * as wasmMatmul from "../../../core/backend/wasm/matmul";
import * as wasmNormalize from "../../../core/backend/wasm/normalize";
import * as wasmOptimizers from "../../../core/backend/wasm/optimizers";
import * as wasmRecurrent from "../../../core/backend/wasm/recurrent";
import * as wasmRows from "../../../core/backend/wasm/rows";
import * as wasmWindow from "../../../core/backend/wasm/window";

/* Which implementation each kernel takes for a piece of work, by its size. The implementations are replaced by ones that do nothing. */

const MODULES: Record<BackendName, readonly object[]> = {
  js: [
    jsColumns,
    jsConv,
    jsCopy,
    jsElementwise,
    jsMatmul,
    jsNormalize,
    jsOptimizers,
    jsRecurrent,
    jsReduce,
    jsRows,
    jsWindow,
  ],
  wasm: [
    wasmAxes,
    wasmColumns,
    wasmConv,
    wasmElementwise,
    wasmMatmul,
    wasmNormalize,
    wasmOptimizers,
    wasmRecurrent,
    wasmRows,
    wasmWindow,
  ],
  openblas: [openBlas, blasConv, blasRecurrent],
};

const EVERYTHING = [...MODULES.js, ...MODULES.wasm, ...MODULES.openblas];

/** The work of a kernel that is `n` large: its arguments, of which those that do not decide have the size `other`. */
type Work = (n: number, other: number) => unknown[];

const array = (size: number) => ({ size, ndim: 2, shape: [1, size] });
/** The `index`-th argument is an array whose size decides. */
const sized =
  (index: number): Work =>
  (n, other) =>
    Array.from({ length: 9 }, (_, i) => array(i === index ? n : other));
const axis: Work = (n, other) => [array(other), { outer: 1, length: n, inner: 1 }, array(other)];
/** As many multiplications as `n`. */
const sequence: Work = (n, other) => [{ steps: n, rows: 1, width: 1 }, ...sized(-1)(n, other)];

/** Each kernel: below which size TypeScript does it, and what its size is. */
const KERNELS: Record<keyof typeof dispatch, [limit: number, work: Work]> = {
  binary: [32, sized(3)],
  unary: [8, sized(2)],
  compare: [8, sized(3)],
  where: [8, sized(3)],
  copy: [8, sized(1)],
  fill: [32, sized(0)],
  reduce: [32, sized(1)],
  argReduce: [8, sized(1)],
  cumsum: [8, sized(0)],
  softmax: [8, axis],
  causalSoftmax: [8, sized(0)],
  logSoftmax: [8, axis],
  softmaxGrad: [8, (n, other) => [array(other), ...axis(n, other)]],
  crossEntropy: [8, sized(0)],
  crossEntropyGrad: [8, sized(0)],
  layerNorm: [8, sized(0)],
  layerNormGrad: [8, sized(0)],
  columnSquares: [8, sized(0)],
  columnProducts: [8, sized(0)],
  normalizeColumns: [8, sized(0)],
  normalizeColumnsGrad: [8, sized(0)],
  matmul: [32, (n, other) => [array(n), array(other), array(1), null, false]],
  im2col: [8, sized(2)],
  col2im: [8, sized(0)],
  conv2d: [8, sized(4)],
  conv2dGradInput: [8, sized(0)],
  conv2dGradWeight: [8, sized(1)],
  maxPool: [8, sized(0)],
  maxPoolGrad: [8, sized(3)],
  averagePool: [8, sized(0)],
  averagePoolGrad: [8, sized(2)],
  takeRows: [8, sized(3)],
  addRows: [8, sized(0)],
  lstm: [32, sequence],
  lstmGrad: [32, sequence],
  gru: [32, sequence],
  gruGrad: [32, sequence],
  rnn: [32, sequence],
  rnnGrad: [32, sequence],
  squareSum: [32, sized(0)],
  update: [32, sized(2)],
};

afterEach(() => {
  jest.restoreAllMocks();
  forceBackend(null);
});

/** Runs a kernel, and says which implementation did it, with the arguments it got. */
function taken(name: string, args: unknown[]): { by: BackendName[]; got: unknown[][] } {
  const spies = (Object.keys(MODULES) as BackendName[]).flatMap((by) =>
    MODULES[by].flatMap((module) =>
      name in module ? [{ by, spy: jest.spyOn(module as Record<string, () => void>, name).mockReturnValue() }] : [],
    ),
  );
  (dispatch as unknown as Record<string, (...args: unknown[]) => void>)[name]!(...args);
  const called = spies.flatMap(({ by, spy }) => spy.mock.calls.map((got) => ({ by, got: got as unknown[] })));
  jest.restoreAllMocks();
  return { by: called.map(({ by }) => by), got: called.map(({ got }) => got) };
}

/** The backend or, for what OpenBLAS does not do, WebAssembly. */
function implementation(name: string, by: BackendName): BackendName {
  return by === "openblas" && !MODULES.openblas.some((module) => name in module) ? "wasm" : by;
}

test("the table has every kernel", () => {
  expect(Object.keys(KERNELS).sort()).toEqual(Object.keys(dispatch).sort());
  expect(Object.keys(dispatch).filter((name) => !EVERYTHING.some((module) => name in module))).toEqual([]);
});

describe.each(Object.entries(KERNELS))("%s", (name, [limit, work]) => {
  test(`is TypeScript's below ${limit}, else the backend's, and gets what it needs`, () => {
    const large = work(limit, 1);
    const { by, got } = taken(name, large);
    expect(by).toEqual([implementation(name, backend())]);
    expect(large.slice(0, got[0]!.length)).toEqual(got[0]);
    const tiny = work(limit - 1, 1000);
    const less = taken(name, tiny);
    expect(less.by).toEqual(["js"]);
    expect(tiny.slice(0, less.got[0]!.length)).toEqual(less.got[0]);
  });

  test.each(["js", "wasm", "openblas"] as const)(
    "is that of %s, however small or large, where it is forced",
    (forced) => {
      forceBackend(forced);
      const by = [implementation(name, forced)];
      expect(taken(name, work(1, 1)).by).toEqual(by);
      expect(taken(name, work(1000, 1000)).by).toEqual(by);
    },
  );
});

test("a sequence is as large as its steps, rows and the square of its width make it", () => {
  const at = (steps: number, rows: number, width: number) => taken("gru", [{ steps, rows, width }]).by;
  for (const large of [at(32, 1, 1), at(1, 32, 1), at(2, 1, 4), at(1, 2, 4)])
    expect(large).toEqual([implementation("gru", backend())]);
  for (const tiny of [at(31, 1, 1), at(1, 31, 1), at(1, 1, 5), at(3, 2, 2)]) expect(tiny).toEqual(["js"]);
});

test("softmax is as large as its axis and what is around it", () => {
  const at = (outer: number, length: number, inner: number) =>
    taken("softmax", [array(1), { outer, length, inner }]).by;
  for (const large of [at(8, 1, 1), at(1, 1, 8), at(2, 2, 2)])
    expect(large).toEqual([implementation("softmax", backend())]);
  for (const tiny of [at(7, 1, 1), at(1, 1, 7), at(1, 2, 3)]) expect(tiny).toEqual(["js"]);
});

test("a product is as large as its result times the length of the sums", () => {
  const at = (out: number, length: number) =>
    taken("matmul", [{ ndim: 3, shape: [9, 9, length] }, array(1), array(out)]).by;
  for (const large of [at(32, 1), at(4, 8)]) expect(large).toEqual([implementation("matmul", backend())]);
  for (const tiny of [at(31, 1), at(3, 10)]) expect(tiny).toEqual(["js"]);
});
