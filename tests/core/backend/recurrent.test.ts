import type { Kernels, SequenceView } from "../../../core/backend/kernels";
import { setThreads, threadCount } from "../../../core/backend/parallel";
import type { DType } from "../../../core/dtype";
import { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers } from "./arrays";
import { jsKernels, openBlasKernels, wasmKernels } from "./implementations";

const threads = threadCount();
afterEach(() => setThreads(threads));

/** Widths and rows around those of vectors, tiles and packed blocks: 256 deep, 128 high. */
const VIEWS: SequenceView[] = [
  [3, 1, 1],
  [1, 1, 5],
  [2, 3, 2],
  [4, 5, 3],
  [2, 4, 4],
  [3, 7, 7],
  [2, 17, 17],
  [2, 131, 9],
  [1, 3, 70],
  [1, 2, 259],
  [3, 0, 4],
  [2, 6, 8],
].flatMap(([steps, rows, width]) =>
  [false, true].map((reverse) => ({ steps: steps!, rows: rows!, width: width!, reverse })),
);

/** A pass: it draws its arrays, the weights transposed or as they lie, and returns for each implementation those that it writes to. */
type Pass = (view: SequenceView, dtype: DType, transposed: boolean) => (kernels: Kernels) => NDArray[];

/** A source of arrays whose numbers are the same in every run. */
function source(seed: number, dtype: DType) {
  const numbers = new Numbers(seed);
  const draw = (shape: number[], scale = 1) => filled(shape, dtype, () => numbers.between(-scale, scale));
  const gates = (shape: number[]) => filled(shape, dtype, () => numbers.between(0.05, 0.95));
  /** Weights so small that sums of many terms leave the gates unsaturated, as they lie or as a transposed view. */
  const weights = (rows: number, cols: number, transposed: boolean) => {
    const scale = 1 / Math.sqrt(rows);
    return transposed ? draw([cols, rows], scale).transpose() : draw([rows, cols], scale);
  };
  return { draw, gates, weights };
}

const passes: [string, Pass][] = [
  [
    "lstm",
    ({ steps, rows, width, ...view }, dtype, transposed) => {
      const { draw, weights } = source(51, dtype);
      const states = draw([steps + 1, rows, width]);
      const cells = draw([steps + 1, rows, width], 2);
      const gates = draw([steps, rows, 4 * width], 3);
      const W = weights(width, 4 * width, transposed);
      return (kernels) => {
        const out = [gates.copy(), states.copy(), cells.copy(), NDArray.empty([steps, rows, width], dtype)] as const;
        kernels.lstm({ steps, rows, width, ...view }, out[0], W, out[1], out[2], out[3]);
        return [...out];
      };
    },
  ],
  [
    "lstmGrad",
    ({ steps, rows, width, ...view }, dtype, transposed) => {
      const { draw, gates, weights } = source(52, dtype);
      const [gy, tanhs] = [draw([steps, rows, width]), draw([steps, rows, width])];
      const values = gates([steps, rows, 4 * width]);
      const cells = draw([steps + 1, rows, width]);
      const [gh, gc] = [draw([rows, width]), draw([rows, width])];
      const W = weights(width, 4 * width, transposed);
      return (kernels) => {
        const out = [gh.copy(), gc.copy(), NDArray.emptyLike(values)] as const;
        kernels.lstmGrad({ steps, rows, width, ...view }, gy, values, W, cells, tanhs, ...out);
        return [...out];
      };
    },
  ],
  [
    "gru",
    ({ steps, rows, width, ...view }, dtype, transposed) => {
      const { draw, weights } = source(53, dtype);
      const states = draw([steps + 1, rows, width]);
      const gates = draw([steps, rows, 3 * width], 3);
      const W = weights(width, 3 * width, transposed);
      const bh = draw([3 * width]);
      return (kernels) => {
        const out = [gates.copy(), states.copy(), NDArray.empty([steps, rows, width], dtype)] as const;
        kernels.gru({ steps, rows, width, ...view }, out[0], W, bh, out[1], out[2]);
        return [...out];
      };
    },
  ],
  [
    "gruGrad",
    ({ steps, rows, width, ...view }, dtype, transposed) => {
      const { draw, gates, weights } = source(54, dtype);
      const [gy, hidden] = [draw([steps, rows, width]), draw([steps, rows, width])];
      const values = gates([steps, rows, 3 * width]);
      const states = draw([steps + 1, rows, width]);
      const gh = draw([rows, width]);
      const W = weights(width, 3 * width, transposed);
      return (kernels) => {
        const out = [gh.copy(), NDArray.emptyLike(values), NDArray.emptyLike(values)] as const;
        kernels.gruGrad({ steps, rows, width, ...view }, gy, values, W, states, hidden, ...out);
        return [...out];
      };
    },
  ],
  ...(["tanh", "relu"] as const).flatMap((op): [string, Pass][] => [
    [
      `rnn with ${op}`,
      ({ steps, rows, width, ...view }, dtype, transposed) => {
        const { draw, weights } = source(55, dtype);
        const states = draw([steps + 1, rows, width]);
        const W = weights(width, width, transposed);
        return (kernels) => {
          const out = states.copy();
          kernels.rnn({ steps, rows, width, ...view }, op, W, out);
          return [out];
        };
      },
    ],
    [
      `rnnGrad with ${op}`,
      ({ steps, rows, width, ...view }, dtype, transposed) => {
        const { draw, weights } = source(56, dtype);
        const gy = draw([steps, rows, width]);
        const states = draw([steps + 1, rows, width]);
        const gh = draw([rows, width]);
        const W = weights(width, width, transposed);
        return (kernels) => {
          const out = [gh.copy(), NDArray.emptyLike(gy)] as const;
          kernels.rnnGrad({ steps, rows, width, ...view }, op, gy, W, states, ...out);
          return [...out];
        };
      },
    ],
  ]),
];

const describeView = ({ steps, rows, width, reverse }: SequenceView): string =>
  `${steps} steps, ${rows} rows, width ${width}${reverse ? ", reverse" : ""}`;

/** The bytes of an array as text, which compares faster than numbers do. */
const bits = (x: NDArray): string => Buffer.from(x.toTypedArray().buffer).toString("base64");

describe.each(passes)("%s", (_, pass) => {
  test.each([
    ["float32", 4e-6],
    ["float64", 1e-14],
  ] as const)("of %s is that of the reference", (dtype, tolerance) => {
    for (const view of VIEWS) {
      const run = pass(view, dtype, view.reverse);
      const [actual, expected] = [run(wasmKernels), run(jsKernels)];
      actual.forEach((x, i) => {
        const context = `${describeView(view)}, array ${i}`;
        const wanted = expected[i]!.toTypedArray();
        expectClose(x.toTypedArray(), wanted, { relative: tolerance, absolute: tolerance }, context);
      });
    }
  });

  test.each(["float32", "float64"] as const)("of %s is the same to the bit on any number of threads", (dtype) => {
    for (const view of [
      { steps: 4, rows: 17, width: 37, reverse: false },
      { steps: 3, rows: 5, width: 64, reverse: true },
    ]) {
      const run = pass(view, dtype, false);
      setThreads(1);
      const alone = run(wasmKernels).map(bits);
      for (const n of [2, 3, 4]) {
        setThreads(n);
        expect(run(wasmKernels).map(bits)).toEqual(alone);
      }
    }
  });

  // Where there is no OpenBLAS this compares WebAssembly with itself, which is what runs then.
  test.each([
    ["float32", 1e-5],
    ["float64", 1e-13],
  ] as const)("of %s with OpenBLAS is that of WebAssembly", (dtype, tolerance) => {
    setThreads(1);
    for (const reverse of [false, true]) {
      const run = pass({ steps: 3, rows: 31, width: 129, reverse }, dtype, reverse);
      const [actual, expected] = [run(openBlasKernels), run(wasmKernels)];
      actual.forEach((x, i) => {
        const wanted = expected[i]!.toTypedArray();
        expectClose(x.toTypedArray(), wanted, { relative: tolerance, absolute: tolerance }, `array ${i}`);
      });
    }
  });
});
